# SPDX-License-Identifier: MIT
"""RDS of the sample world: the storefront's PostgreSQL, and two that must not be chosen for it."""

from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.rules import eni
from practice.seed import sample

if TYPE_CHECKING:
    from practice.seed.networks import Network

# What Debian's PostgreSQL of the practice cloud says it is, more or less.
POSTGRES = {"engine": "postgres", "engine_version": "15.8", "port": sample.DATABASE_PORT}


def seed(networks: dict[str, "Network"]) -> None:
    prod, isolated = networks["prod"], networks["isolated"]
    _subnet_group(
        "prod-data", "private subnets of prod", prod, ("prod-private-a", "prod-private-b", "prod-private-c")
    )
    _subnet_group("isolated-data", "for the analysts", isolated, ("isolated-a", "isolated-c"))
    database = [prod.groups["storefront-db"]]
    storefront = {"db_name": sample.DATABASE_NAME, "deletion_protection": True, **POSTGRES}
    _instance("storefront", "prod-data", database, place=prod.subnets["prod-private-a"], **storefront)
    # Another engine: a setup tool should not offer it.
    mysql = {"engine": "mysql", "engine_version": "8.0.39", "port": 3306, "db_name": "cms"}
    _instance("legacy-cms", "prod-data", database, place=prod.subnets["prod-private-c"], **mysql)
    # The right engine in a VPC that "prod" cannot reach.
    analysts = [isolated.groups["analytics-db"]]
    place = isolated.subnets["isolated-a"]
    _instance("analytics", "isolated-data", analysts, place=place, db_name="analytics", **POSTGRES)


def _subnet_group(name: str, description: str, network: "Network", subnets: tuple[str, ...]) -> None:
    ec2 = emulator.backend("ec2", sample.PRODUCTION_ACCOUNT, sample.REGION)
    rds = emulator.backend("rds", sample.PRODUCTION_ACCOUNT, sample.REGION)
    rds.create_subnet_group(name, description, [ec2.get_subnet(network.subnets[s]) for s in subnets], [])


def _instance(name: str, subnets: str, groups: list[str], place: str, **details: Any) -> None:
    """An instance with its interface in the subnet place, which keeps subnet and groups from being deleted."""
    rds = emulator.backend("rds", sample.PRODUCTION_ACCOUNT, sample.REGION)
    rds.create_db_instance(
        {
            "db_instance_identifier": name,
            "db_instance_class": "db.t4g.medium",
            "allocated_storage": 50,
            "storage_encrypted": True,
            "master_username": "postgres" if details["engine"] == "postgres" else "admin",
            "master_user_password": "not-the-real-one",
            "publicly_accessible": False,
            "db_subnet_group_name": subnets,
            "vpc_security_group_ids": list(groups),
            "tags": [{"Key": "Owner", "Value": "platform-team"}],
        }
        | details
    )
    eni.create(
        sample.PRODUCTION_ACCOUNT, sample.REGION, place, groups, "RDSNetworkInterface", requester="amazon-rds"
    )
