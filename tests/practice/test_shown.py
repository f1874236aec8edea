# SPDX-License-Identifier: MIT
"""Members of answers that programs read and moto leaves out: zones, addresses, attachments, attributes, keys, ECS."""

from conftest import code_of
from ecs_world import TRUST

CONTAINER = {"name": "app", "image": "public.ecr.aws/x/y:1", "essential": True}


def fargate(family, **more):
    return {
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [CONTAINER],
        **more,
    }


def test_zones_are_on(client):
    for zone in client("ec2").describe_availability_zones()["AvailabilityZones"]:
        shown = (zone["OptInStatus"], zone["GroupName"], zone["NetworkBorderGroup"])
        assert shown == ("opt-in-not-required", "eu-west-3-1", "eu-west-3")


def test_addresses_come_from_amazons_pool(client):
    ec2 = client("ec2")
    made = ec2.allocate_address(Domain="vpc")
    again = ec2.describe_addresses(AllocationIds=[made["AllocationId"]])["Addresses"][0]
    for address in (made, again):
        assert (address["PublicIpv4Pool"], address["NetworkBorderGroup"]) == ("amazon", "eu-west-3")


def test_interfaces_of_services_are_attached_by_them(client, vpc, unique):
    client("elbv2").create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    filters = [{"Name": "subnet-id", "Values": vpc["subnets"]}, {"Name": "attachment.status", "Values": ["attached"]}]
    first, second = client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert first["Attachment"]["InstanceOwnerId"] == second["Attachment"]["InstanceOwnerId"] == "amazon-elb"
    assert first["Attachment"]["AttachmentId"].startswith("ela-attach-")
    assert first["Attachment"]["AttachmentId"] != second["Attachment"]["AttachmentId"]
    free = client("ec2").create_network_interface(SubnetId=vpc["subnets"][0])["NetworkInterface"]
    ids = [free["NetworkInterfaceId"]]
    shown = client("ec2").describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"][0]
    assert "Attachment" not in shown


def test_attributes_of_a_load_balancer_have_defaults(client, vpc, unique):
    elbv2 = client("elbv2")
    arn = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    shown = lambda: {
        row["Key"]: row["Value"] for row in elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    }
    before = shown()
    assert (before["idle_timeout.timeout_seconds"], before["routing.http2.enabled"]) == ("60", "true")
    assert before["load_balancing.cross_zone.enabled"] == "true"
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "75"}]
    )
    assert shown() == {**before, "idle_timeout.timeout_seconds": "75"}


def test_new_target_group_is_of_no_load_balancer(client, vpc, unique):
    made = client("elbv2").create_target_group(
        Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip"
    )["TargetGroups"][0]
    assert made["LoadBalancerArns"] == []


def test_plain_listener_has_no_security_policy(client, vpc, unique):
    elb = client("elbv2")
    made = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0]
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    arn = made["LoadBalancerArn"]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=answer)["Listeners"][0]
    (shown,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    assert not {"SslPolicy", "AlpnPolicy", "Certificates"} & {*listener, *shown}


def test_key_says_what_it_is_for(client):
    kms = client("kms")
    made = kms.create_key()["KeyMetadata"]
    again = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    for key in (made, again):
        assert (key["KeyUsage"], key["MultiRegion"]) == ("ENCRYPT_DECRYPT", False)
        assert "SigningAlgorithms" not in key
    going = kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=9)
    assert (going["KeyState"], going["PendingWindowInDays"]) == ("PendingDeletion", 9)


def test_task_definition_says_who_and_when(client, unique):
    ecs = client("ecs")
    made = ecs.register_task_definition(**fargate(unique))["taskDefinition"]
    assert made["registeredBy"] == client("sts").get_caller_identity()["Arn"]
    assert "deregisteredAt" not in made
    gone = ecs.deregister_task_definition(taskDefinition=made["taskDefinitionArn"])["taskDefinition"]
    again = ecs.describe_task_definition(taskDefinition=made["taskDefinitionArn"])["taskDefinition"]
    assert made["registeredAt"] == again["registeredAt"] <= gone["deregisteredAt"] == again["deregisteredAt"]


def test_cluster_has_statistics(client, unique):
    assert client("ecs").create_cluster(clusterName=unique)["cluster"]["statistics"] == []


def test_service_says_who_made_it_and_who_scales_it(client, vpc, unique):
    ecs, scaling = client("ecs"), client("application-autoscaling")
    ecs.create_cluster(clusterName=unique)
    ecs.register_task_definition(**fargate(unique))
    network = {"awsvpcConfiguration": {"subnets": vpc["subnets"]}}
    service = {
        "cluster": unique,
        "serviceName": unique,
        "taskDefinition": unique,
        "desiredCount": 0,
        "launchType": "FARGATE",
        "networkConfiguration": network,
    }
    assert ecs.create_service(**service)["service"]["createdBy"] == client("sts").get_caller_identity()["Arn"]
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{unique}/{unique}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=1)
    shown = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[target["ResourceId"]])
    role = shown["ScalableTargets"][0]["RoleARN"]
    assert role.endswith("/AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert shown["ScalableTargets"][0]["SuspendedState"]["DynamicScalingInSuspended"] is False


def test_exec_needs_a_task_role(client, vpc, unique):
    """ECS guide, "Using ECS Exec": the service is refused when it could never be entered."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    ecs.register_task_definition(**fargate(unique))
    service = {
        "cluster": unique,
        "serviceName": unique,
        "taskDefinition": unique,
        "desiredCount": 0,
        "launchType": "FARGATE",
        "enableExecuteCommand": True,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": vpc["subnets"]}},
    }
    assert code_of(lambda: ecs.create_service(**service)) == "InvalidParameterException"
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ecs.register_task_definition(**fargate(unique, taskRoleArn=role))
    assert ecs.create_service(**service)["service"]["enableExecuteCommand"]


def test_secret_of_a_container_comes_from_somewhere(client, unique):
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    container = {**CONTAINER, "secrets": [{"name": "X", "valueFrom": ""}]}
    wrong = fargate(unique, executionRoleArn=role, containerDefinitions=[container])
    assert code_of(lambda: client("ecs").register_task_definition(**wrong)) == "ClientException"


def test_subnet_of_a_nat_gateway_is_looked_at_before_its_address(client, vpc):
    ec2 = client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=address)
    wrong = {"SubnetId": "subnet-0123456789abcdef0", "AllocationId": address}
    assert code_of(lambda: ec2.create_nat_gateway(**wrong)) == "InvalidSubnetID.NotFound"


def test_interfaces_by_id_come_in_one_page(client, vpc):
    ec2 = client("ec2")
    one = ec2.create_network_interface(SubnetId=vpc["subnets"][0])["NetworkInterface"]["NetworkInterfaceId"]
    both = {"NetworkInterfaceIds": [one], "MaxResults": 5}
    assert code_of(lambda: ec2.describe_network_interfaces(**both)) == "InvalidParameterCombination"


def test_public_address_has_a_public_name(client, vpc):
    """ec2-A-B-C-D.REGION.compute.amazonaws.com, at the interface that has it."""
    ec2 = client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc["id"])
    address = ec2.allocate_address(Domain="vpc")
    made = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=address["AllocationId"])
    here = [{"Name": "subnet-id", "Values": vpc["subnets"][:1]}]
    shown = ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"][0]["Association"]
    name = address["PublicIp"].replace(".", "-")
    assert shown["PublicDnsName"] == f"ec2-{name}.eu-west-3.compute.amazonaws.com"
    ec2.delete_nat_gateway(NatGatewayId=made["NatGateway"]["NatGatewayId"])


def test_task_definition_says_what_it_needs(client, unique):
    """requiresAttributes: the log driver, the network, the capabilities of whoever runs it; the same when read."""
    logs = {"awslogs-group": "x", "awslogs-region": "eu-west-3", "awslogs-stream-prefix": "x"}
    container = CONTAINER | {"logConfiguration": {"logDriver": "awslogs", "options": logs}}
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    wanted = fargate(unique, containerDefinitions=[container], executionRoleArn=role)
    ecs = client("ecs")
    made = ecs.register_task_definition(**wanted)["taskDefinition"]["requiresAttributes"]
    names = {one["name"] for one in made}
    assert {"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.task-eni",
            "ecs.capability.execution-role-awslogs"} <= names  # fmt: skip
    assert "com.amazonaws.ecs.capability.task-iam-role" not in names
    assert ecs.describe_task_definition(taskDefinition=unique)["taskDefinition"]["requiresAttributes"] == made


def test_identifiers_of_iam_say_what_they_are_of(client, unique):
    iam, document = client("iam"), '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
    made = [
        iam.create_user(UserName=unique)["User"]["UserId"],
        iam.create_group(GroupName=unique)["Group"]["GroupId"],
        iam.create_policy(PolicyName=unique, PolicyDocument=document)["Policy"]["PolicyId"],
        iam.create_instance_profile(InstanceProfileName=unique)["InstanceProfile"]["InstanceProfileId"],
    ]
    assert [one[:4] for one in made] == ["AIDA", "AGPA", "ANPA", "AIPA"]
    assert {len(one) for one in made} == {21}
    assert iam.get_user(UserName=unique)["User"]["UserId"] == made[0]
    assert iam.get_group(GroupName=unique)["Group"]["GroupId"] == made[1]


def test_who_calls_is_of_the_regions_partition(client):
    for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")):
        arn = client("sts", region=region).get_caller_identity()["Arn"]
        assert arn == f"arn:{partition}:iam::123456789012:user/operator"


def test_roles_are_of_one_partition(client, unique):
    iam = client("iam", region="cn-north-1")
    made = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    assert made == f"arn:aws-cn:iam::123456789012:role/{unique}"
    iam.attach_role_policy(RoleName=unique, PolicyArn="arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
    assert code_of(lambda: iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)) == "EntityAlreadyExists"
    assert code_of(lambda: client("iam").get_role(RoleName=unique)) == "NoSuchEntity"
    wanted = fargate(unique, executionRoleArn=made)
    shown = client("ecs", region="cn-north-1").register_task_definition(**wanted)["taskDefinition"]
    assert shown["taskDefinitionArn"].startswith("arn:aws-cn:") and shown["executionRoleArn"] == made
