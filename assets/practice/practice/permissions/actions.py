# SPDX-License-Identifier: MIT
"""What a call asks of IAM: one Need for each action on each resource, all of which must be allowed.

needs(call) reads the tables below: which resources an operation works on (the service authorization reference; an
operation that is not listed works on "*"), what else it needs (tags at creation, PassRole, keys of KMS), and the
condition keys that go with it. Sources: Service Authorization Reference of each service, aws.md 10.3.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from practice.identify import Call
from practice.permissions import arns
from practice.permissions.policy import Context

# Where the prefix of actions is not botocore's service name.
PREFIX = {
    "elbv2": "elasticloadbalancing",
    "apigatewayv2": "apigateway",
    "resourcegroupstaggingapi": "tag",
}
# What every valid key may do, whatever its policies (IAM guide; aws.md 2.1).
FREE = {"sts:GetCallerIdentity", "sts:GetSessionToken"}


@dataclass
class Need:
    """One action on one resource, with the condition keys of this need alone."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def iam_action(call: Call) -> str:
    """The action that a policy must allow: API Gateway's are HTTP methods, the others' operations."""
    if call.service == "apigatewayv2":
        return f"apigateway:{call.method}"
    return f"{PREFIX.get(call.service, call.service)}:{call.operation}"


def needs(call: Call) -> list[Need]:
    """Everything that the caller must be allowed for this call."""
    action = iam_action(call)
    if action in FREE:
        return []
    # A key that is not there cannot be asked for its policy: NotFoundException comes first ((unverified)).
    if call.service == "kms" and call.params.get("KeyId") and not arns.key_exists(call, call.params["KeyId"]):
        return []
    request = tag_context(call)
    own = own_context(call)
    found = [Need(action, resource, {**request, **own}) for resource in resources(call)]
    for more in MORE:
        found += more(call, request)
    return found


# ---- resources

Finder = Callable[[Call], Iterable[str]]


def resources(call: Call) -> list[str]:
    """The ARNs that the operation works on."""
    name = str(call)
    if name in RESOURCES:
        return list(dict.fromkeys(RESOURCES[name](call))) or ["*"]
    general = SERVICES.get(call.service)
    return list(dict.fromkeys(general(call))) if general else ["*"]


def _ec2(call: Call) -> Iterator[str]:
    """EC2: the things that parameters name, and the kind that a create makes."""
    if re.match(r"(Describe|Get|List|Search)", call.operation):
        yield "*"
        return
    made = arns.EC2_CREATES.get(call.operation)
    for kind in made or ():
        yield arns.ec2(call, kind, "*")
    found = bool(made)
    for name, kind in arns.EC2_PARAMETERS.items():
        if name in arns.EC2_NOT_A_RESOURCE.get(call.operation, ()):
            continue
        value = call.params.get(name)
        for one in value if isinstance(value, list) else [value] if value else []:
            found = True
            yield arns.ec2(call, kind or arns.ec2_kind(str(one)), str(one))
    if not found:
        yield "*"


def _apigateway(call: Call) -> Iterator[str]:
    """API Gateway: the path is the resource."""
    path = unquote(urlsplit(call.uri).path.removeprefix("/v2"))
    if path.startswith("/tags/"):
        path = "/tags/" + quote(path.removeprefix("/tags/"), safe="")
    yield f"arn:aws:apigateway:{call.region}::{path}"


def _iam(call: Call) -> Iterator[str]:
    params = call.params
    for name, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")):
        if params.get(name):
            yield arns.iam(call, kind, params[name], params.get("Path"))
            return
    if call.operation == "CreateServiceLinkedRole":
        service = params["AWSServiceName"]
        yield f"arn:aws:iam::{call.account}:role/aws-service-role/{service}/{arns.linked_role(service)}"
    elif params.get("PolicyArn"):
        yield params["PolicyArn"]
    elif params.get("PolicyName"):
        yield f"arn:aws:iam::{call.account}:policy{params.get('Path') or '/'}{params['PolicyName']}"
    elif params.get("PolicySourceArn"):
        yield params["PolicySourceArn"]
    else:
        yield "*"


def _elbv2(call: Call) -> Iterator[str]:
    params, prefix = call.params, f"arn:aws:elasticloadbalancing:{call.region}:{call.account}:"
    if call.operation.startswith("Describe"):
        yield "*"
    elif call.operation == "CreateLoadBalancer":
        yield f"{prefix}loadbalancer/{arns.BALANCER_KIND[params.get('Type', 'application')]}/{params['Name']}/*"
    elif call.operation == "CreateTargetGroup":
        yield f"{prefix}targetgroup/{params['Name']}/*"
    else:
        for name in ("ResourceArns", "RuleArn", "ListenerArn", "TargetGroupArn", "LoadBalancerArn"):
            if params.get(name):
                yield from params[name] if isinstance(params[name], list) else [params[name]]
                return
        yield "*"


def _ecs(call: Call) -> Iterator[str]:
    params, operation = call.params, call.operation
    if operation in arns.ECS_STAR or operation.startswith("List") and operation not in arns.ECS_LISTS_OF_ONE:
        yield "*"
    elif params.get("resourceArn"):
        yield params["resourceArn"]
    elif params.get("serviceDeploymentArns") or params.get("serviceDeploymentArn"):
        yield from params.get("serviceDeploymentArns") or [params["serviceDeploymentArn"]]
    elif operation in (
        "CreateCluster",
        "DeleteCluster",
        "DescribeClusters",
        "UpdateCluster",
    ) or operation.startswith("PutCluster"):
        names = params.get("clusters") or [params.get("cluster") or params.get("clusterName") or "default"]
        yield from (arns.ecs(call, "cluster", name) for name in names)
    elif "Service" in operation:
        names = params.get("services") or [params.get("service") or params.get("serviceName", "*")]
        yield from (arns.ecs_service(call, name) for name in names)
    elif "TaskDefinition" in operation or operation == "RunTask":
        names = params.get("taskDefinitions") or [params.get("taskDefinition") or params.get("family", "*")]
        yield from (arns.ecs(call, "task-definition", name) for name in names)
    elif "Task" in operation:
        names = params.get("tasks") or [params.get("task", "*")]
        yield from (arns.ecs_task(call, name) for name in names)
    else:
        yield "*"


def _ecr(call: Call) -> Iterator[str]:
    params = call.params
    if params.get("resourceArn"):
        yield params["resourceArn"]
        return
    names = params.get("repositoryNames") or [params.get("repositoryName")]
    for name in names:
        yield f"arn:aws:ecr:{call.region}:{call.account}:repository/{name or '*'}"


def _logs(call: Call) -> Iterator[str]:
    params, prefix = call.params, f"arn:aws:logs:{call.region}:{call.account}:log-group:"
    if params.get("resourceArn"):
        yield params["resourceArn"]
    elif params.get("logGroupName"):
        yield f"{prefix}{params['logGroupName']}:log-stream:{params.get('logStreamName', '')}"
    else:
        yield f"{prefix}:log-stream:"


def _secrets(call: Call) -> Iterator[str]:
    prefix = f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:"
    if call.operation == "CreateSecret":
        # The six characters are not there yet: AWS asks with the name alone.
        yield prefix + call.params["Name"]
    elif call.params.get("SecretId"):
        yield arns.secret(call, call.params["SecretId"])
    else:
        yield "*"


def _kms(call: Call) -> Iterator[str]:
    params = call.params
    alias = params.get("AliasName")
    if alias:
        yield f"arn:aws:kms:{call.region}:{call.account}:{alias}"
    key = (
        params.get("TargetKeyId")
        or params.get("KeyId")
        or (arns.key_of_alias(call, alias) if alias else None)
    )
    if key and call.operation != "ListAliases":
        yield arns.key(call, key)
    elif not alias:
        yield "*"


def _autoscaling(call: Call) -> Iterator[str]:
    if call.params.get("ResourceARN"):
        yield call.params["ResourceARN"]
    elif call.operation.startswith("Describe"):
        yield "*"
    else:
        yield f"arn:aws:application-autoscaling:{call.region}:{call.account}:scalable-target/*"


SERVICES: dict[str, Finder] = {
    "ec2": _ec2,
    "apigatewayv2": _apigateway,
    "iam": _iam,
    "elbv2": _elbv2,
    "ecs": _ecs,
    "ecr": _ecr,
    "logs": _logs,
    "secretsmanager": _secrets,
    "kms": _kms,
    "application-autoscaling": _autoscaling,
}


def _association(call: Call) -> Iterator[str]:
    """The route table and the subnet that an association joins."""
    found = arns.association(call, call.params["AssociationId"])
    if found:
        yield arns.ec2(call, "route-table", found[0])
        yield arns.ec2(call, "subnet", found[1])
    if call.params.get("RouteTableId"):
        yield arns.ec2(call, "route-table", call.params["RouteTableId"])


RESOURCES: dict[str, Finder] = {
    "ec2.DisassociateRouteTable": _association,
    "ec2.ReplaceRouteTableAssociation": _association,
    "sts.AssumeRole": lambda call: [call.params["RoleArn"]],
    "iam.ListRoles": lambda call: [f"arn:aws:iam::{call.account}:role/"],
    "iam.ListUsers": lambda call: [f"arn:aws:iam::{call.account}:user/"],
    "ecr.GetAuthorizationToken": lambda _call: ["*"],
}


# ---- condition keys


def sent_tags(call: Call) -> dict[str, str]:
    """The tags that a request carries, in any of AWS's shapes."""
    params = call.params
    found: dict[str, str] = {}
    for value in (params.get("Tags"), params.get("tags")):
        if isinstance(value, dict):
            found |= {k: str(v) for k, v in value.items()}
        for one in value if isinstance(value, list) else []:
            key = one.get("Key") or one.get("key") or one.get("TagKey")
            if key:
                found[key] = str(one.get("Value") or one.get("value") or one.get("TagValue") or "")
    for specification in params.get("TagSpecifications") or []:
        found |= {one["Key"]: one.get("Value", "") for one in specification.get("Tags") or [] if "Key" in one}
    return found


def tag_context(call: Call) -> Context:
    tags = sent_tags(call)
    context: Context = {f"aws:requesttag/{key}".lower(): [value] for key, value in tags.items()}
    keys = list(tags) or [str(k) for k in call.params.get("TagKeys") or call.params.get("tagKeys") or []]
    if keys:
        context["aws:tagkeys"] = keys
    return context


def own_context(call: Call) -> Context:
    """Condition keys of the service itself."""
    params = call.params
    context: Context = {}
    if call.service == "iam":
        if params.get("PolicyArn"):
            context["iam:policyarn"] = [params["PolicyArn"]]
        if params.get("PermissionsBoundary"):
            context["iam:permissionsboundary"] = [params["PermissionsBoundary"]]
        if params.get("AWSServiceName"):
            context["iam:awsservicename"] = [params["AWSServiceName"]]
    elif call.service == "ecs" and params.get("cluster"):
        context["ecs:cluster"] = [arns.ecs(call, "cluster", params["cluster"])]
    elif call.service == "secretsmanager":
        if params.get("Name"):
            context["secretsmanager:name"] = [params["Name"]]
        if params.get("SecretId"):
            context["secretsmanager:secretid"] = [params["SecretId"]]
    elif call.service == "ec2":
        context["ec2:region"] = [call.region]
        vpc = arns.vpc_of(call)
        if vpc:
            context["ec2:vpc"] = [arns.ec2(call, "vpc", vpc)]
    return context


# ---- what else a call needs


def _tag_at_creation(call: Call, request: Context) -> Iterator[Need]:
    """Tags at creation need the service's own tagging action (each service's guide on tagging; aws.md 10.3)."""
    if call.service == "ec2":
        for specification in call.params.get("TagSpecifications") or []:
            kind = specification.get("ResourceType", "*")
            context = {**request, "ec2:createaction": [call.operation]}
            yield Need("ec2:CreateTags", arns.ec2(call, kind, "*"), context)
        return
    action = arns.TAG_ACTIONS.get(call.service)
    if not action or not sent_tags(call) or not re.match(r"(Create|Register)", call.operation):
        return
    context = dict(request)
    if call.service in ("ecs", "elbv2"):
        context[f"{PREFIX.get(call.service, call.service)}:createaction"] = [call.operation]
    resource = {
        "elbv2.CreateListener": lambda: arns.listener_of(call),
        "ecs.RegisterTaskDefinition": lambda: arns.ecs(
            call, "task-definition", f"{call.params.get('family')}:*"
        ),
        "apigatewayv2.CreateApi": lambda: f"arn:aws:apigateway:{call.region}::/apis",
        "logs.CreateLogGroup": lambda: (
            f"arn:aws:logs:{call.region}:{call.account}:log-group:{call.params.get('logGroupName')}"
        ),
    }.get(str(call), lambda: resources(call)[0])()
    yield Need(action, resource, context)


def _pass_role(call: Call, _request: Context) -> Iterator[Need]:
    """iam:PassRole for every role that is handed to a service (IAM guide "Granting a user permissions to pass")."""
    params = call.params
    roles: list[str] = []
    if call.service == "ecs":
        overrides = params.get("overrides") or {}
        roles = [params.get(n) or overrides.get(n) or "" for n in ("executionRoleArn", "taskRoleArn")]
    elif call.service == "application-autoscaling" and "aws-service-role" not in (
        params.get("RoleARN") or ""
    ):
        roles = [params.get("RoleARN") or ""]
    service = "ecs-tasks.amazonaws.com" if call.service == "ecs" else "application-autoscaling.amazonaws.com"
    for role in dict.fromkeys(one for one in roles if one):
        arn = role if role.startswith("arn:") else arns.iam(call, "role", role, None)
        yield Need("iam:PassRole", arn, {"iam:passedtoservice": [service]})


def _key_of_secret(call: Call, _request: Context) -> Iterator[Need]:
    """A secret under a key of one's own is encrypted and read in the caller's name (Secrets Manager guide)."""
    if call.service != "secretsmanager":
        return
    key = arns.secret_key(call)
    wanted = {
        "CreateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
        "UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "GetSecretValue": ("kms:Decrypt",),
    }.get(call.operation, ())
    if not key or not (call.params.get("SecretString") or call.operation == "GetSecretValue"):
        return
    context = {
        "kms:viaservice": [f"secretsmanager.{call.region}.amazonaws.com"],
        "kms:encryptioncontext:secretarn": [next(iter(_secrets(call)))],
    }
    for action in wanted:
        yield Need(action, arns.key(call, key), context)


def _key_of_repository(call: Call, _request: Context) -> Iterator[Need]:
    """A repository under a key of one's own makes a grant at creation (ECR guide "Encryption at rest")."""
    key = (call.params.get("encryptionConfiguration") or {}).get("kmsKey")
    if str(call) == "ecr.CreateRepository" and key:
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            yield Need(action, arns.key(call, key), {"kms:viaservice": [f"ecr.{call.region}.amazonaws.com"]})


def _key_of_log_group(call: Call, _request: Context) -> Iterator[Need]:
    """CreateLogGroup with a key is AssociateKmsKey as well (Logs guide, "Encrypt log data")."""
    if str(call) == "logs.CreateLogGroup" and call.params.get("kmsKeyId"):
        yield Need("logs:AssociateKmsKey", next(iter(_logs(call))), {})


def _alarms_of_policy(call: Call, _request: Context) -> Iterator[Need]:
    """Target tracking makes and removes its alarms in the caller's name (Application Auto Scaling guide, (unverified)
    where the service-linked role exists)."""
    if str(call) == "application-autoscaling.PutScalingPolicy":
        yield Need(
            "cloudwatch:PutMetricAlarm",
            f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:TargetTracking-*",
        )
    if str(call) == "application-autoscaling.DeleteScalingPolicy":
        yield Need(
            "cloudwatch:DeleteAlarms",
            f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:TargetTracking-*",
        )


# Calls whose service makes its linked role in the caller's name when the account has none (each service's guide).
LINKED_ROLE_FOR = {
    "elbv2.CreateLoadBalancer": "elasticloadbalancing.amazonaws.com",
    "elbv2.CreateTargetGroup": "elasticloadbalancing.amazonaws.com",
    "apigatewayv2.CreateVpcLink": "ops.apigateway.amazonaws.com",
    "application-autoscaling.RegisterScalableTarget": "ecs.application-autoscaling.amazonaws.com",
}


def _linked_role(call: Call, _request: Context) -> Iterator[Need]:
    service = LINKED_ROLE_FOR.get(str(call))
    if service and not arns.role_exists(call, arns.linked_role(service)):
        arn = f"arn:aws:iam::{call.account}:role/aws-service-role/{service}/{arns.linked_role(service)}"
        yield Need("iam:CreateServiceLinkedRole", arn, {"iam:awsservicename": [service]})


# The ARN's service -> its own actions to tag and to untag, where they are not TagResource and UntagResource.
TAGGING = {
    "ec2": ("CreateTags", "DeleteTags"),
    "elasticloadbalancing": ("AddTags", "RemoveTags"),
}


def _tags_by_arn(call: Call, request: Context) -> Iterator[Need]:
    """TagResources and UntagResources need the right of each resource's own service, too (API reference). AWS tells a
    missing one for each resource; here the whole call is refused ((simplified))."""
    if str(call) not in (
        "resourcegroupstaggingapi.TagResources",
        "resourcegroupstaggingapi.UntagResources",
    ):
        return
    for arn in call.params["ResourceARNList"]:
        service = (arn.split(":") + ["", "", ""])[2]
        pair = TAGGING.get(service, ("TagResource", "UntagResource"))
        yield Need(f"{service}:{pair[call.operation == 'UntagResources']}", arn, dict(request))


MORE: tuple[Callable[[Call, Context], Iterable[Any]], ...] = (
    _tag_at_creation,
    _pass_role,
    _key_of_secret,
    _key_of_repository,
    _key_of_log_group,
    _alarms_of_policy,
    _linked_role,
    _tags_by_arn,
)
