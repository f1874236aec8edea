# SPDX-License-Identifier: MIT
"""Everything that an account holds, read with boto3: to prove that destroy leaves nothing and touches nothing else.

A new service of the program is one row of LISTS (or a few lines of nested(), for what is listed inside something).
The tagging API is not asked: it keeps deleted things for a while, as on AWS.
"""

import json

# service, operation, arguments, member of the answer, member that names an item
LISTS = (
    ("ec2", "describe_vpcs", {}, "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", {}, "Subnets", "SubnetId"),
    ("ec2", "describe_route_tables", {}, "RouteTables", "RouteTableId"),
    ("ec2", "describe_internet_gateways", {}, "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_nat_gateways", {}, "NatGateways", "NatGatewayId"),
    ("ec2", "describe_addresses", {}, "Addresses", "AllocationId"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", {}, "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_network_interfaces", {}, "NetworkInterfaces", "NetworkInterfaceId"),
    ("elbv2", "describe_load_balancers", {}, "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", {}, "TargetGroups", "TargetGroupArn"),
    ("apigatewayv2", "get_apis", {}, "Items", "ApiId"),
    ("apigatewayv2", "get_vpc_links", {}, "Items", "VpcLinkId"),
    ("ecs", "list_task_definitions", {"status": "ACTIVE"}, "taskDefinitionArns", None),
    ("ecs", "list_task_definitions", {"status": "INACTIVE"}, "taskDefinitionArns", None),
    ("ecr", "describe_repositories", {}, "repositories", "repositoryName"),
    ("secretsmanager", "list_secrets", {}, "SecretList", "Name"),
    ("logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("iam", "list_roles", {}, "Roles", "RoleName"),
    ("kms", "list_aliases", {}, "Aliases", "AliasName"),
    ("kms", "list_keys", {}, "Keys", "KeyId"),
    ("rds", "describe_db_instances", {}, "DBInstances", "DBInstanceIdentifier"),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}, "ScalableTargets",
     "ResourceId"),
)  # fmt: skip

# What changes by itself while nothing is done to a thing.
RESTLESS = {"storedBytes", "LastAccessedDate", "RoleLastUsed", "lastEvaluatedAt", "metricFilterCount",
            "LatestRestorableTime"}  # fmt: skip


def everything(world):
    """{(service.operation, id): the item as JSON text}."""
    found = {}
    for service, operation, arguments, member, key in LISTS:
        for item in pages(world.client(service), operation, arguments, member):
            name = item if key is None else item[key]
            found[f"{service}.{operation}", name] = item if key is None else steady(item)
    found |= dict(nested(world, found))
    return found


def pages(client, operation, arguments, member):
    """All items; every list of this world fits the largest page, which is checked."""
    answer = getattr(client, operation)(**arguments)
    for token in ("NextToken", "nextToken", "Marker", "NextMarker"):
        assert not answer.get(token), f"{operation} has more than one page"
    return answer[member]


def nested(world, found):
    """What is listed inside something: listeners, services, role policies, images, secrets that are going."""
    elb, ecs, iam = world.client("elbv2"), world.client("ecs"), world.client("iam")
    # A deleted cluster stays to be seen as INACTIVE, as a deleted task definition does.
    for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]:
        if cluster["status"] != "INACTIVE":
            yield ("cluster", cluster["clusterArn"]), steady(cluster)
            for service in ecs.list_services(cluster=cluster["clusterArn"])["serviceArns"]:
                yield ("service", service), service
    for (kind, name), _ in found.items():
        if kind == "elbv2.describe_load_balancers":
            for one in elb.describe_listeners(LoadBalancerArn=name)["Listeners"]:
                yield ("listener", one["ListenerArn"]), steady(one)
        if kind == "iam.list_roles":
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                yield ("role policy", f"{name} {policy}"), steady(document)
        if kind == "ecr.describe_repositories":
            for image in world.client("ecr").list_images(repositoryName=name)["imageIds"]:
                yield ("image", f"{name} {image['imageDigest']}"), steady(image)


def steady(item):
    return json.dumps({k: v for k, v in item.items() if k not in RESTLESS}, sort_keys=True, default=str)


def difference(before, after):
    """Lines that say what is new, gone or changed; empty when nothing is."""
    lines = [f"new: {kind} {name}" for kind, name in sorted(after.keys() - before.keys())]
    lines += [f"gone: {kind} {name}" for kind, name in sorted(before.keys() - after.keys())]
    changed = [key for key in sorted(before.keys() & after.keys()) if before[key] != after[key]]
    return lines + [f"changed: {kind} {name}\n  {before[kind, name]}\n  {after[kind, name]}" for kind, name in changed]
