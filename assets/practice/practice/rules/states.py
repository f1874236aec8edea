# SPDX-License-Identifier: MIT
"""Resources that take their time: load balancer, VPC link, NAT gateway, on creation and on deletion.

A change to come is scheduled on the cloud's clock and made by whoever comes first: a thread that waits for it, or the
next API call. Durations are aws.md 4 ("typical"), in AWS seconds.
"""

import functools
import itertools
import logging
import threading
from collections.abc import Callable
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, eni
from practice.rules.ec2_network import ZONES_WITHOUT_VPC_LINK

log = logging.getLogger("practice.states")

LOAD_BALANCER_ACTIVE = 150
LOAD_BALANCER_INTERFACES_GONE = 60
VPC_LINK_AVAILABLE = 130
VPC_LINK_GONE = 120
NAT_AVAILABLE = 110
NAT_DELETED = 60


class Schedule:
    """Actions to be done so many AWS seconds after a mark. Actions run under emulator.lock and must not block."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._condition = threading.Condition()
        # (AWS seconds, number, mark, action), in the order of scheduling
        self._waiting: list[tuple[float, int, float, Callable[[], None]]] = []
        self._number = itertools.count()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        self._thread.join()

    def later(self, aws_seconds: float, action: Callable[[], None]) -> None:
        mark = self._cloud.clock.now()
        with self._condition:
            self._waiting.append((aws_seconds, next(self._number), mark, action))
            self._condition.notify_all()

    def run_due(self) -> None:
        """Does what is due. Called before each API call, so that no answer shows a state that is over."""
        with emulator.lock:
            for action in self._take_due():
                try:
                    action()
                except Exception:
                    log.exception("a scheduled change")

    def _take_due(self) -> list[Callable[[], None]]:
        with self._condition:
            clock = self._cloud.clock
            due = [entry for entry in self._waiting if clock.passed(entry[2], entry[0])]
            self._waiting = [entry for entry in self._waiting if entry not in due]
            return [entry[3] for entry in due]

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._stopped:
                    return
                # The scale can change, so the wait is bounded; it wakes at once for a new entry.
                self._condition.wait(0.05 if self._waiting else None)
            self.run_due()


def install(cloud: Cloud) -> None:
    cloud.schedule = Schedule(cloud)
    cloud.schedule.start()
    cloud.on_stop("schedule", cloud.schedule.stop)


# ---- load balancer: provisioning, then active; its interfaces outlive it


# A new load balancer is provisioning, with an interface in each subnet (aws.md 4).
@after("elbv2", "CreateLoadBalancer")
def load_balancer_is_provisioned(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    elbv2 = emulator.backend("elbv2", call.account, call.region)
    for made in result["LoadBalancers"]:
        balancer = elbv2.load_balancers[made["LoadBalancerArn"]]
        if balancer.state != "provisioning" or getattr(balancer, "interfaces", None):
            continue  # the answer to a repeated call
        name = "ELB " + balancer.arn.split(":loadbalancer/")[1]
        balancer.interfaces = [
            eni.create(
                call.account, call.region, subnet.id, balancer.security_groups, name, requester="amazon-elb"
            ).id
            for subnet in balancer.subnets
        ]
        cloud.schedule.later(LOAD_BALANCER_ACTIVE, functools.partial(_activate, balancer))


def _activate(balancer: Any) -> None:
    if balancer.state == "provisioning":
        balancer.state = "failed" if hasattr(balancer, "doom") else "active"


# SetSecurityGroups changes the interfaces' groups.
@after("elbv2", "SetSecurityGroups")
def interfaces_follow_the_groups(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    balancer = emulator.backend("elbv2", call.account, call.region).load_balancers[
        call.params["LoadBalancerArn"]
    ]
    groups = [ec2.get_security_group_from_id(group) for group in call.params["SecurityGroups"]]
    for interface in getattr(balancer, "interfaces", []):
        ec2.enis[interface]._group_set = groups


# Deleted at once (unless protected); its interfaces linger (aws.md 6).
@before("elbv2", "DeleteLoadBalancer")
def load_balancer_leaves_interfaces(cloud: Cloud, call: Call) -> None:
    balancer = emulator.backend("elbv2", call.account, call.region).load_balancers.get(
        call.params["LoadBalancerArn"]
    )
    if not balancer:
        return  # deleting what is not there succeeds
    if balancer.attrs.get("deletion_protection.enabled") == "true":
        raise AwsError(
            "OperationNotPermitted",
            f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled",
        )
    for interface in getattr(balancer, "interfaces", []):
        remove = functools.partial(eni.delete, call.account, call.region, interface)
        cloud.schedule.later(LOAD_BALANCER_INTERFACES_GONE, remove)


# ---- VPC link: PENDING, then AVAILABLE; DELETING, then 404


# A link in one of ZONES_WITHOUT_VPC_LINK ends as FAILED (aws.md 5).
def _unsupported_zones(call: Call, subnet_ids: list[str]) -> list[str]:
    ec2 = emulator.backend("ec2", call.account, call.region)
    zones = {ec2.get_subnet(subnet).availability_zone_id for subnet in subnet_ids}
    return sorted(zones & ZONES_WITHOUT_VPC_LINK)


# A new VPC link is PENDING with interfaces that hold its subnets and groups, then AVAILABLE, or FAILED without any
# (aws.md 4 and 5; developer guide, "VPC links for HTTP APIs").
@after("apigatewayv2", "CreateVpcLink")
def vpc_link_is_pending(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    link = emulator.backend("apigatewayv2", call.account, call.region).vpc_links[result["VpcLinkId"]]
    link.status, link.status_message = "PENDING", "VPC link is provisioning ENIs"
    problem = _provision(call, link)

    def settle() -> None:
        if link.status != "PENDING":
            return
        failure = getattr(link, "doom", "") or problem  # the first is by faults/resources.py
        if failure:
            _remove_interfaces(call, link)
            link.status, link.status_message = "FAILED", failure
        else:
            link.status, link.status_message = "AVAILABLE", "VPC link is ready to route traffic"

    cloud.schedule.later(VPC_LINK_AVAILABLE, settle)
    return {**result, "VpcLinkStatus": link.status, "VpcLinkStatusMessage": link.status_message}


def _provision(call: Call, link: Any) -> str:
    """Gives the link an interface in each subnet. Returns why it will fail, "" when it will not."""
    link.interfaces = []
    unsupported = _unsupported_zones(call, link.subnet_ids)
    if unsupported:
        return f"VPC links are not supported in {', '.join(unsupported)}"
    name, kind = f"VPC link {link.id}", "api_gateway_managed"
    try:
        for subnet in link.subnet_ids:
            link.interfaces.append(eni.create(call.account, call.region, subnet, link.sg_ids, name, kind).id)
    except AwsError as full:  # aws.md 5: "subnet full" ends as FAILED
        return full.message
    return ""


def _remove_interfaces(call: Call, link: Any) -> None:
    for interface in getattr(link, "interfaces", []):
        eni.delete(call.account, call.region, interface)
    link.interfaces = []


# A link in use stays; another is DELETING, then 404, and its interfaces go with it (aws.md 6).
@before("apigatewayv2", "DeleteVpcLink")
def vpc_link_is_deleting(cloud: Cloud, call: Call) -> dict[str, Any]:
    apigateway = emulator.backend("apigatewayv2", call.account, call.region)
    link = apigateway.vpc_links.get(call.params["VpcLinkId"])
    if not link:
        raise AwsError(
            "NotFoundException", f"Unable to find VPC link with ID {call.params['VpcLinkId']}", 404
        )
    # Whether a link of HTTP APIs refuses is not documented (aws.md 6); one of REST APIs does, in these words.
    users = [
        f"{api.api_id}/{integration.id}"
        for api in apigateway.apis.values()
        for integration in api.integrations.values()
        if integration.connection_id == link.id
    ]
    if users:
        raise AwsError(
            "BadRequestException",
            f"Cannot delete vpc link. Vpc link '{link.id}', is referenced in [{', '.join(users)}]",
        )
    if getattr(link, "status", "") == "DELETING":
        return {}
    link.status, link.status_message = "DELETING", "VPC link is deleting"

    def gone() -> None:
        apigateway.vpc_links.pop(link.id, None)
        _remove_interfaces(call, link)

    cloud.schedule.later(VPC_LINK_GONE, gone)
    return {}


# ---- NAT gateway: pending, then available or failed; deleting, then deleted (and shown for an hour)


@before("ec2", "CreateNatGateway")
def nat_needs_a_free_address(_cloud: Cloud, call: Call) -> None:
    """Resource.AlreadyAssociated for an address in use (aws.md 2.8); moto too, but it leaves an interface."""
    ec2 = emulator.backend("ec2", call.account, call.region)
    allocation = call.params.get("AllocationId")
    if call.params.get("ConnectivityType", "public") == "public" and not allocation:
        raise AwsError("MissingParameter", "The request must include the AllocationId parameter.")
    for address in ec2.addresses:
        if address.allocation_id == allocation and address.association_id:
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{allocation}] is already associated",
            )


# A new gateway is pending, then available, or failed with its address free again (aws.md 4 and 5).
@after("ec2", "CreateNatGateway")
def nat_is_pending(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    ec2 = emulator.backend("ec2", call.account, call.region)
    nat = ec2.nat_gateways[result["NatGateway"]["NatGatewayId"]]
    interface = nat._eni
    address = _address_or_doom(ec2, nat)
    interface.private_ip_address = nat.private_ip = address  # moto's lies outside of the subnet
    interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    interface._group_set = []
    interface.description = f"Interface for NAT Gateway {nat.id}"
    interface.interface_type, interface.requester_managed, interface.status = "natGateway", True, "in-use"
    interface.requester_id = eni.REQUESTER_OF_TYPE["natGateway"]
    nat.address_set[0]["privateIp"] = address
    nat.state = "pending"
    nat.connectivity_type = nat.connectivity_type or "public"

    def settle() -> None:
        if nat.state != "pending":
            return
        attached = any(igw.vpc and igw.vpc.id == nat.vpc_id for igw in ec2.internet_gateways.values())
        if hasattr(nat, "doom"):  # by faults/resources.py
            nat.state, nat.failure_code, nat.failure_message = "failed", nat.doom_code, nat.doom
            _release(ec2, nat)
        elif nat.connectivity_type == "public" and not attached:
            nat.state = "failed"
            nat.failure_code = "Gateway.NotAttached"
            nat.failure_message = f"Network {nat.vpc_id} has no Internet gateway attached"
            _release(ec2, nat)
        else:
            nat.state = "available"

    cloud.schedule.later(NAT_AVAILABLE, settle)
    shown = {**result["NatGateway"], "State": "pending", "ConnectivityType": nat.connectivity_type}
    for item in shown.get("NatGatewayAddresses", []):
        item["PrivateIp"] = address
    return {**result, "NatGateway": shown}


def _address_or_doom(ec2: Any, nat: Any) -> str:
    """A free address of the subnet; when it is full the gateway will fail (failure code of NatGateway)."""
    try:
        return eni.free_address(ec2, nat._eni.subnet)
    except AwsError as full:
        nat.doom_code = full.code
        nat.doom = "Subnet has insufficient free addresses to create this NAT gateway"
        ec2.enis.pop(nat._eni.id, None)
        return ""


def _release(ec2: Any, nat: Any) -> None:
    """The gateway's interface goes and its address is free again."""
    for address in ec2.addresses:
        if address.eni is nat._eni:
            address.eni = address.association_id = None
    ec2.enis.pop(nat._eni.id, None)


# An unknown gateway is NatGatewayNotFound; deleting twice is fine.
@before("ec2", "DeleteNatGateway")
def nat_must_exist(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    nat_id = call.params["NatGatewayId"]
    nat = emulator.backend("ec2", call.account, call.region).nat_gateways.get(nat_id)
    if not nat:
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {nat_id} was not found")
    return {"NatGatewayId": nat_id} if nat.state in ("deleting", "deleted") else None


# deleting, then deleted: its interface goes and its address is free (aws.md 6).
@after("ec2", "DeleteNatGateway")
def nat_is_deleting(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    nat = ec2.nat_gateways[result["NatGatewayId"]]
    if nat.state == "deleted" and getattr(nat, "deletion_scheduled", False):
        return
    nat.deletion_scheduled, nat.state = True, "deleting"

    def deleted() -> None:
        nat.state = "deleted"
        _release(ec2, nat)

    cloud.schedule.later(NAT_DELETED, deleted)


# A route through a NAT gateway that is gone is a blackhole (aws.md 2.1, subnet classification).
@after("ec2", "DescribeRouteTables")
def routes_to_nothing(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    ec2 = emulator.backend("ec2", call.account, call.region)
    for table in result.get("RouteTables", []):
        for route in table.get("Routes", []):
            nat = ec2.nat_gateways.get(route.get("NatGatewayId", ""))
            if nat and nat.state in ("deleted", "failed"):
                route["State"] = "blackhole"
    return result
