# SPDX-License-Identifier: MIT
"""network.py: which connections pass, one row a rule. Each world starts open; a row changes one thing in it."""

import pytest

from practice import emulator
from practice.seed.networks import Builder, Network, find_main_table

ACCOUNT, REGION = "123456789012", "us-east-1"
INTERNET = ("internet", 443)


class World(Builder):
    """A VPC with a public, a private (NAT) and a closed subnet, and a security group that lets everything out."""

    def __init__(self, network):
        super().__init__(ACCOUNT, REGION)
        self.decider = network
        self.net: Network = self.vpc("world", "10.77.0.0/16")
        self.public = self.subnet(self.net, "public", "10.77.0.0/24", "use1-az1")
        self.private = self.subnet(self.net, "private", "10.77.1.0/24", "use1-az1")
        self.closed = self.subnet(self.net, "closed", "10.77.2.0/24", "use1-az2")
        self.gateway = self.internet(self.net.vpc, "igw")
        self.public_table = self.table(self.net, "public", [self.public], gateway_id=self.gateway)
        self.nat_id = self.nat(self.public, "nat", "13.38.9.9")
        self.private_table = self.table(self.net, "private", [self.private], nat_gateway_id=self.nat_id)
        self.own = self.group(self.net, "own", "the source's")
        self.other = self.group(self.net, "other", "the target's")

    def route(self, destination=INTERNET, subnet=None, groups=None, **options):
        groups = [self.own] if groups is None else groups
        return self.decider.route(ACCOUNT, REGION, subnet or self.private, groups, destination, **options)

    def close_out(self):
        self.ec2.revoke_security_group_egress(self.own, "-1", None, None, [{"CidrIp": "0.0.0.0/0"}])

    def let_out(self, port, cidr=None, group=None):
        ranges = [{"CidrIp": cidr}] if cidr else []
        groups = [{"GroupId": group}] if group else []
        self.ec2.authorize_security_group_egress(
            self.own, "tcp", str(port), str(port), ranges, source_groups=groups
        )

    def endpoint(self, service, subnet, groups, private_dns=True):
        made = self.ec2.create_vpc_endpoint(
            self.net.vpc,
            f"com.amazonaws.{REGION}.{service}",
            "Interface",
            None,
            [],
            subnet_ids=[subnet],
            security_group_ids=groups,
            private_dns_enabled=private_dns,
        )
        return made

    def target(self, port=5432, groups=None):
        return ("ip", "db.internal", port, [self.other] if groups is None else groups)


@pytest.fixture
def world(cloud):
    with emulator.lock:
        return World(cloud.network)


# ---- the way to the internet (aws.md 2.1 "Subnet classification", 8)


def test_private_subnet_goes_out_by_nat(world):
    assert world.route() == "ok"


def test_closed_subnet_has_no_way_out(world):
    assert world.route(subnet=world.closed) == "timeout"


def test_public_subnet_without_a_public_address_has_no_way_out(world):
    assert world.route(subnet=world.public) == "timeout"


def test_public_subnet_with_a_public_address_goes_out(world):
    assert world.route(subnet=world.public, public_ip=True) == "ok"


def test_subnet_without_association_uses_the_main_table(world):
    main = find_main_table(world.ec2, world.net.vpc)
    world.ec2.create_route(main.id, "0.0.0.0/0", nat_gateway_id=world.nat_id)
    assert world.route(subnet=world.closed) == "ok"


@pytest.mark.parametrize("state", ["pending", "failed", "deleting", "deleted"])
def test_nat_that_is_not_available_swallows_packets(world, state):
    world.ec2.nat_gateways[world.nat_id].state = state
    assert world.route() == "timeout"


def test_private_nat_gives_no_internet(world):
    world.ec2.nat_gateways[world.nat_id].connectivity_type = "private"
    assert world.route() == "timeout"


def test_forgotten_nat_is_a_blackhole(world):
    del world.ec2.nat_gateways[world.nat_id]
    assert world.route() == "timeout"


def test_nat_in_a_subnet_without_internet_gateway_is_useless(world):
    world.ec2.delete_route(world.public_table, "0.0.0.0/0")
    assert world.route() == "timeout"


def test_detached_internet_gateway_ends_the_nat_too(world):
    world.ec2.internet_gateways[world.gateway].vpc = None
    assert world.route() == "timeout"
    assert world.route(subnet=world.public, public_ip=True) == "timeout"


def test_the_longest_prefix_wins(world):
    world.ec2.create_route(world.private_table, "203.0.112.0/20", gateway_id=world.gateway)
    world.ec2.create_route(world.private_table, "203.0.0.0/8", nat_gateway_id=world.nat_id)
    assert world.route() == "timeout", (
        "203.0.113.1 now leaves by the internet gateway, without a public address"
    )
    assert world.route(("ip", "198.51.100.1", 443, None)) == "ok"


def test_unknown_subnet_goes_nowhere(world):
    assert world.route(subnet="subnet-00000000000000000") == "timeout"


def test_a_destination_of_no_kind_is_a_mistake_of_the_caller(world):
    with pytest.raises(ValueError, match="unknown destination"):
        world.route(("moon", 1))


# ---- security groups on the way out


def test_group_without_egress_lets_nothing_out(world):
    world.close_out()
    assert world.route() == "timeout"


def test_egress_is_by_port(world):
    world.close_out()
    world.let_out(443, "0.0.0.0/0")
    assert world.route(("internet", 443)) == "ok"
    assert world.route(("internet", 80)) == "timeout"


def test_egress_is_by_address(world):
    world.close_out()
    world.let_out(443, "10.0.0.0/8")
    assert world.route() == "timeout"


def test_no_groups_means_the_default_group(world):
    assert world.route(groups=[]) == "ok"
    default = next(g for g in world.ec2.groups[world.net.vpc].values() if g.name == "default")
    default.egress_rules.clear()
    assert world.route(groups=[]) == "timeout"


# ---- AWS's own services


@pytest.mark.parametrize("service", ["ecr.api", "ecr.dkr", "secretsmanager", "logs", "s3"])
def test_services_are_reached_over_the_internet(world, service):
    assert world.route(("aws-service", service)) == "ok"
    assert world.route(("aws-service", service), subnet=world.closed) == "timeout"


def test_interface_endpoint_opens_its_service_only(world):
    world.let_in(world.other, 443, source_group=world.own)
    world.endpoint("secretsmanager", world.closed, [world.other])
    assert world.route(("aws-service", "secretsmanager"), subnet=world.closed) == "ok"
    assert world.route(("aws-service", "logs"), subnet=world.closed) == "timeout"


def test_endpoint_that_lets_nobody_in_is_not_passed_by(world):
    world.endpoint("secretsmanager", world.closed, [world.other])
    assert world.route(("aws-service", "secretsmanager")) == "timeout", (
        "its name leads to it although NAT is there"
    )


def test_endpoint_without_private_dns_is_not_found(world):
    world.let_in(world.other, 443, source_group=world.own)
    world.endpoint("secretsmanager", world.closed, [world.other], private_dns=False)
    assert world.route(("aws-service", "secretsmanager"), subnet=world.closed) == "timeout"
    assert world.route(("aws-service", "secretsmanager")) == "ok", "by NAT"


def test_private_dns_needs_both_vpc_attributes(world):
    world.let_in(world.other, 443, source_group=world.own)
    world.endpoint("secretsmanager", world.closed, [world.other])
    world.ec2.modify_vpc_attribute(world.net.vpc, "enable_dns_hostnames", False)
    assert world.route(("aws-service", "secretsmanager"), subnet=world.closed) == "timeout"


def test_endpoint_in_the_making_does_not_answer(world):
    world.let_in(world.other, 443, source_group=world.own)
    world.endpoint("secretsmanager", world.closed, [world.other]).state = "pending"
    assert world.route(("aws-service", "secretsmanager"), subnet=world.closed) == "timeout"


def test_s3_endpoint_serves_the_tables_it_is_in(world):
    closed_table = world.table(world.net, "closed", [world.closed])
    endpoint = world.s3_endpoint(world.net, [world.private_table], "s3")
    assert world.route(("aws-service", "s3"), subnet=world.closed) == "timeout"
    world.ec2.vpc_end_points[endpoint].route_table_ids = [closed_table]
    assert world.route(("aws-service", "s3"), subnet=world.closed) == "ok"


# ---- hosts of the VPC


def test_target_that_names_our_group_lets_us_in(world):
    assert world.route(world.target()) == "timeout"
    world.let_in(world.other, 5432, source_group=world.own)
    assert world.route(world.target()) == "ok"
    assert world.route(world.target(port=5433)) == "timeout"


def test_the_local_route_needs_no_way_out(world):
    world.let_in(world.other, 5432, source_group=world.own)
    assert world.route(world.target(), subnet=world.closed) == "ok"


def test_target_that_names_our_subnet_lets_us_in(world):
    world.let_in(world.other, 5432, cidr="10.77.1.0/24")
    assert world.route(world.target()) == "ok"
    assert world.route(world.target(), subnet=world.closed) == "timeout"


def test_target_that_names_one_address_lets_that_in(world):
    world.let_in(world.other, 5432, cidr="10.77.1.9/32")
    assert world.route(world.target(), source_ip="10.77.1.9") == "ok"
    assert world.route(world.target(), source_ip="10.77.1.10") == "timeout"


def test_our_own_group_must_let_us_out_to_it(world):
    world.let_in(world.other, 5432, source_group=world.own)
    world.close_out()
    assert world.route(world.target()) == "timeout"
    world.let_out(5432, group=world.other)
    assert world.route(world.target()) == "ok"


def test_egress_to_a_named_host_is_judged_by_its_interface(world):
    """A name or a loopback address stands for the interface that carries the target's groups."""
    from practice.rules import eni

    world.let_in(world.other, 5432, source_group=world.own)
    eni.create(ACCOUNT, REGION, world.closed, [world.other], "RDSNetworkInterface")
    world.close_out()
    world.let_out(5432, cidr="10.77.1.0/24")
    assert world.route(world.target()) == "timeout", "the database is in 10.77.2.0/24"
    world.let_out(5432, cidr="10.77.2.0/24")
    assert world.route(("ip", "127.0.0.1", 5432, [world.other])) == "ok"


def test_host_of_another_vpc_is_out_of_reach(world):
    far = world.vpc("far", "10.78.0.0/16")
    group = world.group(far, "far", "elsewhere")
    world.let_in(group, 5432, cidr="0.0.0.0/0")
    assert world.route(world.target(groups=[group])) == "timeout"


def test_address_of_the_vpc_that_nobody_has(world):
    assert world.route(("ip", "10.77.9.9", 443, None)) == "timeout"


def test_every_drop_has_a_reason(world):
    decision = world.decider.decide(ACCOUNT, REGION, world.closed, [world.own], INTERNET)
    assert (decision.verdict, "no route to the internet" in decision.reason) == ("timeout", True)
