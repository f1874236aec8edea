# SPDX-License-Identifier: MIT
"""The practice cloud: a stand-in for AWS (and for Forest's API) on loopback.

moto keeps the state of the AWS services; the modules here judge every request as AWS would (signature, service
model, rules), give resources their time, and run what AWS runs: registry, tasks, load balancer, API gateway.

cloud.py owns everything; server.py is the way of a request; rules/ holds one small piece for each AWS rule;
data/ holds what really runs. Nothing here is reached by the program except through HTTP.
"""
