# SPDX-License-Identifier: MIT
"""What exists in the practice cloud for one setup, read with boto3, and what its calls made.

Order: run the program, then things(setup) and created(calls). Both give counters of plain words ("role exec", "api"),
without ids, so that two setups, or two ways to the same setup, compare equal. Nothing here is changed or cached.
"""

import collections
import re

from botocore.exceptions import ClientError

READ = re.compile(r"^(Get|Describe|List|Lookup|Batch(Get|Check)|Filter|Simulate)")
# Calls that make a thing which would be there twice if they were sent twice.
MAKE = re.compile(r"^(Create|Allocate|Register(?!ScalableTarget))")


def succeeded(call):
    """Was it done, whatever a fault made of the answer?"""
    return 200 <= call.get("effect", call["status"]) < 300


def of_lease(call):
    """Is the call about the lease of a run (steps/lease.h)? It comes and goes with each run."""
    params = call["params"] or {}
    named = (params.get("logGroupName"), params.get("logGroupNamePrefix"), params.get("resourceArn"))
    return call["service"] == "logs" and any("/lease/" in name for name in named if name)


def writes(calls):
    """The calls that may change something, refused or not: "iam.CreateRole", in order."""
    return [
        f"{c['service']}.{c['operation']}" for c in calls if not READ.match(c["operation"]) and not of_lease(c)
    ]


def created(calls):
    """How often each kind of thing was made."""
    return collections.Counter(
        f"{c['service']}.{c['operation']}"
        for c in calls
        if MAKE.match(c["operation"]) and succeeded(c) and not of_lease(c)
    )


def things(setup):
    """Every thing in the account that carries the setup's name or tag. Empty after a destroy."""
    found = collections.Counter()
    for part in (_ec2, _roles, _balancing, _api, _ecs, _stores):
        found.update(part(setup, f"forestadmin-{setup.name}"))
    return found


def _tag(tags, key="forestadmin:setup"):
    """The value of a tag in any of AWS's three shapes."""
    if isinstance(tags, dict):
        return tags.get(key)
    for tag in tags or []:
        name = tag.get("Key") or tag.get("key") or tag.get("TagKey")
        if name == key:
            return tag.get("Value") or tag.get("value") or tag.get("TagValue")
    return None


EC2 = (
    ("describe_vpcs", "Vpcs"),
    ("describe_subnets", "Subnets"),
    ("describe_internet_gateways", "InternetGateways"),
    ("describe_addresses", "Addresses"),
    ("describe_nat_gateways", "NatGateways"),
    ("describe_route_tables", "RouteTables"),
    ("describe_vpc_endpoints", "VpcEndpoints"),
    ("describe_security_groups", "SecurityGroups"),
    ("describe_security_group_rules", "SecurityGroupRules"),
)


def _ec2(setup, base):
    client = setup.world.client("ec2")
    for action, member in EC2:
        for item in getattr(client, action)()[member]:
            if _tag(item.get("Tags")) == setup.name and item.get("State") not in ("deleted", "deleting"):
                yield f"{member} {_tag(item['Tags'], 'forestadmin:resource')}"


def _roles(setup, base):
    iam = setup.world.client("iam")
    for role in iam.list_roles(MaxItems=1000)["Roles"]:
        if role["RoleName"].startswith(f"{base}-"):
            yield f"role {role['RoleName'].removeprefix(base + '-')}"
            for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                yield f"role policy {policy}"


def _balancing(setup, base):
    elb = setup.world.client("elbv2")
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        if balancer["LoadBalancerName"] == base[:32].rstrip("-"):
            yield "load balancer"
            for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
                yield f"listener {listener['Port']}"
    for group in elb.describe_target_groups()["TargetGroups"]:
        if group["TargetGroupName"].startswith(base[:27].rstrip("-") + "-"):
            yield "target group"


def _api(setup, base):
    gateway = setup.world.client("apigatewayv2")
    for link in gateway.get_vpc_links()["Items"]:
        if _tag(link.get("Tags")) == setup.name:
            yield "vpc link"
    for api in gateway.get_apis()["Items"]:
        if _tag(api.get("Tags")) == setup.name:
            yield "api"
            for read, word in (
                (gateway.get_integrations, "integration"),
                (gateway.get_routes, "route"),
                (gateway.get_stages, "stage"),
            ):
                yield from (word for _ in read(ApiId=api["ApiId"])["Items"])


def _ecs(setup, base):
    ecs = setup.world.client("ecs")
    for revision in ecs.list_task_definitions(familyPrefix=base, status="ACTIVE")["taskDefinitionArns"]:
        if f"/{base}:" in revision:
            yield "task definition"
    for cluster in ecs.describe_clusters(clusters=[base])["clusters"]:
        if cluster["status"] != "ACTIVE":
            continue
        yield "cluster"
        for service in ecs.describe_services(cluster=base, services=[base])["services"]:
            if service["status"] != "INACTIVE":
                yield f"service of {service['desiredCount']}"
    autoscaling = setup.world.client("application-autoscaling")
    for target in autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
        if target["ResourceId"] == f"service/{base}/{base}":
            yield "scalable target"


def _stores(setup, base):
    world = setup.world
    for group in world.client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/{base}")["logGroups"]:
        if group["logGroupName"] == f"/ecs/{base}":
            yield "log group"
        if group["logGroupName"].startswith(f"/ecs/{base}/"):
            yield "lease"
    for repository in world.client("ecr").describe_repositories()["repositories"]:
        if repository["repositoryName"] == base:
            yield "repository"
    try:
        secret = world.client("secretsmanager").describe_secret(SecretId=f"{base}/env")
        if "DeletedDate" not in secret:
            yield "secret"
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException", str(error)
    kms = world.client("kms")
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion":
            continue
        if _tag(kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]) == setup.name:
            yield "key"
            yield from (a["AliasName"] for a in kms.list_aliases(KeyId=key["KeyId"])["Aliases"])
