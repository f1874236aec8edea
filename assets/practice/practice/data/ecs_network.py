# SPDX-License-Identifier: MIT
"""A task's place in the network: its interface, the ways that are open to it, the names it can use.

Network(cloud, ...) takes an interface of the subnet (rules/eni.py). route() asks practice/network.py, the one place
that decides whether a packet may pass. open_outlets() makes the destinations that the task's environment names
reachable from its namespace: databases by their endpoint names, and servers of this machine (Forest's stand-in)."""

import functools
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from practice import emulator
from practice.data.netns import Namespace, Outlet

log = logging.getLogger("practice.tasks")

URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://(?:[^@/\s]*@)?(\[[^\]]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")
HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PORT_OF_SCHEME = {"postgres": 5432, "postgresql": 5432, "http": 80, "https": 443}
INTERFACE_LINGERS_S = 20  # AWS: an interface outlives its task, and its groups cannot go meanwhile (aws.md 4)
LOOPBACK = ("127.0.0.1", "localhost")


def destinations(env: dict[str, str]) -> set[tuple[str, int]]:
    """(host, port) of every address that the environment names: URLs, and bare host names as databases."""
    found = set()
    for value in env.values():
        for scheme, host, port in URL.findall(value):
            number = int(port or PORT_OF_SCHEME.get(scheme, 0))
            if 0 < number < 65536:
                found.add((host, number))
        if HOST.fullmatch(value):
            found.add((value, 5432))
    return found


def _default_group(account: str, region: str, subnet: str) -> str:
    """What an interface has when no group is given (API reference, AwsVpcConfiguration)."""
    with emulator.lock:
        ec2 = emulator.backend("ec2", account, region)
        return ec2.get_default_security_group(ec2.get_subnet(subnet).vpc_id).id


class Network:
    """One task's interface. Make it, use it, release() it."""

    def __init__(
        self, cloud: Any, account: str, region: str, configuration: dict[str, Any], description: str
    ) -> None:
        from practice.rules import eni  # the rules need the cloud's module, which loads this one

        self._cloud, self.account, self.region = cloud, account, region
        self.subnet = configuration["subnets"][0]
        self.public = configuration.get("assignPublicIp", "DISABLED") == "ENABLED"
        self._eni = eni.create(
            account,
            region,
            self.subnet,
            configuration.get("securityGroups") or [_default_group(account, region, self.subnet)],
            description,
            requester="amazon-ecs",
        )
        with emulator.lock:
            self.groups = [group.id for group in self._eni.group_set]
            self.vpc = self._eni.subnet.vpc_id
            self.zone = self._eni.subnet.availability_zone
        self.address: str = self._eni.private_ip_address
        self._outlets: list[Outlet] = []

    @property
    def eni_id(self) -> str:
        return self._eni.id

    def details(self) -> list[dict[str, str]]:
        """As DescribeTasks shows the attachment."""
        pairs = (
            ("subnetId", self.subnet),
            ("networkInterfaceId", self._eni.id),
            ("macAddress", self._eni.mac_address),
            ("privateDnsName", f"ip-{self.address.replace('.', '-')}.{self.region}.compute.internal"),
            ("privateIPv4Address", self.address),
        )
        return [{"name": name, "value": value} for name, value in pairs]

    def route(self, destination: tuple[Any, ...]) -> str:
        """Whether a packet of this task gets there: "ok", "timeout" or "refused"."""
        network = self._cloud.network
        if network is None:
            return "ok"
        return network.route(
            self.account,
            self.region,
            self.subnet,
            self.groups,
            destination,
            source_ip=self.address,
            public_ip=self.public,
        )

    def service(self, name: str) -> str:
        return self.route(("aws-service", name))

    def open_outlets(self, namespace: Namespace, env: dict[str, str], own: list[int]) -> dict[str, str]:
        """Opens the ways out. Returns {name: address inside} for the task's hosts file."""
        names: dict[str, str] = {}
        for host, port in sorted(destinations(env)):
            if host in LOOPBACK:
                if port not in own:
                    self._outlet(namespace, "127.0.0.1", port, self._to_this_machine(port))
            elif self._is_database(host, port):
                inside = names.setdefault(host, f"127.53.0.{len(names) + 1}")
                self._outlet(namespace, inside, port, self._to_database(host, port))
        return names

    def _outlet(self, namespace: Namespace, host: str, port: int, decide: Callable[[], Any]) -> None:
        try:
            self._outlets.append(Outlet(namespace, host, port, decide))
        except OSError as e:
            log.warning("no way out to %s:%d for %s: %s", host, port, self.address, e)

    def _is_database(self, host: str, port: int) -> bool:
        database = self._cloud.database
        return database is not None and database.resolve(host, port) is not None

    def _to_database(self, host: str, port: int) -> Callable[[], Any]:
        def decide() -> tuple[str, tuple[str, int] | None]:
            found = self._cloud.database.resolve(host, port)
            if found is None:
                return "refused", None
            address, real_port, vpc, groups = found
            # A private endpoint of another VPC (without peering) swallows packets
            verdict = self.route(("ip", address, port, groups)) if vpc == self.vpc else "timeout"
            return verdict, (address, real_port)

        return decide

    def _to_this_machine(self, port: int) -> Callable[[], Any]:
        """What stands on this machine for something on the internet, such as Forest's API."""

        def decide() -> tuple[str, tuple[str, int] | None]:
            return self.route(("internet", 443)), ("127.0.0.1", port)

        return decide

    def release(self) -> None:
        from practice.rules import eni

        for outlet in self._outlets:
            outlet.close()
        self._outlets = []
        remove = functools.partial(eni.delete, self.account, self.region, self._eni.id)
        self._cloud.schedule.later(INTERFACE_LINGERS_S, remove)


def write_files(folder: Path, names: dict[str, str], address: str, hostname: str) -> dict[str, str]:
    """hosts, resolv.conf and nsswitch.conf of a task; returns what to bind where. Names that are not listed do not
    exist: "hosts: files" answers so at once, where a name server that is not there would be waited for."""
    hosts = [
        "127.0.0.1 localhost",
        f"{address} {hostname}",
        *(f"{inside} {name}" for name, inside in names.items()),
    ]
    texts = {
        "hosts": "\n".join(hosts),
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files",
        "hostname": hostname,
    }
    for name, text in texts.items():
        (folder / name).write_text(text + "\n")
    return {f"/etc/{name}": str(folder / name) for name in texts}
