# SPDX-License-Identifier: MIT
"""The tagging API's GetResources over everything that AWS returns there (aws.md 1, practice-cloud.md).

moto leaves out addresses, endpoints, repositories, listeners and all of API Gateway. IAM roles and users are never
returned, by AWS's documentation; deleted things are for a while, as moto does for some.
"""

from collections.abc import Iterator
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before

Tagged = tuple[str, dict[str, str]]


def _ec2(call: Call) -> Iterator[Tagged]:
    ec2 = emulator.backend("ec2", call.account, call.region)
    prefix = f"arn:aws:ec2:{call.region}:{call.account}:"
    kinds: list[tuple[str, list[Any]]] = [
        ("elastic-ip", [address for address in ec2.addresses if address.allocation_id]),
        ("vpc-endpoint", list(ec2.vpc_end_points.values())),
        ("security-group-rule", [rule for groups in ec2.groups.values() for group in groups.values()
                                 for rule in group.ingress_rules + group.egress_rules]),
    ]  # fmt: skip
    for kind, items in kinds:
        for item in items:
            tags = {tag["key"]: tag["value"] for tag in item.get_tags()}
            yield f"{prefix}{kind}/{item.id}", tags


def _listeners(call: Call) -> Iterator[Tagged]:
    elbv2 = emulator.backend("elbv2", call.account, call.region)
    for balancer in elbv2.load_balancers.values():
        for arn in balancer.listeners:
            yield arn, elbv2.tagging_service.get_tag_dict_for_resource(arn)


def _repositories(call: Call) -> Iterator[Tagged]:
    ecr = emulator.backend("ecr", call.account, call.region)
    for repository in ecr.repositories.values():
        yield repository.arn, ecr.tagger.get_tag_dict_for_resource(repository.arn)


def _gateway(call: Call) -> Iterator[Tagged]:
    gateway = emulator.backend("apigatewayv2", call.account, call.region)
    for api in gateway.apis.values():
        yield api.arn, gateway.get_tags(api.arn)
        for stage in api.stages.values():
            arn = f"{api.arn}/stages/{stage.name}"
            yield arn, {**(stage.tags or {}), **gateway.get_tags(arn)}
    for link in gateway.vpc_links.values():
        yield link.arn, gateway.get_tags(link.arn)


def _from_moto(call: Call) -> Iterator[Tagged]:
    tagging = emulator.backend("resourcegroupstaggingapi", call.account, call.region)
    for resource in tagging._get_resources_generator():
        yield resource.arn, resource.tags


def _kind_matches(arn: str, filters: list[str]) -> bool:
    """Resource type filters are service or service:type, as ARNs name them."""
    if not filters:
        return True
    parts = arn.split(":", 5)
    service, rest = parts[2], parts[5].lstrip("/")
    kind = rest.replace(":", "/").split("/")[0]
    return any(f == service or f == f"{service}:{kind}" for f in filters)


@before("resourcegroupstaggingapi", "GetResources")
def get_resources(_cloud: Cloud, call: Call) -> dict[str, Any]:
    params = call.params
    found: dict[str, dict[str, str]] = {}
    for source in (_from_moto, _ec2, _listeners, _repositories, _gateway):
        for arn, tags in source(call):
            if tags and ":iam:" not in arn:
                found[arn] = {**found.get(arn, {}), **tags}
    wanted = params.get("TagFilters") or []
    rows = [
        {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        for arn, tags in sorted(found.items())
        if all(f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in wanted)
        and _kind_matches(arn, params.get("ResourceTypeFilters") or [])
        and (not params.get("ResourceARNList") or arn in params["ResourceARNList"])
    ]
    token = params.get("PaginationToken") or ""
    if token and not token.isdigit():
        raise AwsError("PaginationTokenExpiredException", "The pagination token is not valid.")
    start, limit = int(token or 0), params.get("ResourcesPerPage") or 50
    more = start + limit < len(rows)
    return {
        "ResourceTagMappingList": rows[start : start + limit],
        "PaginationToken": str(start + limit) if more else "",
    }
