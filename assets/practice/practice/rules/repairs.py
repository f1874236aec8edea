# SPDX-License-Identifier: MIT
"""Answers of moto that differ from AWS's in a member or a code (practice-cloud.md), made right."""

import datetime
import random
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before


# DNSName: internal-NAME-NUMBER... for an internal load balancer; the scheme and the default group when none are given
# (aws.md 2.9; API reference, Scheme: "The default is an Internet-facing load balancer").
@after("elbv2", "CreateLoadBalancer")
def load_balancer_name(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    elbv2 = emulator.backend("elbv2", call.account, call.region)
    for shown in result["LoadBalancers"]:
        balancer = elbv2.load_balancers[shown["LoadBalancerArn"]]
        balancer.scheme = balancer.scheme or "internet-facing"
        if balancer.dns_name.startswith(f"{balancer.name}-1."):
            prefix = "internal-" if balancer.scheme == "internal" else ""
            number = random.Random(balancer.arn).randrange(10**9, 2 * 10**9)
            balancer.dns_name = f"{prefix}{balancer.name}-{number}.{call.region}.elb.amazonaws.com"
        if not balancer.security_groups:
            ec2 = emulator.backend("ec2", call.account, call.region)
            balancer.security_groups = [ec2.get_default_security_group(balancer.vpc_id).id]
        shown.update(
            DNSName=balancer.dns_name, SecurityGroups=balancer.security_groups, Scheme=balancer.scheme
        )
    return result


# DescribeNatGateways: an unknown id is NatGatewayNotFound.
@before("ec2", "DescribeNatGateways")
def nat_gateways_exist(_cloud: Cloud, call: Call) -> None:
    wanted = call.params.get("NatGatewayIds") or []
    known = emulator.backend("ec2", call.account, call.region).nat_gateways
    for nat_id in wanted:
        if nat_id not in known:
            raise AwsError("NatGatewayNotFound", f"The Nat Gateway {nat_id} was not found")


# CreateSecret while a secret of that name waits for its deletion: InvalidRequestException (aws.md 2.3).
@before("secretsmanager", "CreateSecret")
def secret_scheduled_for_deletion(_cloud: Cloud, call: Call) -> None:
    secrets = emulator.backend("secretsmanager", call.account, call.region).secrets
    for secret in secrets.values():
        if secret.name == call.params["Name"] and secret.deleted_date:
            raise AwsError(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )


# DeleteScalingPolicy and DeregisterScalableTarget of what is not there: ObjectNotFoundException (aws.md 2.12).
@before("application-autoscaling", "DeleteScalingPolicy", "DeregisterScalableTarget")
def scaling_object(_cloud: Cloud, call: Call) -> None:
    autoscaling, params = emulator.backend("application-autoscaling", call.account, call.region), call.params
    if call.operation == "DeleteScalingPolicy":
        found = any(
            policy.resource_id == params["ResourceId"] and policy.policy_name == params["PolicyName"]
            for policy in autoscaling.policies.values()
        )
    else:
        targets = autoscaling.targets.get(params["ScalableDimension"], {})
        found = params["ResourceId"] in targets
    if not found:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scalable target or scaling policy found for service namespace: {params['ServiceNamespace']}, "
            f"resource ID: {params['ResourceId']}, scalable dimension: {params['ScalableDimension']}",
        )


# DeleteStage, DeleteRoute and DeleteIntegration of what the API does not have: NotFoundException, 404 (moto: 204).
@before("apigatewayv2", "DeleteStage", "DeleteRoute", "DeleteIntegration")
def part_of_an_api(_cloud: Cloud, call: Call) -> None:
    api = emulator.backend("apigatewayv2", call.account, call.region).apis.get(call.params["ApiId"])
    kind = call.operation.removeprefix("Delete")
    name = call.params["StageName" if kind == "Stage" else f"{kind}Id"]
    parts = {"Stage": "stages", "Route": "routes", "Integration": "integrations"}
    if not api or name not in getattr(api, parts[kind]):
        raise AwsError("NotFoundException", f"Invalid {kind} identifier specified", 404)


# CreateSecurityGroup in a VPC that is not there: InvalidVpcID.NotFound (moto makes the group).
@before("ec2", "CreateSecurityGroup")
def vpc_of_a_group(_cloud: Cloud, call: Call) -> None:
    vpc = call.params.get("VpcId")
    if vpc and vpc not in emulator.backend("ec2", call.account, call.region).vpcs:
        raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")


# Revoke... by the id of a rule that the group does not have: InvalidSecurityGroupRuleId.NotFound (aws.md 2.7).
@before("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def rule_of_a_group(_cloud: Cloud, call: Call) -> None:
    group = emulator.backend("ec2", call.account, call.region).get_security_group_from_id(
        call.params.get("GroupId")
    )
    if not group:
        return
    known = {
        rule.id for rule in (group.egress_rules if call.operation.endswith("Egress") else group.ingress_rules)
    }
    for rule in call.params.get("SecurityGroupRuleIds") or []:
        if rule not in known:
            raise AwsError(
                "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{rule}' does not exist"
            )


# CreateSubnet: never the default of its zone, and gives no public addresses by itself; moto says both when the zone is
# given by its id.
@after("ec2", "CreateSubnet")
def plain_subnet(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    subnet = emulator.backend("ec2", call.account, call.region).get_subnet(result["Subnet"]["SubnetId"])
    subnet.default_for_az = subnet.map_public_ip_on_launch = False
    result["Subnet"].update(DefaultForAz=False, MapPublicIpOnLaunch=False)
    return result


# DescribeTags: elastic-ip and natgateway, as in TagSpecifications; moto has names of its own.
@after("ec2", "DescribeTags")
def resource_types(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    names = {"vpc-elastic-ip": "elastic-ip", "nat-gateway": "natgateway"}
    for tag in result.get("Tags", []):
        tag["ResourceType"] = names.get(tag["ResourceType"], tag["ResourceType"])
    return result


# EnableKeyRotation's period is kept and shown (aws.md 2.2); the default is a year.
@after("kms", "EnableKeyRotation")
def rotation_period(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    key = emulator.backend("kms", call.account, call.region).keys[call.params["KeyId"].rpartition("/")[2]]
    key.rotation_period = call.params.get("RotationPeriodInDays", 365)
    key.rotation_begins = datetime.datetime.now(datetime.UTC)


@after("kms", "GetKeyRotationStatus")
def rotation_status(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    key = emulator.backend("kms", call.account, call.region).keys[call.params["KeyId"].rpartition("/")[2]]
    if result["KeyRotationEnabled"]:
        days = result["RotationPeriodInDays"] = getattr(key, "rotation_period", 365)
        result["NextRotationDate"] = key.rotation_begins + datetime.timedelta(days=days)
    return result


# A log group's tags go with it; moto would give them to the next group of that name.
@before("logs", "DeleteLogGroup")
def log_group_tags(_cloud: Cloud, call: Call) -> None:
    logs = emulator.backend("logs", call.account, call.region)
    group = logs.groups.get(call.params.get("logGroupName"))
    if group:
        logs.tagger.delete_all_tags_for_resource(group.arn)


# A target group belongs to the load balancers whose listeners lead to it; moto only ever adds the first one.
@after("elbv2", "ModifyListener", "DeleteListener")
def attached_groups(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    from practice.data import targets

    elbv2 = emulator.backend("elbv2", call.account, call.region)
    for group in elbv2.target_groups.values():
        group.load_balancer_arns = [
            balancer.arn
            for balancer in elbv2.load_balancers.values()
            if targets.forwards(elbv2, balancer, group.arn)
        ]
