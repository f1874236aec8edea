# SPDX-License-Identifier: MIT
"""Faults on demand: what can go wrong between a program and AWS, made to go wrong at the call that one chooses.

fault.py says what a fault is and which call it meets, actions.py what it does to an API call, wire.py what it does to
the connection, resources.py what it does to things that fail on their own (VPC links, NAT gateways, tasks), world.py
changes the sample world, scenarios.py plays the files of assets/practice/scenarios.

Order: Cloud makes a Book; server.py asks it before and after each call; tests and people fill it by
POST /_practice/faults and POST /_practice/scenario (control.py).
"""
