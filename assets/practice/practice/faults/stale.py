# SPDX-License-Identifier: MIT
"""Answers from before: what a read would have said before the last change, as an eventually consistent service does.

The last two different answers to each read are kept. A stale answer is the one before the present one; when there is
none, the thing is not there yet: not found for a read of one thing, an empty list for a list.
"""

import collections
import copy
import json
import re
import threading

from practice import rules
from practice.errors import Answer, AwsError, render
from practice.identify import Call
from practice.record import redact

READ = re.compile(r"^(Get|Describe|List|BatchGet)")
KEPT = 2000
_lock = threading.Lock()
_seen: collections.OrderedDict[str, list[Answer]] = collections.OrderedDict()

# What a read of one thing says when there is none: code and HTTP status (aws.md 2).
ABSENT = {
    "ec2.DescribeVpcs": ("InvalidVpcID.NotFound", 400),
    "ec2.DescribeSubnets": ("InvalidSubnetID.NotFound", 400),
    "ec2.DescribeRouteTables": ("InvalidRouteTableID.NotFound", 400),
    "ec2.DescribeInternetGateways": ("InvalidInternetGatewayID.NotFound", 400),
    "ec2.DescribeNatGateways": ("NatGatewayNotFound", 400),
    "ec2.DescribeSecurityGroups": ("InvalidGroup.NotFound", 400),
    "ec2.DescribeAddresses": ("InvalidAllocationID.NotFound", 400),
    "ec2.DescribeVpcEndpoints": ("InvalidVpcEndpointId.NotFound", 400),
    "ec2.DescribeNetworkInterfaces": ("InvalidNetworkInterfaceID.NotFound", 400),
    "elbv2.DescribeLoadBalancers": ("LoadBalancerNotFound", 400),
    "elbv2.DescribeTargetGroups": ("TargetGroupNotFound", 400),
    "elbv2.DescribeListeners": ("ListenerNotFound", 400),
    "iam.*": ("NoSuchEntity", 404),
    "apigatewayv2.*": ("NotFoundException", 404),
    "ecr.*": ("RepositoryNotFoundException", 400),
    "secretsmanager.*": ("ResourceNotFoundException", 400),
    "logs.*": ("ResourceNotFoundException", 400),
    "kms.*": ("NotFoundException", 400),
    "ecs.DescribeServices": ("ClusterNotFoundException", 400),
}


def _key(call: Call) -> str:
    return json.dumps([call.account, call.region, str(call), redact(call.params)], sort_keys=True)


def remember(call: Call, answer: Answer) -> Answer | None:
    """Keeps the answer of a read; returns the one that was given before it said anything else."""
    if not READ.match(call.operation):
        return None
    key = _key(call)
    with _lock:
        kept = _seen.setdefault(key, [])
        _seen.move_to_end(key)
        if not kept or kept[-1].body != answer.body:
            kept.append(copy.copy(answer))
            del kept[:-2]
        while len(_seen) > KEPT:
            _seen.popitem(last=False)
        return kept[-2] if len(kept) == 2 else None


def answer(call: Call, earlier: Answer | None, present: Answer) -> Answer:
    """What the read said before, or that nothing is there yet."""
    if earlier is not None:
        return earlier
    if present.status >= 300:
        return present
    result = rules.parse_result(call, present)
    lists = [name for name, value in result.items() if isinstance(value, list)]
    by_id = any(re.search(r"(Ids?|Names?|Arns?)$", name) and value for name, value in call.params.items())
    found = ABSENT.get(str(call)) or ABSENT.get(f"{call.service}.*")
    if found and (by_id or not lists):
        return render(call, AwsError(found[0], "It does not exist.", found[1]))
    return rules.serialize_result(call, {**result, **{name: [] for name in lists}})
