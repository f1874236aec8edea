#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bugs of moto 5.2.5 that the practice cloud works around, each with a reproduction that needs moto and boto3 alone.

    .practice/venv/bin/python assets/practice/moto_bugs.py          runs all and says which are still there

Plain leniency (a call that AWS would refuse) is not listed: that is what the rules are for. These are answers that are
wrong by themselves; calls on which moto breaks altogether are the table of moto_crashes.py. A row that says FIXED can
go, and its repair with it. Exits 1 when one is fixed, so that a new version of moto is noticed
(tests/practice/test_readme.py runs it).
"""

import base64
import functools
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y", AWS_DEFAULT_REGION="eu-west-3")
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.loaders import JSONFileLoader  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto_crashes import CRASHES  # noqa: E402

# Each bug has clients of its own, which would read the same large models again.
read_model = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
JSONFileLoader.load_file = lambda _self, path: read_model(path)  # type: ignore[method-assign]

Bug = Callable[[], bool]
BUGS: list[tuple[str, Bug]] = []


def bug(says: str) -> Callable[[Bug], Bug]:
    """The function returns True while the bug is there."""

    def register(function: Bug) -> Bug:
        BUGS.append((says, function))
        return function

    return register


def crashes(call: Callable[[], Any], *kinds: type[BaseException]) -> bool:
    try:
        call()
    except kinds:
        return True
    except Exception:
        return False
    return False


def network() -> tuple[Any, str, list[str]]:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"eu-west-3{z}")["Subnet"][
            "SubnetId"
        ]
        for i, z in enumerate("ab")
    ]
    return ec2, vpc, subnets


@bug("ecr GetAuthorizationToken: expiresAt is in 2015, so that every token has expired")
def ecr_token() -> bool:
    data = boto3.client("ecr").get_authorization_token()["authorizationData"][0]
    return data["expiresAt"] < datetime.now(UTC) and base64.b64decode(data["authorizationToken"]).startswith(
        b"AWS:"
    )


@bug(
    "ec2 CreateNatGateway: ClientToken is ignored, the same call again fails with Resource.AlreadyAssociated"
)
def nat_token() -> bool:
    ec2, _, subnets = network()
    call = {"SubnetId": subnets[0], "AllocationId": ec2.allocate_address(Domain="vpc")["AllocationId"]}
    ec2.create_nat_gateway(**call, ClientToken="a" * 32)
    return crashes(lambda: ec2.create_nat_gateway(**call, ClientToken="a" * 32), ec2.exceptions.ClientError)


@bug("ec2 CreateVpcEndpoint: ClientToken is ignored, the same call again makes a second endpoint")
def endpoint_token() -> bool:
    ec2, vpc, _ = network()
    call = {"VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-3.s3", "ClientToken": "b" * 32}
    made = {ec2.create_vpc_endpoint(**call)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)}
    return len(made) == 2


@bug("ec2: DryRun does the real thing")
def dry_run() -> bool:
    ec2 = boto3.client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"])
    try:
        ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    except ec2.exceptions.ClientError:
        return False
    return len(ec2.describe_vpcs()["Vpcs"]) == before + 1


@bug("ec2 DescribeNatGateways: the filter tag:KEY is ignored and returns every gateway")
def nat_filter() -> bool:
    ec2, _, subnets = network()
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)
    found = ec2.describe_nat_gateways(Filters=[{"Name": "tag:none", "Values": ["such"]}])["NatGateways"]
    return bool(found)


@bug("ec2 DeleteNatGateway: its network interface stays for ever")
def nat_interface() -> bool:
    ec2, _, subnets = network()
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=nat)
    here = [{"Name": "subnet-id", "Values": [subnets[0]]}]
    return bool(ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"])


@bug("ec2: a NAT gateway's private address lies outside of its subnet")
def nat_address() -> bool:
    ec2, _, subnets = network()
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    shown = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
    return not shown["NatGatewayAddresses"][0]["PrivateIp"].startswith("10.0.0.")


@bug("elbv2 CreateLoadBalancer: an internal one has no internal- in its DNS name")
def internal_name() -> bool:
    _, _, subnets = network()
    elb = boto3.client("elbv2")
    made = elb.create_load_balancer(Name="demo", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
    return not made["DNSName"].startswith("internal-")


@bug("elbv2 CreateLoadBalancer: the same call again makes a second load balancer of that name")
def second_balancer() -> bool:
    _, _, subnets = network()
    elb = boto3.client("elbv2")
    arns = {
        elb.create_load_balancer(Name="demo", Subnets=subnets, Scheme="internal")["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        for _ in range(2)
    }
    return len(arns) == 2


@bug("apigatewayv2 GetDeployments: not implemented")
def deployments() -> bool:
    gateway = boto3.client("apigatewayv2")
    api = gateway.create_api(Name="x", ProtocolType="HTTP")["ApiId"]
    return crashes(
        lambda: gateway.get_deployments(ApiId=api),
        NotImplementedError,
        gateway.exceptions.ClientError,
        Exception,
    )


def service(**changes: Any) -> Any:
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(
        family="f", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[{"name": "a", "image": "x"}],
    )  # fmt: skip
    _, _, subnets = network()
    awsvpc = {"subnets": subnets} | changes.pop("awsvpc", {"securityGroups": []})
    return ecs, ecs.create_service(
        cluster="c", serviceName="s", taskDefinition="f", desiredCount=1, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": awsvpc}, **changes,
    )  # fmt: skip


@bug("ecs CreateService without securityGroups crashes with KeyError")
def no_groups() -> bool:
    return crashes(lambda: service(awsvpc={}), KeyError)


@bug("ecs CreateService of an existing name replaces the service")
def replaced_service() -> bool:
    ecs, _ = service()
    try:
        ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=9, launchType="EC2")
    except Exception:
        return False
    return ecs.describe_services(cluster="c", services=["s"])["services"][0]["desiredCount"] == 9


@bug("ecs DescribeClusters: activeServicesCount is always 0")
def service_count() -> bool:
    ecs, _ = service()
    return ecs.describe_clusters(clusters=["c"])["clusters"][0]["activeServicesCount"] == 0


@bug("resourcegroupstaggingapi GetResources leaves out repositories, addresses and endpoints")
def tagging_gaps() -> bool:
    boto3.client("ecr").create_repository(repositoryName="abc", tags=[{"Key": "k", "Value": "v"}])
    found = boto3.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "k"}])
    return not found["ResourceTagMappingList"]


@bug("iam SimulatePrincipalPolicy: not implemented")
def simulation() -> bool:
    iam = boto3.client("iam")
    arn = iam.create_user(UserName="u")["User"]["Arn"]
    return crashes(
        lambda: iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ecs:ListClusters"]),
        Exception,
    )


@bug("iam CreateServiceLinkedRole: the role of ECS is called AWSServiceRoleForecs")
def linked_role() -> bool:
    made = boto3.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    return made["Role"]["RoleName"] == "AWSServiceRoleForecs"


@bug("kms ScheduleKeyDeletion of a key that waits for its deletion succeeds (AWS: KMSInvalidStateException)")
def key_twice() -> bool:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    return not crashes(lambda: kms.schedule_key_deletion(KeyId=key), kms.exceptions.ClientError)


@bug("kms ScheduleKeyDeletion by the key's ARN crashes with KeyError")
def key_by_arn() -> bool:
    kms = boto3.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    return crashes(lambda: kms.schedule_key_deletion(KeyId=arn), KeyError)


@bug("sts AssumeRole of a role that does not exist succeeds")
def no_such_role() -> bool:
    arn = "arn:aws:iam::123456789012:role/nobody"
    return bool(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="xy")["Credentials"])


@bug(
    "secretsmanager CreateSecret of a name in its recovery window says ResourceExists (AWS: InvalidRequestException)"
)
def secret_in_recovery() -> bool:
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="n", SecretString="x")
    secrets.delete_secret(SecretId="n")
    kind = secrets.exceptions.ResourceExistsException
    return crashes(lambda: secrets.create_secret(Name="n", SecretString="x"), kind)


@bug("application-autoscaling accepts MinCapacity above MaxCapacity")
def upside_down() -> bool:
    service()
    scaling = boto3.client("application-autoscaling")
    call = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/s",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    return not crashes(
        lambda: scaling.register_scalable_target(**call, MinCapacity=5, MaxCapacity=1),
        scaling.exceptions.ClientError,
    )

@bug("application-autoscaling DescribeScalableTargets: the token of the second page leads to that page again")
def endless_targets() -> bool:
    ecs, _ = service()
    scaling = boto3.client("application-autoscaling")
    for name in ("s", "t", "u"):
        if name != "s":
            ecs.create_service(cluster="c", serviceName=name, taskDefinition="f", desiredCount=0)
        scaling.register_scalable_target(
            ServiceNamespace="ecs", ResourceId=f"service/c/{name}", ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=0, MaxCapacity=1,
        )  # fmt: skip
    page = functools.partial(scaling.describe_scalable_targets, ServiceNamespace="ecs", MaxResults=1)
    second = page(NextToken=page()["NextToken"])
    return page(NextToken=second["NextToken"])["ScalableTargets"] == second["ScalableTargets"]


@bug("ecs CreateCluster of an existing name replaces the cluster and forgets its capacity providers")
def cluster_twice() -> bool:
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="c", capacityProviders=["FARGATE"])
    ecs.create_cluster(clusterName="c")
    return not ecs.describe_clusters(clusters=["c"])["clusters"][0].get("capacityProviders")


@bug("ecs RegisterTaskDefinition uses the number of a deleted revision again")
def number_again() -> bool:
    ecs = boto3.client("ecs")
    for _ in range(2):
        made = define("f")
    ecs.deregister_task_definition(taskDefinition=made)
    ecs.delete_task_definitions(taskDefinitions=[made])
    return define("f").endswith(":2")


@bug("ecs DescribeTaskDefinition of a family gives its INACTIVE revision")
def inactive_revision() -> bool:
    first, second = define("f"), define("f")
    boto3.client("ecs").deregister_task_definition(taskDefinition=second)
    shown = boto3.client("ecs").describe_task_definition(taskDefinition="f")["taskDefinition"]
    return shown["taskDefinitionArn"] != first


def define(family: str) -> str:
    containers = [{"name": "a", "image": "i", "memory": 64}]
    made = boto3.client("ecs").register_task_definition(family=family, containerDefinitions=containers)
    return str(made["taskDefinition"]["taskDefinitionArn"])


@bug("ecs DescribeCapacityProviders without names crashes with TypeError")
def capacity_providers() -> bool:
    return crashes(boto3.client("ecs").describe_capacity_providers, TypeError)


@bug("rds: every instance has the same DbiResourceId, so that its filter finds all of them")
def resource_ids() -> bool:
    rds = boto3.client("rds")
    made = [
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
            MasterUsername="u", MasterUserPassword="long-enough",
        )["DBInstance"]["DbiResourceId"]
        for name in ("a", "b")
    ]  # fmt: skip
    return made[0] == made[1]


@bug("elbv2 DescribeLoadBalancers with an unknown Marker crashes with ValueError")
def marker() -> bool:
    return crashes(lambda: boto3.client("elbv2").describe_load_balancers(Marker="x"), ValueError)


@bug("elbv2 ModifyTargetGroupAttributes refuses a deregistration delay of 3600 s")
def longest_delay() -> bool:
    _, vpc, _ = network()
    elb = boto3.client("elbv2")
    group = elb.create_target_group(Name="g", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    longest = [{"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}]
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    return crashes(
        lambda: elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=longest), elb.exceptions.ClientError
    )


@bug("elbv2 AddTags refuses the eleventh tag (AWS: 50)")
def eleven_tags() -> bool:
    _, _, subnets = network()
    elb = boto3.client("elbv2")
    arn = elb.create_load_balancer(Name="b", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": f"k{i}", "Value": ""} for i in range(10)])
    return crashes(
        lambda: elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "k10", "Value": ""}]), elb.exceptions.ClientError
    )


@bug("secretsmanager ListSecretVersionIds of an unknown secret crashes with KeyError")
def versions_of_nothing() -> bool:
    return crashes(lambda: boto3.client("secretsmanager").list_secret_version_ids(SecretId="none"), KeyError)


@bug("ec2 CreateSubnet by AvailabilityZoneId: the subnet says that it is the default of its zone")
def default_for_zone() -> bool:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZoneId="euw3-az1")["Subnet"]
    return bool(made["DefaultForAz"])



@bug("ec2 ModifySecurityGroupRules without the rule crashes with KeyError (AWS: MissingParameter)")
def change_without_rule() -> bool:
    ec2, vpc, _ = network()
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    here = [{"Name": "group-id", "Values": [group]}]
    rule = ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    changes = [{"SecurityGroupRuleId": rule}]
    return crashes(
        lambda: ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=changes), KeyError
    )


def crash_rows() -> list[tuple[str, bool]]:
    """The rows of moto_crashes.py, with one client for each service: making one takes longer than the calls."""
    clients: dict[str, Any] = {}
    rows = []
    with mock_aws():
        for service, method, parameters, kind, aws in CRASHES:
            client = clients.get(service) or boto3.client(service, config=Config(parameter_validation=False))
            clients[service] = client
            says = f"{service} {method}({', '.join(parameters)}) crashes with {kind.__name__} (AWS: {aws})"
            call = functools.partial(getattr(client, method), **parameters)
            rows.append((says, crashes(call, kind)))
    return rows


def main() -> int:
    rows = []
    for says, reproduce in BUGS:
        with mock_aws():
            rows.append((says, reproduce()))
    rows += crash_rows()
    if "--json" in sys.argv[1:]:
        print(json.dumps([{"bug": says, "there": there} for says, there in rows]))
    else:
        for says, there in rows:
            print(f"{'there' if there else 'FIXED'}  {says}")
    return int(not all(there for _, there in rows))


if __name__ == "__main__":
    sys.exit(main())
