# SPDX-License-Identifier: MIT
"""Throttling by the control planes' documented limits: token buckets on the cloud's clock, for each account and region.

A bucket holds `burst` calls and gets `rate` a second; the call that finds it empty is refused as its service refuses.
At scale 0 every bucket is full again at once. The limits are those that AWS documents:
  API Gateway: developer guide "Amazon API Gateway quotas" (account-wide control plane; aws.md 0.4)
  EC2: developer guide "Request throttling for the Amazon EC2 API", by category and by name
  ECS: developer guide "Request throttling for the Amazon ECS API"
  Logs: user guide "CloudWatch Logs quotas"
  Secrets Manager: user guide "Secrets Manager quotas"
  KMS: developer guide "Request quotas"
IAM, STS, RDS, ECR and ELB do not document theirs (ELB and ECR say how, not all numbers): they have none here.
"""

import functools
import re
import threading
from dataclasses import dataclass

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.faults.actions import THROTTLE
from practice.identify import Call
from practice.rules import before


@dataclass(frozen=True)
class Limit:
    """name is what shares the bucket; burst calls at once, then rate a second."""

    name: str
    burst: float
    rate: float


# Limits of one operation, for each account and region; one of SHARED counts besides.
OWN = {
    "apigatewayv2.CreateVpcLink": Limit("CreateVpcLink", 1, 1 / 15),
    "apigatewayv2.DeleteVpcLink": Limit("DeleteVpcLink", 1, 1 / 30),
    "apigatewayv2.CreateDeployment": Limit("CreateDeployment", 1, 1 / 5),
    "apigatewayv2.CreateDomainName": Limit("CreateDomainName", 1, 1 / 30),
    "apigatewayv2.DeleteDomainName": Limit("DeleteDomainName", 1, 1 / 30),
    "ec2.CreateVpcEndpoint": Limit("CreateVpcEndpoint", 4, 0.3),
    "ec2.ModifyVpcEndpoint": Limit("ModifyVpcEndpoint", 4, 0.3),
    "ec2.DeleteVpcEndpoints": Limit("DeleteVpcEndpoints", 4, 0.3),
    "logs.CreateLogGroup": Limit("CreateLogGroup", 10, 10),
    "logs.DeleteLogGroup": Limit("DeleteLogGroup", 10, 10),
    "logs.DescribeLogGroups": Limit("DescribeLogGroups", 10, 10),
    "logs.DescribeLogStreams": Limit("DescribeLogStreams", 25, 25),
    "logs.GetLogEvents": Limit("GetLogEvents", 25, 25),
    "logs.FilterLogEvents": Limit("FilterLogEvents", 10, 10),
    "kms.CreateKey": Limit("CreateKey", 5, 5),
    "kms.CreateAlias": Limit("CreateAlias", 5, 5),
    "kms.DeleteAlias": Limit("DeleteAlias", 15, 15),
    "kms.EnableKeyRotation": Limit("EnableKeyRotation", 15, 15),
    "kms.ScheduleKeyDeletion": Limit("ScheduleKeyDeletion", 15, 15),
    "kms.CancelKeyDeletion": Limit("CancelKeyDeletion", 5, 5),
}
# Limits that several operations share, by a pattern of their names; the first that matches.
SHARED = tuple(
    (re.compile(pattern), limit)
    for pattern, limit in (
        (r"apigatewayv2\.", Limit("API Gateway", 40, 10)),
        (r"ec2\.(Describe|List|Search|Get)", Limit("{operation}", 100, 20)),
        (r"ec2\.(RunInstances|StartInstances|AcceptVpcPeering|AuthorizeSecurityGroup|RevokeSecurityGroup|CreateVpn)",
         Limit("{operation}", 50, 5)),
        (r"ec2\.", Limit("{operation}", 50, 10)),
        (r"ecs\.(Describe|List)(Clusters|Attributes)", Limit("ecs cluster read", 50, 20)),
        (r"ecs\.(Create|Delete|Update|Put)Cluster", Limit("ecs cluster modify", 20, 1)),
        (r"ecs\.(Describe|List)(Services|ServiceDeployments|ServiceRevisions)", Limit("ecs service read", 100, 20)),
        (r"ecs\.(Create|Delete|Update|Stop)Service", Limit("ecs service modify", 50, 5)),
        (r"ecs\.(Describe|List)TaskDefinition", Limit("ecs task definition read", 50, 20)),
        (r"ecs\.(Register|Deregister|Delete)TaskDefinition", Limit("ecs task definition modify", 20, 1)),
        (r"ecs\.(Describe|List)Tasks", Limit("ecs task read", 100, 20)),
        (r"secretsmanager\.(Create|Delete|Restore|Update|Put|Tag|Untag|Rotate)", Limit("secrets change", 50, 50)),
    )
)  # fmt: skip


@functools.lru_cache(maxsize=1000)
def limits(name: str) -> tuple[Limit, ...]:
    """The limits that a call of service.Operation takes a token of."""
    found = [OWN[name]] if name in OWN else []
    shared = next((limit for pattern, limit in SHARED if pattern.match(name)), None)
    if shared:
        found.append(Limit(shared.name.format(operation=name), shared.burst, shared.rate))
    return tuple(found)


class Buckets:
    """The tokens that are left, by account, region and limit. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, cloud: Cloud, call: Call, wanted: tuple[Limit, ...]) -> Limit | None:
        """Takes one token of each; none at all when one bucket is empty, which is returned."""
        now = cloud.clock.now()
        with self._lock:
            after: list[tuple[tuple[str, str, str], float]] = []
            for limit in wanted:
                key = (call.account, call.region, limit.name)
                left, mark = self._left.get(key, (limit.burst, now))
                left = min(limit.burst, left + max(0.0, cloud.clock.since(mark)) * limit.rate)
                if left < 1:
                    return limit
                after.append((key, left - 1))
            for key, left in after:
                self._left[key] = (left, now)
        return None


_buckets = Buckets()


# Each service refuses in its protocol's way; ELB, unlike other query services, says ThrottlingException.
@before("*", "*")
def too_fast(cloud: Cloud, call: Call) -> None:
    wanted = limits(str(call))
    if not wanted or not cloud.config.throttling or not cloud.clock.scale:
        return
    if _buckets.take(cloud, call, wanted):
        code, status, text = THROTTLE[call.protocol]
        raise AwsError(code, text, status)
