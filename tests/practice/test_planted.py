# SPDX-License-Identifier: MIT
"""Planted bugs: what a broken setup tool would send, one mistake at a time, and that the cloud says so.

A good run is a list of calls, made first and asserted to pass; each row breaks it once on purpose: a call left out, in
the wrong order, twice, with something wrong in it. Every rule that apply, resume and destroy can break has a row.
"""

import json

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from conftest import make_client

from practice.cloud import OPERATOR
from practice.signature import Key

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip


class Run:
    """One backend, made as forest-setup makes it, call by call. bug() is asked before each step may be changed."""

    def __init__(self, client, vpc, name):
        self.client, self.vpc, self.name = client, vpc, name
        self.made = {}

    def groups(self):
        ec2 = self.client("ec2")
        for end in ("link", "alb", "task"):
            self.made[end] = ec2.create_security_group(
                GroupName=f"{self.name}-{end}", Description="x", VpcId=self.vpc["id"]
            )["GroupId"]
        for here, source in (("alb", "link"), ("task", "alb")):
            ec2.authorize_security_group_ingress(GroupId=self.made[here], IpPermissions=self.rule(source))

    def rule(self, source, port=3000):
        return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                 "UserIdGroupPairs": [{"GroupId": self.made[source]}]}]  # fmt: skip

    def role(self, trust=TRUST, name=""):
        return self.client("iam").create_role(
            RoleName=name or self.name, AssumeRolePolicyDocument=json.dumps(trust)
        )["Role"]["Arn"]

    def balancer(self, **changes):
        elb = self.client("elbv2")
        settings = {"Name": self.name, "Subnets": self.vpc["subnets"], "SecurityGroups": [self.made["alb"]],
                    "Scheme": "internal", "Type": "application"} | changes  # fmt: skip
        self.made["balancer"] = elb.create_load_balancer(**settings)["LoadBalancers"][0]["LoadBalancerArn"]
        return self.made["balancer"]

    def targets(self, **changes):
        settings = {"Name": self.name, "Protocol": "HTTP", "Port": 3000, "VpcId": self.vpc["id"], "TargetType": "ip",
                    "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 4} | changes  # fmt: skip
        self.made["targets"] = self.client("elbv2").create_target_group(**settings)["TargetGroups"][0][
            "TargetGroupArn"
        ]
        return self.made["targets"]

    def listener(self):
        forward = [{"Type": "forward", "TargetGroupArn": self.made["targets"]}]
        self.made["listener"] = self.client("elbv2").create_listener(
            LoadBalancerArn=self.made["balancer"], Protocol="HTTP", Port=80, DefaultActions=forward
        )["Listeners"][0]["ListenerArn"]

    def link(self, **changes):
        settings = {
            "Name": self.name,
            "SubnetIds": self.vpc["subnets"],
            "SecurityGroupIds": [self.made["link"]],
        } | changes
        self.made["link-id"] = self.client("apigatewayv2").create_vpc_link(**settings)["VpcLinkId"]
        return self.made["link-id"]

    def api(self):
        gateway = self.client("apigatewayv2")
        self.made["api"] = gateway.create_api(Name=self.name, ProtocolType="HTTP")["ApiId"]
        return self.made["api"]

    def integration(self, **changes):
        settings = {"ApiId": self.made["api"], "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY",
                    "ConnectionType": "VPC_LINK", "ConnectionId": self.made["link-id"],
                    "IntegrationUri": self.made["listener"], "PayloadFormatVersion": "1.0"} | changes  # fmt: skip
        self.made["integration"] = self.client("apigatewayv2").create_integration(**settings)["IntegrationId"]

    def route(self, target=None):
        target = target or f"integrations/{self.made['integration']}"
        self.client("apigatewayv2").create_route(ApiId=self.made["api"], RouteKey="$default", Target=target)

    def cluster(self):
        self.client("ecs").create_cluster(clusterName=self.name)

    def definition(self, **changes):
        settings = {"family": self.name, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
                    "memory": "512", "executionRoleArn": self.made["role"],
                    "containerDefinitions": [{"name": "app", "image": "x", "essential": True,
                                              "portMappings": [{"containerPort": 3000}]}]} | changes  # fmt: skip
        return self.client("ecs").register_task_definition(**settings)["taskDefinition"]["taskDefinitionArn"]

    def service(self, **changes):
        network = {"subnets": self.vpc["subnets"], "securityGroups": [self.made["task"]]}
        settings = {"cluster": self.name, "serviceName": self.name, "taskDefinition": self.name, "desiredCount": 0,
                    "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": network},
                    "loadBalancers": [{"targetGroupArn": self.made["targets"], "containerName": "app",
                                       "containerPort": 3000}]} | changes  # fmt: skip
        return self.client("ecs").create_service(**settings)

    def all(self):
        self.groups()
        self.made["role"] = self.role()
        for step in (self.balancer, self.targets, self.listener, self.link, self.api, self.integration, self.route,
                     self.cluster, self.definition, self.service):  # fmt: skip
            step()
        return self


@pytest.fixture(scope="module")
def run(client, request):
    """A backend that was made without a mistake: every call passed."""
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]
             if z["ZoneId"] in ("euw3-az1", "euw3-az3")]  # fmt: skip
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.60.{i}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate(zones)
    ]
    other = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.60.9.0/24", AvailabilityZone=zones[0])["Subnet"][
        "SubnetId"
    ]
    made = Run(client, {"id": vpc_id, "subnets": subnets}, "planted").all()
    made.made["same-zone"] = other
    return made


def delete_group(r):
    r.client("ec2").delete_security_group(GroupId=r.made["task"])


MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
# (the bug, what the broken program sends, the codes that AWS would say it with)
PLANTED = [
    # ---- the request itself
    ("signed with the wrong secret",
     lambda r, c: make_client(c, "sts", key=Key(OPERATOR.access_key, "wrong", "")).get_caller_identity(),
     "SignatureDoesNotMatch"),
    ("a key that nobody knows",
     lambda r, c: make_client(c, "ecs", key=Key("AKIAXXXXXXXXXXXXXXXX", "x", "")).list_clusters(),
     "UnrecognizedClientException"),
    ("a session token left out",
     lambda r, c: make_client(c, "ecs", key=Key("ASIAXXXXXXXXXXXXXXXX", "x", "")).list_clusters(),
     "UnrecognizedClientException"),
    # ---- made twice after a lost answer
    ("security group made twice", lambda r, c: r.client("ec2").create_security_group(
        GroupName="planted-link", Description="x", VpcId=r.vpc["id"]), "InvalidGroup.Duplicate"),
    ("rule authorised twice", lambda r, c: r.client("ec2").authorize_security_group_ingress(
        GroupId=r.made["task"], IpPermissions=r.rule("alb")), "InvalidPermission.Duplicate"),
    ("role made twice", lambda r, c: r.role(), "EntityAlreadyExists"),
    ("balancer made again otherwise", lambda r, c: r.balancer(Scheme="internal", SecurityGroups=[r.made["task"]]),
     "DuplicateLoadBalancerName"),
    ("targets made again otherwise", lambda r, c: r.targets(Port=3001), "DuplicateTargetGroupName"),
    ("route made twice", lambda r, c: r.route(), "ConflictException"),
    ("service made twice", lambda r, c: r.service(desiredCount=1), "InvalidParameterException"),
    ("subnet made twice", lambda r, c: r.client("ec2").create_subnet(
        VpcId=r.vpc["id"], CidrBlock="10.60.0.0/24"), "InvalidSubnet.Conflict"),
    # ---- deleted in the wrong order
    ("group deleted while others name it", lambda r, c: r.client("ec2").delete_security_group(GroupId=r.made["link"]),
     "DependencyViolation"),
    ("group deleted while the balancer uses it",
     lambda r, c: r.client("ec2").delete_security_group(GroupId=r.made["alb"]), "DependencyViolation"),
    ("subnet deleted with the balancer in it",
     lambda r, c: r.client("ec2").delete_subnet(SubnetId=r.vpc["subnets"][0]), "DependencyViolation"),
    ("VPC deleted with everything in it", lambda r, c: r.client("ec2").delete_vpc(VpcId=r.vpc["id"]),
     "DependencyViolation"),
    ("targets deleted before the listener", lambda r, c: r.client("elbv2").delete_target_group(
        TargetGroupArn=r.made["targets"]), "ResourceInUse"),
    ("VPC link deleted before the API", lambda r, c: r.client("apigatewayv2").delete_vpc_link(
        VpcLinkId=r.made["link-id"]), "BadRequestException"),
    ("integration deleted before its route", lambda r, c: r.client("apigatewayv2").delete_integration(
        ApiId=r.made["api"], IntegrationId=r.made["integration"]), "ConflictException"),
    ("cluster deleted before its service", lambda r, c: r.client("ecs").delete_cluster(cluster="planted"),
     "ClusterContainsServicesException"),
    ("role deleted with its policies", lambda r, c: (
        r.client("iam").attach_role_policy(RoleName="planted", PolicyArn=MANAGED),
        r.client("iam").delete_role(RoleName="planted")), "DeleteConflict"),
    # ---- wrong in itself
    ("balancer in one subnet", lambda r, c: r.balancer(Name="planted-1", Subnets=r.vpc["subnets"][:1]),
     "ValidationError InvalidConfigurationRequest InvalidSubnet"),
    ("balancer twice in one zone", lambda r, c: r.balancer(
        Name="planted-2", Subnets=[r.vpc["subnets"][0], r.made["same-zone"]]), "InvalidConfigurationRequest"),
    ("balancer named internal-", lambda r, c: r.balancer(Name="internal-x"), "ValidationError"),
    ("health check timeout above its interval", lambda r, c: r.targets(Name="planted-3", HealthCheckTimeoutSeconds=9),
     "ValidationError InvalidConfigurationRequest"),
    ("VPC link with a subnet that is not there", lambda r, c: r.link(SubnetIds=["subnet-0123456789abcdef0"]),
     "BadRequestException"),
    ("integration with the balancer's ARN", lambda r, c: r.integration(IntegrationUri=r.made["balancer"]),
     "BadRequestException"),
    ("integration with an unknown link", lambda r, c: r.integration(ConnectionId="abcdef"), "BadRequestException"),
    ("integration of 31 seconds", lambda r, c: r.integration(TimeoutInMillis=31000), "BadRequestException"),
    ("route to nothing", lambda r, c: r.client("apigatewayv2").create_route(
        ApiId=r.made["api"], RouteKey="GET /x", Target="integrations/absent"), "BadRequestException"),
    ("memory that Fargate has not", lambda r, c: r.definition(memory="700"), "ClientException"),
    ("Fargate task without its execution role, with a secret", lambda r, c: r.definition(
        executionRoleArn="", containerDefinitions=[{"name": "app", "image": "x", "essential": True, "secrets": [
            {"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:x-abcdef"}]}]),
     "ClientException"),
    ("service with a port that is not mapped", lambda r, c: r.service(serviceName="planted-4", loadBalancers=[
        {"targetGroupArn": r.made["targets"], "containerName": "app", "containerPort": 80}]),
     "InvalidParameterException"),
    ("service with a container that is not there", lambda r, c: r.service(serviceName="planted-5", loadBalancers=[
        {"targetGroupArn": r.made["targets"], "containerName": "web", "containerPort": 3000}]),
     "InvalidParameterException"),
    ("service before its targets have a listener", lambda r, c: (
        r.client("elbv2").create_target_group(Name="planted-6", Protocol="HTTP", Port=3000, VpcId=r.vpc["id"],
                                              TargetType="ip"),
        r.service(serviceName="planted-6", loadBalancers=[
            {"targetGroupArn": r.client("elbv2").describe_target_groups(Names=["planted-6"])["TargetGroups"][0][
                "TargetGroupArn"], "containerName": "app", "containerPort": 3000}])), "InvalidParameterException"),
    ("service in a cluster that is not there", lambda r, c: r.service(cluster="planted-7"), "ClusterNotFoundException"),
    ("log kept for 31 days", lambda r, c: (
        r.client("logs").create_log_group(logGroupName="planted"),
        r.client("logs").put_retention_policy(logGroupName="planted", retentionInDays=31)),
     "InvalidParameterException"),
    ("secret made in its recovery window", lambda r, c: (
        r.client("secretsmanager").create_secret(Name="planted", SecretString="x"),
        r.client("secretsmanager").delete_secret(SecretId="planted"),
        r.client("secretsmanager").create_secret(Name="planted", SecretString="x")), "InvalidRequestException"),
    ("same token, other value", lambda r, c: [
        r.client("secretsmanager").create_secret(Name="planted-t", SecretString=value, ClientRequestToken="t" * 32)
        for value in "ab"], "ResourceExistsException"),
    ("trust without a principal", lambda r, c: r.role({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole"}]}, "planted-8"), "MalformedPolicyDocument"),
    ("role of 65 characters", lambda r, c: r.role(name="x" * 65), "ValidationError"),
    ("public NAT without an internet gateway, waited for", lambda r, c: nat_state(r), "failed"),
    ("address released under its NAT", lambda r, c: release_under_nat(r), "AuthFailure InvalidIPAddress.InUse"),
    ("more than the page that was read", lambda r, c: first_page_alone(r), "unread"),
]  # fmt: skip


def nat_state(r):
    """Made before the gateway is attached, a NAT gateway ends as failed: only who waits sees it."""
    ec2 = r.client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=r.vpc["subnets"][0], AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    state = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"]
    raise ClientError({"Error": {"Code": state, "Message": ""}}, "DescribeNatGateways")


def release_under_nat(r):
    ec2 = r.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.61.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    ec2.release_address(AllocationId=address)


def first_page_alone(r):
    """A program that reads one page misses the rest, and the answer says so by its token."""
    answer = r.client("ec2").describe_subnets(MaxResults=5)
    code = "unread" if answer.get("NextToken") else "everything was in one page"
    raise ClientError({"Error": {"Code": code, "Message": ""}}, "DescribeSubnets")


@pytest.mark.parametrize(("bug", "send", "codes"), PLANTED, ids=[row[0] for row in PLANTED])
def test_the_cloud_says_so(cloud, run, bug, send, codes):
    """The mistake is refused, with the code that AWS has for it."""
    with pytest.raises((ClientError, ParamValidationError)) as error:
        send(run, cloud)
    if isinstance(error.value, ClientError):
        assert error.value.response["Error"]["Code"] in codes.split()
