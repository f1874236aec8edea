# SPDX-License-Identifier: MIT
"""Changes of the sample world that a scenario can ask for by name: each makes one and returns what undoes it.

They reach straight into moto's state and into the parts, like the seed does, so that nothing counts as traffic.
"""

import dataclasses
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.seed import sample

if TYPE_CHECKING:
    from practice.cloud import Cloud

Undo = Callable[[], None]
Change = Callable[["Cloud"], Undo]
CHANGES: dict[str, Change] = {}
# What assets/practice/setup.json calls its setup; names of AWS follow from it.
SETUP = "storefront-admin"


def change(name: str) -> Callable[[Change], Change]:
    def register(function: Change) -> Change:
        CHANGES[name] = function
        return function

    return register


def _ec2() -> Any:
    return emulator.backend("ec2", sample.PRODUCTION_ACCOUNT, sample.REGION)


def _private_tables(cloud: "Cloud") -> list[Any]:
    """The route tables of prod's private subnets."""
    ec2 = _ec2()
    vpc = cloud.sample["prod"].vpc
    return [
        table
        for table in ec2.route_tables.values()
        if table.vpc_id == vpc and any(route.nat_gateway for route in table.routes)
    ]


@change("no-nat")
def no_nat(cloud: "Cloud") -> Undo:
    """prod's private subnets lose their route to the internet."""
    removed = [
        (table, route) for table in _private_tables(cloud) for route in table.routes if route.nat_gateway
    ]
    for table, route in removed:
        del table._routes[route.id]

    def undo() -> None:
        for table, route in removed:
            table._routes[route.id] = route

    return undo


@change("nat-deleted")
def nat_deleted(cloud: "Cloud") -> Undo:
    """Somebody has deleted prod's NAT gateway: the route is still there and leads nowhere (blackhole)."""
    nats = [nat for nat in _ec2().nat_gateways.values() if nat.vpc_id == cloud.sample["prod"].vpc]
    before = [(nat, nat.state) for nat in nats]
    for nat in nats:
        nat.state = "deleted"

    def undo() -> None:
        for nat, state in before:
            nat.state = state

    return undo


@change("database-down")
def database_down(cloud: "Cloud") -> Undo:
    """Nothing listens at the database's address."""
    if cloud.database:
        cloud.database.refuses = True

    def undo() -> None:
        if cloud.database:
            cloud.database.refuses = False

    return undo


@change("database-unreachable")
def database_unreachable(cloud: "Cloud") -> Undo:
    """The database has moved to a security group that lets nobody in."""
    ec2, rds = _ec2(), emulator.backend("rds", sample.PRODUCTION_ACCOUNT, sample.REGION)
    instance = rds.databases["storefront"]
    before = list(instance.vpc_security_group_ids)
    group = ec2.create_security_group(
        "storefront-db-locked", "lets nobody in", vpc_id=cloud.sample["prod"].vpc
    )
    instance.vpc_security_group_ids = [group.id]

    def undo() -> None:
        instance.vpc_security_group_ids = before
        ec2.groups[group.vpc_id].pop(group.id, None)

    return undo


@change("role-taken")
def role_taken(_cloud: "Cloud") -> Undo:
    """Roles with the names that the sample setup takes belong to somebody else."""
    iam = emulator.backend("iam", sample.PRODUCTION_ACCOUNT, "aws")
    names = [f"forestadmin-{SETUP}-{kind}-{sample.REGION}" for kind in ("exec", "task")]
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    made = [
        iam.create_role(
            name, trust, "/", None, "somebody else's", [{"Key": "Owner", "Value": "data-team"}], "3600"
        )
        for name in names
        if not any(role.name == name for role in iam.roles.values())
    ]

    def undo() -> None:
        for role in made:
            iam.roles.pop(role.id, None)

    return undo


@change("secret-in-recovery")
def secret_in_recovery(_cloud: "Cloud") -> Undo:
    """A secret with the name that the sample setup takes was deleted yesterday and can still be restored."""
    secrets = emulator.backend("secretsmanager", sample.PRODUCTION_ACCOUNT, sample.REGION)
    name = f"forestadmin-{SETUP}/env"
    if dict.get(secrets.secrets, name) is not None:
        return lambda: None
    tags = [{"Key": "Owner", "Value": "data-team"}]
    secrets.create_secret(name, "{}", None, "somebody else's", tags, None, str(uuid.uuid4()), [], False)
    secrets.delete_secret(name, recovery_window_in_days=30, force_delete_without_recovery=False)

    def undo() -> None:
        dict.pop(secrets.secrets, name, None)

    return undo


@change("environment-unknown")
def environment_unknown(cloud: "Cloud") -> Undo:
    """Forest no longer knows the environment secret: the environment was deleted, or its secret replaced."""
    environments = cloud.forest.store.environments if cloud.forest else {}
    gone = environments.pop(sample.FOREST_PRODUCTION_SECRET, None)

    def undo() -> None:
        if gone is not None:
            environments[sample.FOREST_PRODUCTION_SECRET] = gone

    return undo


@change("forest-maintenance")
def forest_maintenance(cloud: "Cloud") -> Undo:
    """Forest answers every environment with 503: in maintenance for a few minutes."""
    environments = list(cloud.forest.store.environments.values()) if cloud.forest else []
    before = [(one, one.made) for one in environments]
    for one in environments:
        one.made = dataclasses.replace(one.made, maintenance=True)

    def undo() -> None:
        for one, made in before:
            one.made = made

    return undo
