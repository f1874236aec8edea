# SPDX-License-Identifier: MIT
"""Deletions in the wrong order are refused, and pass once the order is right."""

import json

from conftest import code_of


def vpc_with_nat(client, vpc):
    """(internet gateway, allocation, NAT gateway) in the first subnet."""
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=eip)["NatGateway"]["NatGatewayId"]
    return igw, eip, nat


def test_address_of_a_nat_gateway(client, vpc):
    """Neither release nor disassociation while the gateway lives."""
    ec2 = client("ec2")
    _, eip, nat = vpc_with_nat(client, vpc)
    assert code_of(lambda: ec2.release_address(AllocationId=eip)) == "AuthFailure"
    association = ec2.describe_addresses(AllocationIds=[eip])["Addresses"][0]["AssociationId"]
    assert code_of(lambda: ec2.disassociate_address(AssociationId=association)) == "AuthFailure"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.release_address(AllocationId=eip)


def test_address_of_an_own_interface(client, vpc):
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    interface = ec2.create_network_interface(SubnetId=vpc["subnets"][0])["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=eip, NetworkInterfaceId=interface)
    assert code_of(lambda: ec2.release_address(AllocationId=eip)) == "InvalidIPAddress.InUse"


def test_internet_gateway_with_mapped_addresses(client, vpc):
    ec2 = client("ec2")
    igw, _, nat = vpc_with_nat(client, vpc)
    detach = lambda: ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    assert code_of(detach) == "DependencyViolation"
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    detach_other = lambda: ec2.detach_internet_gateway(InternetGatewayId=other, VpcId=vpc["id"])
    assert code_of(detach_other) == "Gateway.NotAttached"
    ec2.delete_nat_gateway(NatGatewayId=nat)
    detach()


def test_internet_gateway_under_a_public_load_balancer(client, vpc, unique):
    ec2, elbv2 = client("ec2"), client("elbv2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    made = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"])["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    (shown,) = elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert made["Scheme"] == shown["Scheme"] == "internet-facing"  # without being asked for
    detach = lambda: ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    assert code_of(detach) == "DependencyViolation"
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    detach()


def test_main_route_table(client, vpc):
    ec2 = client("ec2")
    filters = [{"Name": "vpc-id", "Values": [vpc["id"]]}, {"Name": "association.main", "Values": ["true"]}]
    table = ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    assert code_of(lambda: ec2.delete_route_table(RouteTableId=table)) == "DependencyViolation"


def test_vpc_goes_last(client, vpc, unique):
    """A VPC stays while it holds subnets, groups, gateways or endpoints."""
    ec2 = client("ec2")
    delete = lambda: ec2.delete_vpc(VpcId=vpc["id"])
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    assert code_of(delete) == "DependencyViolation"
    for subnet in vpc["subnets"]:
        ec2.delete_subnet(SubnetId=subnet)
    assert code_of(delete) == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    delete()


def test_cluster_with_a_service(cloud, client, unique):
    """ClusterContainsServicesException until the service is INACTIVE."""
    from practice import emulator

    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    ecs.register_task_definition(
        family=unique, containerDefinitions=[{"name": "a", "image": "i", "memory": 64}]
    )
    with emulator.lock:  # moto's own: how a service behaves is not the subject here
        backend = emulator.backend("ecs", cloud.account, cloud.region)
        service = backend.create_service(unique, unique, 0, task_definition_str=unique)
    assert code_of(lambda: ecs.delete_cluster(cluster=unique)) == "ClusterContainsServicesException"
    service.status = "INACTIVE"
    ecs.delete_cluster(cluster=unique)


def test_attached_policy(client, unique):
    iam = client("iam")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
    }
    arn = iam.create_policy(PolicyName=unique, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=unique, PolicyArn=arn)
    assert code_of(lambda: iam.delete_policy(PolicyArn=arn)) == "DeleteConflict"
    iam.detach_role_policy(RoleName=unique, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_link_and_integration_in_use(client, vpc, unique):
    """A VPC link stays while an integration uses it, an integration while a route targets it."""
    gateway, elbv2 = client("apigatewayv2"), client("elbv2")
    balancer = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    target = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=target,
    )["Listeners"][0]["ListenerArn"]
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])["VpcLinkId"]
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", ConnectionType="VPC_LINK", ConnectionId=link,
        IntegrationUri=listener, PayloadFormatVersion="1.0",
    )["IntegrationId"]  # fmt: skip
    route = gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")[
        "RouteId"
    ]
    assert code_of(lambda: gateway.delete_vpc_link(VpcLinkId=link)) == "BadRequestException"
    delete = lambda: gateway.delete_integration(ApiId=api, IntegrationId=integration)
    assert code_of(delete) == "ConflictException"
    gateway.delete_route(ApiId=api, RouteId=route)
    delete()
    gateway.delete_vpc_link(VpcLinkId=link)


def test_delete_of_what_is_not_there(client):
    gateway = client("apigatewayv2")
    assert code_of(lambda: gateway.delete_api(ApiId="nothing1")) == "NotFoundException"
    assert code_of(lambda: gateway.delete_vpc_link(VpcLinkId="nothing1")) == "NotFoundException"
    client("elbv2").delete_load_balancer(
        LoadBalancerArn="arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/none/0123456789abcdef"
    )


def test_protected_load_balancer(client, vpc, unique):
    elbv2 = client("elbv2")
    made = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")[
        "LoadBalancers"
    ][0]
    protect = lambda value: elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": value}],
    )
    protect("true")
    delete = lambda: elbv2.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    assert code_of(delete) == "OperationNotPermitted"
    protect("false")
    delete()


def test_own_network_from_nothing_to_nothing(client, cloud, unique):
    """A network with NAT gateway and endpoint, made and unmade in the order of aws.md 6, leaves nothing behind."""
    ec2 = client("ec2")
    tags = lambda kind: [{"ResourceType": kind, "Tags": [{"Key": "stack", "Value": unique}]}]
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{i}.0/24", TagSpecifications=tags("subnet"))["Subnet"][
            "SubnetId"
        ]
        for i in range(4)
    ]
    igw = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    eip = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=eip, TagSpecifications=tags("natgateway"))
    nat_id = nat["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table"))["RouteTable"][
        "RouteTableId"
    ]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat_id)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[2])["AssociationId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{cloud.region}.s3", RouteTableIds=[table],
        TagSpecifications=tags("vpc-endpoint"),
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    group = ec2.create_security_group(
        GroupName=unique, Description="d", VpcId=vpc, TagSpecifications=tags("security-group")
    )["GroupId"]
    assert len({r["ResourceARN"] for r in tagged(client, unique)}) == 11
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert not ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
    ec2.delete_nat_gateway(NatGatewayId=nat_id)
    assert ec2.describe_nat_gateways(NatGatewayIds=[nat_id])["NatGateways"][0]["State"] == "deleted"
    ec2.release_address(AllocationId=eip)
    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=igw)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)
    # what is deleted stays listed for a while, as on AWS: here the gateway
    assert {r["ResourceARN"].split("/")[1] for r in tagged(client, unique)} <= {nat_id}


def tagged(client, unique):
    found = client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "stack", "Values": [unique]}]
    )
    return found["ResourceTagMappingList"]
