# SPDX-License-Identifier: MIT
"""Creating what exists already: the same again where AWS is idempotent, else its error (aws.md 1)."""

from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before


# CreateLoadBalancer with the same settings returns the existing one; with others DuplicateLoadBalancerName.
@before("elbv2", "CreateLoadBalancer")
def load_balancer(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    elbv2, params = emulator.backend("elbv2", call.account, call.region), call.params
    subnets = set(params.get("Subnets") or [m["SubnetId"] for m in params.get("SubnetMappings") or []])
    for balancer in elbv2.load_balancers.values():
        if balancer.name != params["Name"]:
            continue
        same = (
            {s.id for s in balancer.subnets} == subnets
            and (balancer.scheme or "internet-facing") == params.get("Scheme", "internet-facing")
            and balancer.type == params.get("Type", "application")
            and set(balancer.security_groups or [])
            == set(params.get("SecurityGroups") or balancer.security_groups)
        )
        if same:
            return {"LoadBalancers": [balancer_shown(balancer)]}
        raise AwsError(
            "DuplicateLoadBalancerName",
            f"A load balancer with the same name '{balancer.name}' exists, but with different settings",
        )
    return None


def balancer_shown(balancer: Any) -> dict[str, Any]:
    """A load balancer as DescribeLoadBalancers shows it."""
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": balancer.canonical_hosted_zone_id,
        "CreatedTime": balancer.created_time,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme or "internet-facing",
        "VpcId": balancer.vpc_id,
        "State": {"Code": balancer.state},
        "Type": balancer.type,
        "AvailabilityZones": [{"ZoneName": s.availability_zone, "SubnetId": s.id} for s in balancer.subnets],
        "SecurityGroups": balancer.security_groups or [],
        "IpAddressType": balancer.ip_address_type,
    }


# CreateTargetGroup with the same settings returns the existing one; moto says DuplicateTargetGroupName always.
@before("elbv2", "CreateTargetGroup")
def target_group(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    params = call.params
    compared = {
        "Protocol": "protocol", "VpcId": "vpc_id", "TargetType": "target_type", "HealthCheckPath": "health_check_path",
        "HealthCheckProtocol": "health_check_protocol", "HealthCheckPort": "health_check_port",
        "HealthCheckIntervalSeconds": "health_check_interval_seconds", "Port": "port",
        "HealthCheckTimeoutSeconds": "health_check_timeout_seconds", "Matcher": "matcher",
        "HealthyThresholdCount": "healthy_threshold_count", "UnhealthyThresholdCount": "unhealthy_threshold_count",
    }  # fmt: skip
    for group in emulator.backend("elbv2", call.account, call.region).target_groups.values():
        if group.name != params["Name"]:
            continue
        if all(
            str(getattr(group, own)) == str(params[name]) for name, own in compared.items() if name in params
        ):
            return {"TargetGroups": [group_shown(group)]}
        raise AwsError(
            "DuplicateTargetGroupName",
            f"A target group with the same name '{group.name}' exists, but with different settings",
        )
    return None


def group_shown(group: Any) -> dict[str, Any]:
    """A target group as DescribeTargetGroups shows it."""
    return {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": int(group.port),
        "VpcId": group.vpc_id,
        "HealthCheckProtocol": group.health_check_protocol,
        "HealthCheckPort": group.health_check_port,
        "HealthCheckEnabled": group.health_check_enabled,
        "HealthCheckIntervalSeconds": int(group.health_check_interval_seconds),
        "HealthCheckTimeoutSeconds": int(group.health_check_timeout_seconds),
        "HealthyThresholdCount": int(group.healthy_threshold_count),
        "UnhealthyThresholdCount": int(group.unhealthy_threshold_count),
        "HealthCheckPath": group.health_check_path,
        "Matcher": group.matcher,
        "LoadBalancerArns": list(group.load_balancer_arns),
        "TargetType": group.target_type,
        "IpAddressType": group.ip_address_type,
    }


# CreateListener on a port that is taken: the existing one when all is the same, else DuplicateListener.
@before("elbv2", "CreateListener")
def listener(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    params = call.params
    balancer = emulator.backend("elbv2", call.account, call.region).load_balancers.get(
        params["LoadBalancerArn"]
    )
    for existing in balancer.listeners.values() if balancer else ():
        if int(existing.port) != params.get("Port"):
            continue
        forwards = [action.data.get("TargetGroupArn") for action in existing.default_actions]
        wanted = [action.get("TargetGroupArn") for action in params["DefaultActions"]]
        if existing.protocol == params.get("Protocol") and forwards == wanted:
            shown = {
                "ListenerArn": existing.arn,
                "LoadBalancerArn": existing.load_balancer_arn,
                "Port": int(existing.port),
                "Protocol": existing.protocol,
                "DefaultActions": params["DefaultActions"],
            }
            return {"Listeners": [shown]}
        raise AwsError(
            "DuplicateListener",
            f"A listener already exists on this port for this load balancer '{balancer.arn}'",
        )
    return None


# API Gateway: a route key and a stage name are unique in their API: ConflictException, 409 (aws.md 2.10).
@before("apigatewayv2", "CreateRoute")
def route(_cloud: Cloud, call: Call) -> None:
    api = emulator.backend("apigatewayv2", call.account, call.region).apis.get(call.params["ApiId"])
    if api and any(existing.route_key == call.params["RouteKey"] for existing in api.routes.values()):
        key = call.params["RouteKey"]
        raise AwsError("ConflictException", f"Route with key {key} already exists for this API", 409)


@before("apigatewayv2", "CreateStage")
def stage(_cloud: Cloud, call: Call) -> None:
    api = emulator.backend("apigatewayv2", call.account, call.region).apis.get(call.params["ApiId"])
    if api and call.params["StageName"] in api.stages:
        raise AwsError("ConflictException", "Stage already exists", 409)


# AssociateRouteTable of a subnet that has one: Resource.AlreadyAssociated (aws.md 1); moto returns the old one.
@before("ec2", "AssociateRouteTable")
def route_table_association(_cloud: Cloud, call: Call) -> None:
    subnet = call.params.get("SubnetId")
    for table in emulator.backend("ec2", call.account, call.region).route_tables.values():
        if subnet and subnet in table._associations.values():
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {call.params['RouteTableId']} conflicts with an existing "
                "association",
            )


# AttachInternetGateway: one internet gateway for a VPC (aws.md 1).
@before("ec2", "AttachInternetGateway")
def internet_gateway(_cloud: Cloud, call: Call) -> None:
    vpc = call.params["VpcId"]
    for gateway in emulator.backend("ec2", call.account, call.region).internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc and gateway.id != call.params["InternetGatewayId"]:
            raise AwsError(
                "Resource.AlreadyAssociated", f"Network {vpc} already has an internet gateway attached"
            )


# CreateVpcEndpoint (gateway) on a route table that has the route: RouteAlreadyExists (aws.md 2.8).
@before("ec2", "CreateVpcEndpoint")
def gateway_endpoint(_cloud: Cloud, call: Call) -> None:
    params = call.params
    if params.get("VpcEndpointType", "Gateway") != "Gateway":
        return
    for endpoint in emulator.backend("ec2", call.account, call.region).vpc_end_points.values():
        if endpoint.vpc_id != params["VpcId"] or endpoint.service_name != params.get("ServiceName"):
            continue
        shared = set(endpoint.route_table_ids or []) & set(params.get("RouteTableIds") or [])
        if endpoint.state != "deleted" and shared:
            raise AwsError(
                "RouteAlreadyExists",
                f"route table {min(shared)} already has a route with destination-prefix-list-id",
            )


# CreateRole: names are unique without regard to case (aws.md 2.5).
@before("iam", "CreateRole")
def role_name(_cloud: Cloud, call: Call) -> None:
    name = call.params["RoleName"]
    for role in emulator.backend("iam", call.account, here()).roles.values():
        if role.name.lower() == name.lower():
            raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)


# CreateSecurityGroup: names are unique in a VPC without regard to case (aws.md 1).
@before("ec2", "CreateSecurityGroup")
def security_group_name(_cloud: Cloud, call: Call) -> None:
    name, vpc = call.params["GroupName"], call.params.get("VpcId")
    groups = emulator.backend("ec2", call.account, call.region).groups
    if vpc and any(group.name.lower() == name.lower() for group in groups.get(vpc, {}).values()):
        raise AwsError(
            "InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'"
        )


# CreateService with the name of a live service: not idempotent without its token (aws.md 2.11); moto overwrites.
@before("ecs", "CreateService")
def service(_cloud: Cloud, call: Call) -> None:
    cluster = (call.params.get("cluster") or "default").rpartition("/")[2]
    for existing in emulator.backend("ecs", call.account, call.region).services.values():
        if existing.cluster_name != cluster or existing.name != call.params["serviceName"]:
            continue
        if existing.status == "DRAINING":
            raise AwsError("InvalidParameterException", "Unable to Start a service that is still Draining.")
        if existing.status == "ACTIVE":
            raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
