# SPDX-License-Identifier: MIT
"""Every resource that moto holds, in all accounts and regions, one row each: for Witness.leftovers().

A row is {"type", "id", "name", "account", "region", "tags", "ending"}; ending says that it is on its way out and costs
nothing more (a deleted NAT gateway that is still shown, a key that waits for its deletion, a stopped task). One
function for each service; hold emulator.lock.
"""

from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]


def _row(kind: str, name_or_id: str, tags: Any = None, name: str = "", ending: bool = False) -> Row:
    return {"type": kind, "id": name_or_id, "name": name, "tags": plain_tags(tags), "ending": ending}


def plain_tags(tags: Any) -> dict[str, str]:
    """Tags in any of moto's shapes."""
    if isinstance(tags, dict):
        return {k: v["Value"] if isinstance(v, dict) else str(v) for k, v in tags.items()}
    found = {}
    for tag in tags or []:
        key = tag.get("Key") or tag.get("key") or tag.get("TagKey")
        if key:
            found[key] = str(tag.get("Value") or tag.get("value") or tag.get("TagValue") or "")
    return found


def _ec2(ec2: Any) -> Iterator[Row]:
    def row(kind: str, name: str, ending: bool = False) -> Row:
        tags = dict(ec2.tags.get(name, {}))
        return _row(kind, name, tags, tags.get("Name", ""), ending)

    for vpc in ec2.vpcs.values():
        yield row("vpc", vpc.id)
    for zone in ec2.subnets.values():
        for subnet in zone.values():
            yield row("subnet", subnet.id)
    for gateway in ec2.internet_gateways.values():
        yield row("internet-gateway", gateway.id)
    for table in ec2.route_tables.values():
        if not table.main_association_id:
            yield row("route-table", table.id)
        for route in table.routes:
            if not route.local:
                yield _row("route", f"{table.id}/{route.destination_cidr_block or route.id}")
    for nat in ec2.nat_gateways.values():
        yield row("nat-gateway", nat.id, nat.state in ("deleted", "failed", "deleting"))
    for address in ec2.addresses:
        if address.allocation_id:
            yield row("elastic-ip", address.allocation_id)
    for endpoint in ec2.vpc_end_points.values():
        yield row("vpc-endpoint", endpoint.id, endpoint.state in ("deleted", "deleting"))
    for interface in ec2.enis.values():
        yield {**row("network-interface", interface.id), "name": interface.description or ""}
    for groups in ec2.groups.values():
        for group in groups.values():
            if group.name != "default":
                yield {**row("security-group", group.id), "name": group.name}
            for rule in [*group.ingress_rules, *group.egress_rules]:
                if group.name != "default":
                    yield row("security-group-rule", rule.id)


def _iam(iam: Any) -> Iterator[Row]:
    for role in iam.roles.values():
        yield _row("role", role.arn, role.tags, role.name)
    for user in iam.users.values():
        yield _row("user", user.arn, name=user.name)
    for policy in iam.managed_policies.values():
        if ":iam::aws:" not in policy.arn:
            yield _row("policy", policy.arn, name=policy.name)


def _elbv2(elbv2: Any) -> Iterator[Row]:
    tags = elbv2.tagging_service.get_tag_dict_for_resource
    for balancer in elbv2.load_balancers.values():
        yield _row("load-balancer", balancer.arn, tags(balancer.arn), balancer.name)
        for arn in balancer.listeners:
            yield _row("listener", arn, tags(arn))
    for group in elbv2.target_groups.values():
        yield _row("target-group", group.arn, tags(group.arn), group.name)


def _ecs(ecs: Any) -> Iterator[Row]:
    for cluster in ecs.clusters.values():
        yield _row("cluster", cluster.arn, cluster.tags, cluster.name, cluster.status == "INACTIVE")
    for service in ecs.services.values():
        yield _row("service", service.arn, service.tags, service.name, service.status == "INACTIVE")
    for tasks in ecs.tasks.values():
        for task in tasks.values():
            yield _row("task", task.task_arn, task.tags, ending=task.last_status == "STOPPED")
    for family in ecs.task_definitions.values():
        for definition in family.values():
            gone = definition.status != "ACTIVE"
            yield _row("task-definition", definition.arn, definition.tags, ending=gone)


def _ecr(ecr: Any) -> Iterator[Row]:
    for repository in ecr.repositories.values():
        tags = ecr.tagger.get_tag_dict_for_resource(repository.arn)
        yield _row("repository", repository.arn, tags, repository.name)


def _secrets(secrets: Any) -> Iterator[Row]:
    for secret in dict.values(secrets.secrets):
        yield _row("secret", secret.arn, secret.tags, secret.name, secret.is_deleted())


def _logs(logs: Any) -> Iterator[Row]:
    for group in logs.groups.values():
        yield _row("log-group", group.arn, logs.tagger.get_tag_dict_for_resource(group.arn), group.name)


def _kms(kms: Any) -> Iterator[Row]:
    for key in kms.keys.values():
        if key.key_manager != "AWS":
            tags = kms.tagger.get_tag_dict_for_resource(key.id)
            yield _row("key", key.arn, tags, ending=key.key_state == "PendingDeletion")
        for alias in key.aliases:
            if not alias.startswith("alias/aws/"):
                yield _row("alias", alias)


def _apigateway(gateway: Any) -> Iterator[Row]:
    for api in gateway.apis.values():
        yield _row("api", api.arn, gateway.get_tags(api.arn), api.name)
    for link in gateway.vpc_links.values():
        going = getattr(link, "status", "") == "DELETING"
        yield _row("vpc-link", link.arn, gateway.get_tags(link.arn), link.name, going)


def _autoscaling(scaling: Any) -> Iterator[Row]:
    for by_namespace in scaling.targets.values():
        for target in by_namespace.values():
            yield _row("scalable-target", f"{target.resource_id} {target.scalable_dimension}")
    for policy in scaling.policies.values():
        yield _row("scaling-policy", policy.policy_arn, name=policy.policy_name)


def _alarms(cloudwatch: Any) -> Iterator[Row]:
    for alarm in cloudwatch.alarms.values():
        yield _row("alarm", alarm.alarm_arn, name=alarm.name)


SERVICES = {
    "ec2": _ec2,
    "iam": _iam,
    "elbv2": _elbv2,
    "ecs": _ecs,
    "ecr": _ecr,
    "secretsmanager": _secrets,
    "logs": _logs,
    "kms": _kms,
    "apigatewayv2": _apigateway,
    "applicationautoscaling": _autoscaling,
    "cloudwatch": _alarms,
}


def everything() -> Iterable[Row]:
    from moto.backends import get_backend

    for service, rows in SERVICES.items():
        for account, regions in list(get_backend(service).items()):  # type: ignore[call-overload]
            for region, backend in list(regions.items()):
                for row in rows(backend):
                    yield {**row, "account": account, "region": region}
