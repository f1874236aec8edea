# SPDX-License-Identifier: MIT
"""How the tests read the recorded calls: which are reading, which are waiting, which errors are mere absences."""

import json
import re

READING = re.compile(r"^(Get|List|Describe|Filter|Lookup|Head|BatchGet|BatchCheck)")
# Asked again and again until something is ready; the first of each, by its parameters, counts as a call.
WAITING = {
    "apigatewayv2.GetVpcLink",
    "elbv2.DescribeLoadBalancers",
    "elbv2.DescribeTargetHealth",
    "ec2.DescribeNatGateways",
    "ec2.DescribeNetworkInterfaces",
    "ecs.DescribeServices",
    "ecs.DescribeClusters",
    "ecs.ListTasks",
    "ecs.DescribeTasks",
    "logs.GetLogEvents",
    "logs.FilterLogEvents",
    "logs.DescribeLogStreams",
}
# (operation, error): what a look-up answers when the thing is not there.
ABSENT = {
    ("iam.GetRole", "NoSuchEntity"),
    ("iam.GetRolePolicy", "NoSuchEntity"),
    ("secretsmanager.DescribeSecret", "ResourceNotFoundException"),
    ("ecr.DescribeRepositories", "RepositoryNotFoundException"),
    ("ecr.DescribeImages", "ImageNotFoundException"),
    # RegisterTaskDefinition's family that never was: ECS has no code of its own for it
    ("ecs.DescribeTaskDefinition", "ClientException"),
    ("ecs.DescribeServices", "ClusterNotFoundException"),
    ("elbv2.DescribeTargetGroups", "TargetGroupNotFound"),
    ("elbv2.DescribeLoadBalancers", "LoadBalancerNotFound"),
    ("apigatewayv2.GetVpcLink", "NotFoundException"),
    ("logs.GetLogEvents", "ResourceNotFoundException"),
}


def name_of(call):
    return f"{call['service']}.{call['operation']}"


def is_reading(call):
    # GetAuthorizationToken makes a password and changes nothing
    return bool(READING.match(call["operation"])) or name_of(call) == "sts.AssumeRole"


def is_absence(call):
    return (name_of(call), call["error"]) in ABSENT


def parameters(call):
    return json.dumps(call["params"], sort_keys=True)
