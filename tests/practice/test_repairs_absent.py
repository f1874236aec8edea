# SPDX-License-Identifier: MIT
"""Calls about what is not there fail with AWS's own code (aws.md 2 and 6), which a program takes for "gone"."""

import pytest
from conftest import code_of

HEX = "0123456789abcdef0"
ELB = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:"
BALANCER, GROUP = f"{ELB}loadbalancer/app/none/0123456789abcdef", f"{ELB}targetgroup/none/0123456789abcdef"
LISTENER = f"{ELB}listener/app/none/0123456789abcdef/0123456789abcdef"
KEY = "00000000-0000-0000-0000-000000000000"

ABSENT = [
    ("ec2", "describe_vpcs", {"VpcIds": [f"vpc-{HEX}"]}, "InvalidVpcID.NotFound"),
    ("ec2", "describe_vpc_attribute", {"VpcId": f"vpc-{HEX}", "Attribute": "enableDnsSupport"},
     "InvalidVpcID.NotFound"),
    ("ec2", "delete_vpc", {"VpcId": f"vpc-{HEX}"}, "InvalidVpcID.NotFound"),
    ("ec2", "create_subnet", {"VpcId": f"vpc-{HEX}", "CidrBlock": "10.0.0.0/24"}, "InvalidVpcID.NotFound"),
    ("ec2", "create_security_group", {"VpcId": f"vpc-{HEX}", "GroupName": "n", "Description": "d"},
     "InvalidVpcID.NotFound"),
    ("ec2", "create_route_table", {"VpcId": f"vpc-{HEX}"}, "InvalidVpcID.NotFound"),
    ("ec2", "create_vpc_endpoint", {"VpcId": f"vpc-{HEX}", "ServiceName": "com.amazonaws.eu-west-3.s3"},
     "InvalidVpcID.NotFound"),
    ("ec2", "describe_subnets", {"SubnetIds": [f"subnet-{HEX}"]}, "InvalidSubnetID.NotFound"),
    ("ec2", "delete_subnet", {"SubnetId": f"subnet-{HEX}"}, "InvalidSubnetID.NotFound"),
    ("ec2", "describe_internet_gateways", {"InternetGatewayIds": [f"igw-{HEX}"]}, "InvalidInternetGatewayID.NotFound"),
    ("ec2", "delete_internet_gateway", {"InternetGatewayId": f"igw-{HEX}"}, "InvalidInternetGatewayID.NotFound"),
    ("ec2", "detach_internet_gateway", {"InternetGatewayId": f"igw-{HEX}", "VpcId": f"vpc-{HEX}"},
     "InvalidInternetGatewayID.NotFound"),
    ("ec2", "describe_route_tables", {"RouteTableIds": [f"rtb-{HEX}"]}, "InvalidRouteTableID.NotFound"),
    ("ec2", "delete_route_table", {"RouteTableId": f"rtb-{HEX}"}, "InvalidRouteTableID.NotFound"),
    ("ec2", "disassociate_route_table", {"AssociationId": f"rtbassoc-{HEX}"}, "InvalidAssociationID.NotFound"),
    ("ec2", "describe_addresses", {"AllocationIds": [f"eipalloc-{HEX}"]}, "InvalidAllocationID.NotFound"),
    ("ec2", "release_address", {"AllocationId": f"eipalloc-{HEX}"}, "InvalidAllocationID.NotFound"),
    ("ec2", "describe_security_groups", {"GroupIds": [f"sg-{HEX}"]}, "InvalidGroup.NotFound"),
    ("ec2", "delete_security_group", {"GroupId": f"sg-{HEX}"}, "InvalidGroup.NotFound"),
    ("ec2", "describe_network_interfaces", {"NetworkInterfaceIds": [f"eni-{HEX}"]},
     "InvalidNetworkInterfaceID.NotFound"),
    ("ec2", "describe_vpc_endpoints", {"VpcEndpointIds": [f"vpce-{HEX}"]}, "InvalidVpcEndpointId.NotFound"),
    ("elbv2", "describe_load_balancers", {"Names": ["none"]}, "LoadBalancerNotFound"),
    ("elbv2", "describe_load_balancers", {"LoadBalancerArns": [BALANCER]}, "LoadBalancerNotFound"),
    ("elbv2", "describe_listeners", {"LoadBalancerArn": BALANCER}, "LoadBalancerNotFound"),
    ("elbv2", "describe_listeners", {"ListenerArns": [LISTENER]}, "ListenerNotFound"),
    ("elbv2", "delete_listener", {"ListenerArn": LISTENER}, "ListenerNotFound"),
    ("elbv2", "describe_target_groups", {"Names": ["none"]}, "TargetGroupNotFound"),
    ("elbv2", "describe_target_health", {"TargetGroupArn": GROUP}, "TargetGroupNotFound"),
    ("iam", "get_role", {"RoleName": "none"}, "NoSuchEntity"),
    ("iam", "delete_role", {"RoleName": "none"}, "NoSuchEntity"),
    ("iam", "get_role_policy", {"RoleName": "none", "PolicyName": "p"}, "NoSuchEntity"),
    ("iam", "delete_role_policy", {"RoleName": "none", "PolicyName": "p"}, "NoSuchEntity"),
    ("iam", "list_attached_role_policies", {"RoleName": "none"}, "NoSuchEntity"),
    ("ecr", "describe_repositories", {"repositoryNames": ["none"]}, "RepositoryNotFoundException"),
    ("ecr", "delete_repository", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("ecr", "describe_images", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("secretsmanager", "describe_secret", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("secretsmanager", "delete_secret", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("secretsmanager", "restore_secret", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("secretsmanager", "put_secret_value", {"SecretId": "none", "SecretString": "s"}, "ResourceNotFoundException"),
    ("logs", "delete_log_group", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("logs", "put_retention_policy", {"logGroupName": "none", "retentionInDays": 30}, "ResourceNotFoundException"),
    ("logs", "filter_log_events", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("logs", "get_log_events", {"logGroupName": "none", "logStreamName": "s"}, "ResourceNotFoundException"),
    ("kms", "describe_key", {"KeyId": KEY}, "NotFoundException"),
    ("kms", "describe_key", {"KeyId": "alias/none"}, "NotFoundException"),
    ("kms", "schedule_key_deletion", {"KeyId": KEY}, "NotFoundException"),
    ("kms", "delete_alias", {"AliasName": "alias/none"}, "NotFoundException"),
    ("apigatewayv2", "get_api", {"ApiId": "nothing1"}, "NotFoundException"),
    ("apigatewayv2", "get_stage", {"ApiId": "nothing1", "StageName": "$default"}, "NotFoundException"),
    ("apigatewayv2", "get_routes", {"ApiId": "nothing1"}, "NotFoundException"),
    ("apigatewayv2", "get_integrations", {"ApiId": "nothing1"}, "NotFoundException"),
    ("apigatewayv2", "create_stage", {"ApiId": "nothing1", "StageName": "$default"}, "NotFoundException"),
    ("apigatewayv2", "get_vpc_link", {"VpcLinkId": "nothing1"}, "NotFoundException"),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "none"}, "DBInstanceNotFound"),
    ("rds", "describe_db_clusters", {"DBClusterIdentifier": "none"}, "DBClusterNotFoundFault"),
    ("ecs", "delete_cluster", {"cluster": "none"}, "ClusterNotFoundException"),
    ("ecs", "list_tasks", {"cluster": "none"}, "ClusterNotFoundException"),
    ("ecs", "describe_services", {"cluster": "none", "services": ["s"]}, "ClusterNotFoundException"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "operation", "params", "code"), ABSENT, ids=lambda v: v if isinstance(v, str) else ""
)
def test_absent(client, service, operation, params, code):
    assert code_of(lambda: getattr(client(service), operation)(**params)) == code


def test_absent_parts_of_an_api(client, unique):
    """A stage, a route or an integration that an existing API does not have."""
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    calls = [
        lambda: gateway.get_stage(ApiId=api, StageName="none"),
        lambda: gateway.delete_stage(ApiId=api, StageName="none"),
        lambda: gateway.get_route(ApiId=api, RouteId="nothing"),
        lambda: gateway.delete_route(ApiId=api, RouteId="nothing"),
        lambda: gateway.get_integration(ApiId=api, IntegrationId="nothing"),
        lambda: gateway.delete_integration(ApiId=api, IntegrationId="nothing"),
    ]
    assert {code_of(call) for call in calls} == {"NotFoundException"}


def test_absent_rules_and_routes(client, vpc):
    """Security group rules, routes and gateways that are not attached."""
    ec2 = client("ec2")
    permission = [{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    revoke = lambda **rule: ec2.revoke_security_group_ingress(GroupId=vpc["group"], **rule)
    assert code_of(lambda: revoke(IpPermissions=permission)) == "InvalidPermission.NotFound"
    rules = [f"sgr-{HEX}"]
    assert code_of(lambda: revoke(SecurityGroupRuleIds=rules)) == "InvalidSecurityGroupRuleId.NotFound"
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert code_of(lambda: ec2.delete_route(**route)) == "InvalidRoute.NotFound"
    assert (
        code_of(lambda: ec2.create_route(**route, NatGatewayId=f"nat-{HEX}"))
        == "InvalidNatGatewayID.NotFound"
    )
    replace = lambda: ec2.replace_route(**route, NatGatewayId=f"nat-{HEX}")
    assert code_of(replace) == "InvalidParameterValue"  # there is none to replace
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    assert code_of(lambda: ec2.create_route(**route, GatewayId=igw)) == "InvalidParameterValue"
    detach = lambda: ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    assert code_of(detach) == "Gateway.NotAttached"
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    ec2.create_route(**route, GatewayId=igw)
    assert code_of(replace) == "InvalidNatGatewayID.NotFound"
