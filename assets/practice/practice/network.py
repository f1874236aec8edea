# SPDX-License-Identifier: MIT
"""Whether a connection passes: the one place that reads route tables, NAT gateways, endpoints and security groups.

Used for a task's way to the registry, to Secrets Manager, to Logs, to Forest and to the database, for the API
gateway's way over VPC link and load balancer to a task, and for health checks. Every dropped packet looks the same
from inside, as on AWS: "timeout". decide() also says why, for logs and tests; a client never gets to see that.
Network ACLs, peering and transit gateways are not imitated: a route into one leads nowhere.

Order: Network(cloud), then route() or decide() from any thread; they take emulator.lock for as long as they read.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from practice import emulator

Verdict = Literal["ok", "timeout", "refused"]
# ("internet", port) | ("aws-service", name) | ("ip", address, port, security groups of the target or None)
Destination = tuple[Any, ...]

# Stands for any address on the internet (TEST-NET-3: no VPC has it).
SOMEWHERE = ipaddress.ip_address("203.0.113.1")
HTTPS = 443


@dataclass(frozen=True)
class Decision:
    """A verdict and its reason in words. routing never refuses: only a host that is reached can do that."""

    verdict: Verdict
    reason: str


def drop(reason: str) -> Decision:
    return Decision("timeout", reason)


@dataclass(frozen=True)
class Source:
    """The network interface from which a connection starts."""

    ec2: Any
    subnet: Any
    groups: tuple[Any, ...]
    address: Any = None
    public: bool = False


class Network:
    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud

    def start(self) -> None:
        """Nothing runs: decisions are made from moto's state when they are asked for."""

    def stop(self) -> None:
        """Nothing to end."""

    def route(
        self,
        account: str,
        region: str,
        subnet_id: str,
        security_group_ids: Iterable[str],
        destination: Destination,
        *,
        source_ip: str | None = None,
        public_ip: bool = False,
    ) -> Verdict:
        """Whether a connection from an interface in that subnet with those groups gets to destination.

        source_ip matters only for rules that name a part of the subnet; public_ip says that the interface has one
        (a task in a public subnet with assignPublicIp ENABLED).
        """
        groups = list(security_group_ids)
        return self.decide(
            account, region, subnet_id, groups, destination, source_ip=source_ip, public_ip=public_ip
        ).verdict

    def decide(
        self,
        account: str,
        region: str,
        subnet_id: str,
        security_group_ids: Iterable[str],
        destination: Destination,
        *,
        source_ip: str | None = None,
        public_ip: bool = False,
    ) -> Decision:
        with emulator.lock:
            ec2 = emulator.backend("ec2", account, region)
            subnet = find_subnet(ec2, subnet_id)
            if subnet is None:
                return drop(f"subnet {subnet_id} does not exist")
            ids = list(security_group_ids) or [default_group(ec2, subnet.vpc_id)]
            groups = tuple(group for group in (find_group(ec2, i) for i in ids) if group)
            address = ipaddress.ip_address(source_ip) if source_ip else None
            source = Source(ec2, subnet, groups, address, public_ip)
            kind = destination[0]
            if kind == "internet":
                return to_internet(source, destination[1])
            if kind == "aws-service":
                return to_service(source, destination[1])
            if kind == "ip":
                return to_address(source, *destination[1:])
            raise ValueError(f"unknown destination {destination!r}")


# ---- destinations


def to_internet(source: Source, port: int) -> Decision:
    if not lets_out(source, port, [SOMEWHERE]):
        return drop(f"no security group of the source lets port {port} out to the internet")
    return way_out(source)


def to_service(source: Source, name: str) -> Decision:
    """An AWS API: by its interface endpoint when the VPC has one with private DNS, by S3's gateway endpoint, or
    over the internet. An endpoint that is there and blocked is not passed by (its name leads to it)."""
    endpoint = interface_endpoint(source, name)
    if endpoint is not None:
        return to_endpoint(source, endpoint)
    if name == "s3":
        prefix_list = s3_route(source)
        if prefix_list is not None:
            if lets_out(source, HTTPS, [SOMEWHERE], prefix_list=prefix_list):
                return Decision("ok", "S3 gateway endpoint")
            return drop("no security group of the source lets port 443 out to S3's prefix list")
    return to_internet(source, HTTPS)


def to_endpoint(source: Source, endpoint: Any) -> Decision:
    if endpoint.state != "available":
        return drop(f"endpoint {endpoint.id} is {endpoint.state}")
    groups = tuple(g for g in (find_group(source.ec2, i) for i in endpoint.security_group_ids) if g)
    groups = groups or (find_group(source.ec2, default_group(source.ec2, source.subnet.vpc_id)),)
    subnet = find_subnet(source.ec2, (endpoint.subnet_ids or [source.subnet.id])[0]) or source.subnet
    inside = next(iter(ipaddress.ip_network(subnet.cidr_block).hosts()))
    return between(source, HTTPS, [inside], groups, f"endpoint {endpoint.service_name}")


def to_address(
    source: Source, address: str, port: int, target_groups: Iterable[str] | None = None
) -> Decision:
    """A host in a VPC, known by its security groups, or an address anywhere else.

    address may be a name, or a loopback address where the practice cloud's own server listens: then the interfaces
    that carry the target's groups say where it is on AWS.
    """
    ids = list(target_groups or ())
    if ids:
        groups = tuple(g for g in (find_group(source.ec2, i) for i in ids) if g)
        if not groups:
            return drop(f"the security groups of {address} do not exist in this region")
        if groups[0].vpc_id != source.subnet.vpc_id:
            return drop(f"{address} is in {groups[0].vpc_id}, the source in {source.subnet.vpc_id}")
        return between(source, port, addresses_of(source, address, groups), groups, address)
    ip = ipaddress.ip_address(address)
    if any(ip in ipaddress.ip_network(cidr) for cidr in vpc_cidrs(source.ec2.vpcs[source.subnet.vpc_id])):
        return drop(f"nothing in this VPC has the address {address}")
    if not lets_out(source, port, [ip]):
        return drop(f"no security group of the source lets port {port} out to {address}")
    return way_out(source, ip)


def addresses_of(source: Source, address: str, groups: tuple[Any, ...]) -> list[Any]:
    """The private addresses behind a name: its own, or those of the interfaces with its groups."""
    try:
        ip = ipaddress.ip_address(address)
        if not ip.is_loopback:
            return [ip]
    except ValueError:
        pass
    ids = {group.id for group in groups}
    found = [
        ipaddress.ip_address(eni.private_ip_address)
        for eni in source.ec2.enis.values()
        if eni.subnet.vpc_id == source.subnet.vpc_id and ids & {group.id for group in eni.group_set}
    ]
    # Without an interface only rules for the whole VPC can be judged: any address of it will do.
    return found or [ipaddress.ip_network(vpc_cidrs(source.ec2.vpcs[source.subnet.vpc_id])[0])[4]]


def between(source: Source, port: int, ips: list[Any], target: tuple[Any, ...], name: str) -> Decision:
    """Inside one VPC: the local route always holds, both ends' groups must agree."""
    if not lets_out(source, port, ips, target):
        return drop(f"no security group of the source lets port {port} out to {name}")
    if not lets_in(target, port, source):
        return drop(f"no security group of {name} lets port {port} in from the source")
    return Decision("ok", "local")


# ---- routes


def route_table(ec2: Any, subnet: Any) -> Any:
    """The table of a subnet: its own association, else the VPC's main one (aws.md 2.1)."""
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    for table in tables:
        if subnet.id in table._associations.values():
            return table
    return next((table for table in tables if table.main_association_id), None)


def best_route(table: Any, ip: Any) -> Any:
    """The route with the longest prefix that holds ip."""
    best, length = None, -1
    for route in table.routes if table else ():
        cidr = route.destination_cidr_block
        if not cidr:
            continue
        network = ipaddress.ip_network(cidr)
        if ip in network and network.prefixlen > length:
            best, length = route, network.prefixlen
    return best


def way_out(source: Source, ip: Any = SOMEWHERE) -> Decision:
    """Whether the subnet's table leads to the internet."""
    route = best_route(route_table(source.ec2, source.subnet), ip)
    if route is None:
        return drop(f"the route table of {source.subnet.id} has no route to the internet")
    if route.nat_gateway is not None:
        return through_nat(source, route.nat_gateway)
    gateway = route.gateway_id or ""
    if not gateway.startswith("igw-"):
        return drop(f"the route to {route.destination_cidr_block} leads to no way out")
    if not attached(source.ec2, gateway, source.subnet.vpc_id):
        return drop(f"{gateway} is not attached to the VPC")
    if not source.public:
        # The classic mistake: a public subnet serves only who has a public address (aws.md 8).
        return drop(f"{source.subnet.id} is public, and the interface has no public address")
    return Decision("ok", gateway)


def through_nat(source: Source, nat: Any) -> Decision:
    if nat.id not in source.ec2.nat_gateways:
        return drop(f"the route points at the deleted {nat.id}")
    if nat.state != "available":
        return drop(f"{nat.id} is {nat.state}")
    if nat.connectivity_type != "public":
        return drop(f"{nat.id} is private")
    subnet = find_subnet(source.ec2, nat.subnet_id)
    route = best_route(route_table(source.ec2, subnet), SOMEWHERE) if subnet else None
    gateway = (route.gateway_id or "") if route else ""
    if not gateway.startswith("igw-") or not attached(source.ec2, gateway, subnet.vpc_id):
        return drop(f"{nat.id} is in a subnet without a route to an internet gateway")
    return Decision("ok", nat.id)


def attached(ec2: Any, gateway: str, vpc_id: str) -> bool:
    found = ec2.internet_gateways.get(gateway)
    return bool(found and found.vpc and found.vpc.id == vpc_id)


# ---- endpoints


def interface_endpoint(source: Source, name: str) -> Any:
    """The VPC's interface endpoint that answers for the service's public name, or None."""
    vpc = source.ec2.vpcs[source.subnet.vpc_id]
    if not (dns_attribute(vpc, "enable_dns_support") and dns_attribute(vpc, "enable_dns_hostnames")):
        return None
    for endpoint in source.ec2.vpc_end_points.values():
        named = endpoint.service_name.endswith(f".{name}") and endpoint.vpc_id == vpc.id
        kind = (endpoint.vpc_endpoint_type or "Gateway").lower()
        if named and kind == "interface" and endpoint.private_dns_enabled is not False:
            return endpoint
    return None


def s3_route(source: Source) -> str | None:
    """The prefix list of S3's gateway endpoint when the subnet's table has a route to it."""
    table = route_table(source.ec2, source.subnet)
    for endpoint in source.ec2.vpc_end_points.values():
        kind = (endpoint.vpc_endpoint_type or "Gateway").lower()
        if (
            kind == "gateway"
            and endpoint.service_name.endswith(".s3")
            and table.id in endpoint.route_table_ids
        ):
            return endpoint.destination_prefix_list_id or ""
    return None


def dns_attribute(vpc: Any, name: str) -> bool:
    value = getattr(vpc, name, False)
    return str(value).lower() == "true"


# ---- security groups


def lets_out(
    source: Source, port: int, ips: list[Any], target: tuple[Any, ...] = (), prefix_list: str | None = None
) -> bool:
    """Whether one of the source's groups has an egress rule for one of the addresses, groups or the list."""
    return any(
        covers(rule, port)
        and (
            names(rule, target)
            or any(holds(rule, ip) for ip in ips)
            or (prefix_list and rule.prefix_list_id == prefix_list)
        )
        for group in source.groups
        for rule in group.egress_rules
    )


def lets_in(target: tuple[Any, ...], port: int, source: Source) -> bool:
    """Whether one of the target's groups has an ingress rule for it."""
    return any(
        covers(rule, port) and (names(rule, source.groups) or from_subnet(rule, source))
        for group in target
        for rule in group.ingress_rules
    )


def covers(rule: Any, port: int) -> bool:
    """Whether a rule speaks of TCP on that port."""
    if rule.ip_protocol == "-1":
        return True
    return rule.ip_protocol == "tcp" and rule.from_port <= port <= rule.to_port


def names(rule: Any, groups: tuple[Any, ...]) -> bool:
    """Whether a rule refers to one of the groups at the other end."""
    group = (rule.source_group or {}).get("GroupId")
    return bool(group) and any(group == other.id for other in groups)


def holds(rule: Any, ip: Any) -> bool:
    cidr = (rule.ip_range or {}).get("CidrIp")
    return cidr is not None and ip in ipaddress.IPv4Network(cidr, strict=False)


def from_subnet(rule: Any, source: Source) -> bool:
    """Whether a rule's range holds the source: its address, or its whole subnet when the address is not known."""
    cidr = (rule.ip_range or {}).get("CidrIp")
    if not cidr:
        return False
    network = ipaddress.IPv4Network(cidr, strict=False)
    if source.address is not None:
        return source.address in network
    return ipaddress.IPv4Network(source.subnet.cidr_block).subnet_of(network)


# ---- looking things up in moto


def find_subnet(ec2: Any, subnet_id: str) -> Any:
    for zone in ec2.subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    return None


def find_group(ec2: Any, group_id: str) -> Any:
    for groups in ec2.groups.values():
        if group_id in groups:
            return groups[group_id]
    return None


def default_group(ec2: Any, vpc_id: str) -> str:
    """What an interface gets for which no group was named."""
    return next(group.id for group in ec2.groups[vpc_id].values() if group.name == "default")


def vpc_cidrs(vpc: Any) -> list[str]:
    return [row["cidr_block"] for row in vpc.get_cidr_block_association_set(ipv6=False)]
