# SPDX-License-Identifier: MIT
"""moto's EC2: zones, the default VPC, public addresses, rules of security groups, the look-up of tags."""

import functools
from typing import Any

# Which zone a name stands for is each account's own (EC2 user guide, "AZ IDs"). Here the first two names are zones that
# have VPC links, so that only who asks for the other one (rules/states.py) meets it.
ZONE_IDS = {"eu-west-3b": "euw3-az3", "eu-west-3c": "euw3-az2"}


def install(_cloud: Any) -> None:
    once()


@functools.cache
def once() -> None:
    zones()
    default_vpc()
    public_addresses()
    group_rules()
    tags()


def zones() -> None:
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    for zone in RegionsAndZonesBackend.zones["eu-west-3"]:
        zone.zone_id = ZONE_IDS.get(zone.name, zone.zone_id)


def default_vpc() -> None:
    from moto.ec2.models import EC2Backend

    make = EC2Backend.__init__

    @functools.wraps(make)
    def with_a_way_out(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        default_gateway(self)

    EC2Backend.__init__ = with_a_way_out


def default_gateway(ec2: Any) -> None:
    """A region's default VPC has an internet gateway and a route to it (VPC user guide, "Default VPCs"); moto forgets
    both."""
    vpc = ec2.default_vpc.id
    gateway = ec2.create_internet_gateway()
    ec2.attach_internet_gateway(gateway.id, vpc)
    main = next(t for t in ec2.route_tables.values() if t.vpc_id == vpc and t.main_association_id)
    ec2.create_route(main.id, "0.0.0.0/0", gateway_id=gateway.id)


def public_addresses() -> None:
    """moto hands out loopback addresses; these are of eu-west-3's own range."""
    from moto.ec2.models import elastic_ip_addresses
    from moto.moto_api._internal import mock_random

    def public_address() -> str:
        second = mock_random.choice((188, 236, 237))
        return f"15.{second}.{mock_random.randrange(256)}.{mock_random.randrange(1, 255)}"

    elastic_ip_addresses.random_ip = public_address


def group_rules() -> None:
    from moto.core.responses import ActionResult
    from moto.ec2.models.security_groups import SecurityGroupRule
    from moto.ec2.responses.security_groups import SecurityGroups

    # a rule for a group has its description too
    SecurityGroupRule.description = property(  # type: ignore[assignment]
        lambda rule: rule.ip_range.get("Description") or rule.source_group.get("Description")
    )

    # every rule that was made is told, not only those of the last permission
    def authorize(operation: str) -> None:
        def answer(self: SecurityGroups) -> ActionResult:
            self.error_on_dryrun()
            add = getattr(self.ec2_backend, operation)
            made = [add(**one)[0] for one in self._process_rules_from_querystring()]
            return ActionResult({"Return": True, "SecurityGroupRules": sum(made, [])})

        setattr(SecurityGroups, operation, answer)

    authorize("authorize_security_group_ingress")
    authorize("authorize_security_group_egress")


def tags() -> None:
    """moto goes through the tags of everything in EC2 to find those of one resource."""
    from moto.ec2.models.core import TaggedEC2Resource
    from moto.ec2.models.tags import EC2_PREFIX_TO_RESOURCE, get_prefix

    def get_tags(self: Any) -> list[dict[str, str]]:
        tags = self.ec2_backend.tags.get(self.id) if self.id else None
        if not tags:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in tags.items()
        ]

    TaggedEC2Resource.get_tags = get_tags
