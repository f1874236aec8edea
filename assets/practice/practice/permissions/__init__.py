# SPDX-License-Identifier: MIT
"""Permissions: whether the caller's IAM policies let it make a call, as AWS decides it.

policy.py reads policy documents and decides on one request; actions.py says which action, which resources and which
condition keys a call is about (the service authorization reference); principal.py finds the policies of whoever
calls; judge.py asks for every call (as the first rule) and says no in AWS's words; simulate.py answers
SimulatePrincipalPolicy and SimulateCustomPolicy with the same decision.
"""
