# SPDX-License-Identifier: MIT
"""moto's load balancers are active when they are first described; rules/states.py says when they are."""

from typing import Any


def install(_cloud: Any) -> None:
    from moto.elbv2.models import FakeLoadBalancer

    FakeLoadBalancer.activate = lambda self: None
