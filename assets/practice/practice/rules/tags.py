# SPDX-License-Identifier: MIT
"""The tagging API's GetResources, GetTagKeys and GetTagValues over everything that AWS returns there (aws.md 1).

moto leaves out addresses, endpoints, repositories, listeners and all of API Gateway. IAM roles and users are never
returned, by AWS's documentation, customer policies are, in us-east-1. How the answer lags is in tag_index.py, tagging
by ARN in tag_writes.py."""

import re
from collections.abc import Iterator
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before, tag_index

Tagged = tuple[str, dict[str, str]]
PAGE_MAX, TYPE = 100, re.compile(r"[a-z0-9-]+(:[A-Za-z0-9-]+)?")


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


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


def _policies(call: Call) -> Iterator[Tagged]:
    if call.region != "us-east-1":
        return
    for policy in emulator.backend("iam", call.account, here()).managed_policies.values():
        if f":{call.account}:" in policy.arn:
            yield policy.arn, {tag["Key"]: tag["Value"] for tag in (policy.tags or {}).values()}


def _from_moto(call: Call) -> Iterator[Tagged]:
    tagging = emulator.backend("resourcegroupstaggingapi", call.account, call.region)
    for resource in tagging._get_resources_generator():
        if ":iam:" not in resource.arn:
            yield resource.arn, resource.tags


def collect(call: Call) -> dict[str, dict[str, str]]:
    """Everything with tags that is there now, by ARN."""
    found: dict[str, dict[str, str]] = {}
    for source in (_from_moto, _ec2, _listeners, _repositories, _gateway, _policies):
        for arn, tags in source(call):
            if tags:
                found[arn] = {**found.get(arn, {}), **tags}
    return found


tag_index.collectors.append(collect)


def _known(cloud: Cloud, call: Call) -> dict[str, dict[str, str]]:
    """What the tagging API knows of: without what is too new, with what went a moment ago."""
    there = collect(call)
    shown = {arn: tags for arn, tags in there.items() if not tag_index.unborn(cloud, call, arn)}
    return {**tag_index.lingering(cloud, call, there), **shown}


def _kind_matches(arn: str, filters: list[str]) -> bool:
    """Resource type filters are service or service:type, as ARNs name them."""
    if not filters:
        return True
    parts = arn.split(":", 5)
    service, rest = parts[2], parts[5].lstrip("/")
    kind = rest.replace(":", "/").split("/")[0]
    return any(f == service or f == f"{service}:{kind}" for f in filters)


# GetResources: limits of its parameters, and which of them exclude each other (API reference).
@before("resourcegroupstaggingapi", "GetResources")
def parameters(_cloud: Cloud, call: Call) -> None:
    p = call.params
    filters, types = p.get("TagFilters") or [], p.get("ResourceTypeFilters") or []
    per_page, tags_per_page = p.get("ResourcesPerPage"), p.get("TagsPerPage")
    if p.get("ResourceARNList") and (filters or types or per_page or tags_per_page or p.get("PaginationToken")):
        raise invalid("ResourceARNList cannot be combined with other filters or with pages.")
    if per_page is not None and tags_per_page is not None:
        raise invalid("Specify either ResourcesPerPage or TagsPerPage.")
    if per_page is not None and not 1 <= per_page <= PAGE_MAX:
        raise invalid(f"ResourcesPerPage must be from 1 to {PAGE_MAX}.")
    if tags_per_page is not None and (tags_per_page % 100 or not 100 <= tags_per_page <= 500):
        raise invalid("TagsPerPage must be 100, 200, 300, 400 or 500.")
    for one in types:
        if not TYPE.fullmatch(one):
            raise invalid(f"Unsupported resource type: {one}")


# GetResources: everything that AWS returns, by tags, types or ARNs, in pages.
@before("resourcegroupstaggingapi", "GetResources")
def get_resources(cloud: Cloud, call: Call) -> dict[str, Any]:
    params = call.params
    wanted = params.get("TagFilters") or []
    rows = [
        {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        for arn, tags in sorted(_known(cloud, call).items())
        if all(f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in wanted)
        and _kind_matches(arn, params.get("ResourceTypeFilters") or [])
        and (not params.get("ResourceARNList") or arn in params["ResourceARNList"])
    ]
    limit = params.get("ResourcesPerPage") or 50
    if cloud.config.empty_pages and not params.get("PaginationToken") and not params.get("ResourceARNList"):
        limit = 0  # a page may be empty and have a token (API reference, PaginationToken)
    page, token = _page(call, rows, limit)
    return {"ResourceTagMappingList": page, "PaginationToken": token}


def _page(call: Call, rows: list[Any], limit: int) -> tuple[list[Any], str]:
    token = call.params.get("PaginationToken") or ""
    if token and not token.isdigit():
        raise AwsError("PaginationTokenExpiredException", "The pagination token is not valid.")
    start = int(token or 0)
    more = start + limit < len(rows)
    return rows[start : start + limit], str(start + limit) if more else ""


# GetTagKeys: of all resources that are known.
@before("resourcegroupstaggingapi", "GetTagKeys")
def get_tag_keys(cloud: Cloud, call: Call) -> dict[str, Any]:
    keys = sorted({key for tags in _known(cloud, call).values() for key in tags})
    page, token = _page(call, keys, PAGE_MAX)
    return {"TagKeys": page, "PaginationToken": token}


# GetTagValues: of one key.
@before("resourcegroupstaggingapi", "GetTagValues")
def get_tag_values(cloud: Cloud, call: Call) -> dict[str, Any]:
    key = call.params["Key"]
    values = sorted({tags[key] for tags in _known(cloud, call).values() if key in tags})
    page, token = _page(call, values, PAGE_MAX)
    return {"TagValues": page, "PaginationToken": token}
