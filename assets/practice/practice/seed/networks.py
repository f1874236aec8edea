# SPDX-License-Identifier: MIT
"""Networks to choose from, as a company has them: a good one, one without a way out, the default ones.

In eu-west-3 of Acme-prod: the default VPC (public subnets only), "prod" (two public and three private subnets, one
NAT gateway, an S3 endpoint, the database) and "isolated" (no way out at all). In Acme-staging: a smaller "staging".
Elsewhere the default VPC alone. Everything is as old as the company, so that no state rule finds it new.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from practice import emulator
from practice.rules import eni
from practice.seed import databases, sample

TAGS = {"Owner": "platform-team", "CostCenter": "FR-042", "ManagedBy": "terraform"}
MADE = datetime.datetime(2024, 2, 7, 9, 30, tzinfo=datetime.UTC)


@dataclass
class Network:
    """What was made, by name: for setup.json, tests and reports."""

    vpc: str
    subnets: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)


class Builder:
    """Makes one account's network in one region, straight in moto's EC2 backend."""

    def __init__(self, account: str, region: str) -> None:
        self.ec2 = emulator.backend("ec2", account, region)
        self.region = region

    def tag(self, resource: str, name: str | None, environment: str = "prod") -> str:
        tags = TAGS | {"Environment": environment} | ({"Name": name} if name is not None else {})
        self.ec2.create_tags([resource], tags)
        return resource

    def vpc(self, name: str, cidr: str) -> Network:
        vpc = self.ec2.create_vpc(cidr)
        for attribute in ("enable_dns_support", "enable_dns_hostnames"):
            self.ec2.modify_vpc_attribute(vpc.id, attribute, True)
        return Network(self.tag(vpc.id, name))

    def subnet(self, network: Network, name: str, cidr: str, zone: str, tagged: str | None = None) -> str:
        """A subnet called name here and, when they differ, `tagged` in its tag ("" is no tag at all)."""
        subnet = self.ec2.create_subnet(network.vpc, cidr, availability_zone_id=zone)
        subnet.default_for_az = False  # moto says so of every subnet whose zone is given by its id
        self.tag(subnet.id, (name if tagged is None else tagged) or None)
        network.subnets[name] = subnet.id
        return subnet.id

    def internet(self, vpc: str, name: str) -> str:
        gateway = self.ec2.create_internet_gateway()
        self.ec2.attach_internet_gateway(gateway.id, vpc)
        return self.tag(gateway.id, name)

    def nat(self, subnet: str, name: str, public_ip: str) -> str:
        address = self.ec2.allocate_address("vpc", public_ip)
        self.tag(address.allocation_id, name)
        nat = self.ec2.create_nat_gateway(subnet, address.allocation_id)
        nat._created_at = MADE.replace(tzinfo=None)
        # As rules/states.py settles a new one: an interface of the service's own, with an address of the subnet.
        interface = nat._eni
        interface.private_ip_address = nat.private_ip = nat.address_set[0]["privateIp"] = eni.free_address(
            self.ec2, interface.subnet
        )
        interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": nat.private_ip}]
        interface._group_set = []
        interface.description, interface.interface_type = f"Interface for NAT Gateway {nat.id}", "natGateway"
        interface.requester_managed, interface.status = True, "in-use"
        interface.requester_id = eni.REQUESTER_OF_TYPE["natGateway"]
        return self.tag(nat.id, name)

    def table(self, network: Network, name: str, subnets: list[str], **way_out: str) -> str:
        """A route table for subnets; way_out is the target of 0.0.0.0/0, as moto calls it."""
        table = self.ec2.create_route_table(network.vpc)
        if way_out:
            self.ec2.create_route(table.id, "0.0.0.0/0", **way_out)
        for subnet in subnets:
            self.ec2.associate_route_table(table.id, subnet_id=subnet)
        return self.tag(table.id, name)

    def group(self, network: Network, name: str, description: str) -> str:
        group = self.ec2.create_security_group(name, description, vpc_id=network.vpc)
        network.groups[name] = group.id
        return self.tag(group.id, name)

    def let_in(
        self, group: str, port: int, *, source_group: str | None = None, cidr: str | None = None
    ) -> None:
        groups = [{"GroupId": source_group}] if source_group else []
        ranges = [{"CidrIp": cidr}] if cidr else []
        self.ec2.authorize_security_group_ingress(
            group, "tcp", str(port), str(port), ranges, source_groups=groups
        )

    def s3_endpoint(self, network: Network, tables: list[str], name: str) -> str:
        service = f"com.amazonaws.{self.region}.s3"
        endpoint = self.ec2.create_vpc_endpoint(network.vpc, service, "Gateway", None, tables)
        return self.tag(endpoint.id, name)

    def default_vpc(self) -> Network:
        """AWS gives its default VPC an internet gateway and a route to it; moto forgets both."""
        vpc = self.ec2.default_vpc.id
        network = Network(vpc)
        if not any(gateway.vpc and gateway.vpc.id == vpc for gateway in self.ec2.internet_gateways.values()):
            gateway = self.ec2.create_internet_gateway()
            self.ec2.attach_internet_gateway(gateway.id, vpc)
            main = next(
                t for t in self.ec2.route_tables.values() if t.vpc_id == vpc and t.main_association_id
            )
            self.ec2.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)
        for zone in self.ec2.subnets.values():
            for subnet in zone.values():
                if subnet.vpc_id == vpc:
                    network.subnets[subnet.availability_zone] = subnet.id
        return network


def find_main_table(ec2: Any, vpc: str) -> Any:
    return next(t for t in ec2.route_tables.values() if t.vpc_id == vpc and t.main_association_id)


def fixed(name: str) -> None:
    """From here on moto's ids follow from name alone: a change elsewhere in the seed leaves them as they are."""
    from moto.moto_api._internal import mock_random

    mock_random.seed(name)


def seed() -> dict[str, Network]:
    main = Builder(sample.PRODUCTION_ACCOUNT, sample.REGION)
    made = {"default": main.default_vpc(), "prod": prod(main), "isolated": isolated(main)}
    for region in sample.OTHER_REGIONS:
        Builder(sample.PRODUCTION_ACCOUNT, region).default_vpc()
    other = Builder(sample.STAGING_ACCOUNT, sample.REGION)
    other.default_vpc()
    made["staging"] = staging(other)
    databases.seed(made)
    return made


def prod(build: Builder) -> Network:
    """10.20.0.0/16, as the platform team made it with Terraform."""
    fixed("prod")
    network = build.vpc("prod", "10.20.0.0/16")
    public = [
        build.subnet(network, "prod-public-a", "10.20.0.0/24", "euw3-az1"),
        build.subnet(network, "prod-public-c", "10.20.2.0/24", "euw3-az3"),
    ]
    private = [
        build.subnet(network, "prod-private-a", "10.20.16.0/20", "euw3-az1"),
        # The zone in which VPC links do not work (aws.md 8).
        build.subnet(network, "prod-private-b", "10.20.32.0/20", "euw3-az2"),
        build.subnet(network, "prod-private-c", "10.20.48.0/20", "euw3-az3"),
    ]
    gateway = build.internet(network.vpc, "prod-igw")
    build.table(network, "prod-public", public, gateway_id=gateway)
    nat = build.nat(public[0], "prod-nat-a", "13.38.7.21")
    table = build.table(network, "prod-private", private, nat_gateway_id=nat)
    build.s3_endpoint(network, [table], "prod-s3")
    app = build.group(network, "storefront-app", "The storefront's own servers")
    database = build.group(network, "storefront-db", "PostgreSQL of the storefront")
    build.let_in(app, 443, cidr="10.20.0.0/16")
    build.let_in(database, 5432, source_group=app)
    # Names that AWS allows and that programs stumble over.
    build.group(network, "app (legacy) #2, [do not delete]! a&b=c;{$}", "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
    build.group(network, " leading space", "kept as it is")
    return network


def isolated(build: Builder) -> Network:
    """10.9.0.0/16: no gateway, no NAT, no endpoint. Its subnets have names that are hard to print."""
    fixed("isolated")
    network = build.vpc("isolated", "10.9.0.0/16")
    subnets = [
        build.subnet(network, "isolated-a", "10.9.0.0/24", "euw3-az1", "privé – données ☂ (ne pas toucher)"),
        build.subnet(network, "isolated-c", "10.9.1.0/24", "euw3-az3", ""),
        # Sixteen addresses, five of them AWS's: too small for a load balancer.
        build.subnet(network, "isolated-tiny", "10.9.2.0/28", "euw3-az1", "x" * 200),
    ]
    build.table(network, "isolated", subnets)
    build.group(network, "analytics-db", "PostgreSQL of the analysts")
    return network


def staging(build: Builder) -> Network:
    fixed("staging")
    network = build.vpc("staging", "10.40.0.0/16")
    public = build.subnet(network, "staging-public-a", "10.40.0.0/24", "euw3-az1")
    private = [
        build.subnet(network, "staging-private-a", "10.40.16.0/20", "euw3-az1"),
        build.subnet(network, "staging-private-c", "10.40.48.0/20", "euw3-az3"),
    ]
    gateway = build.internet(network.vpc, "staging-igw")
    build.table(network, "staging-public", [public], gateway_id=gateway)
    nat = build.nat(public, "staging-nat", "13.38.7.22")
    build.table(network, "staging-private", private, nat_gateway_id=nat)
    return network
