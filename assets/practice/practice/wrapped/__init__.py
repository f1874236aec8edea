# SPDX-License-Identifier: MIT
"""Where moto itself is changed: one module for each service, each with install(cloud).

Rules (practice/rules) judge calls and change answers from outside; what they cannot reach, because moto decides it
inside, is replaced here and nowhere else. ECR's is data/registry_ecr.py, with the registry that it leads to; faster*.py
replaces what is slow, for all services alike. Order: install(cloud) after emulator.Emulator() and before any of moto's
backends is made. What does not depend on the cloud is replaced once in a process.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from practice.cloud import Cloud

SERVICES = ("ec2", "iam", "kms", "elbv2", "apigatewayv2", "rds")


def install(cloud: "Cloud") -> None:
    for service in SERVICES:
        importlib.import_module(f"practice.wrapped.{service}").install(cloud)
