# SPDX-License-Identifier: MIT
"""Sets of answers that between them want every resource and every option of the stack."""

NEW = {"new_vpc": {"cidr": "10.77.0.0/20"}}
TAGS = {"Team": "back office", "Cost": "a+b=c @ 1/2", "FR-042": "x"}
SCALING = {"min": 1, "max": 3, "cpu_percent": 50}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"

BASE = {
    "version": 1,
    "name": "my-admin",
    "aws": {"region": "eu-west-3", "account": "123456789012"},
    "forest": {"env_secret": "env:FOREST_ENV_SECRET", "auth_secret": "generate"},
    "network": {"vpc": "vpc-0a1b2c3d4e5f67890"},
    "database": {"url": "env:POSTGRESQL_URL"},
    "backend": {"source": "builtin"},
}
VARIANTS = {
    "existing": {},
    "new-vpc": {"network": NEW},
    "ingress": {
        "database": {
            "url": "env:POSTGRESQL_URL",
            "ingress_security_group": "sg-0a1b2c3d4e5f67890",
        }
    },
    "everything": {
        "name": "a-setup-of-20-chars0",
        "network": NEW,
        "options": {
            "kms_key": True,
            "autoscaling": SCALING,
            "permissions_boundary": BOUNDARY,
            "tags": TAGS,
        },
        "backend": {
            "source": "builtin",
            "architecture": "arm64",
            "cpu": 1024,
            "memory": 2048,
            "tasks": 2,
            "port": 8080,
        },
    },
    "schema": {
        "database": {
            "url": "env:POSTGRESQL_URL",
            "ssl_mode": "verify",
            "schema": '${path.module} %{if x} "q" \\',
        },
        "aws": {"region": "us-east-1", "account": "210987654321"},
    },
}
