# SPDX-License-Identifier: MIT
"""Second looks: what the same call says with an unusual combination, after another one, or of a thing that went.

Each test names its source; most are the API reference of the operation.
"""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import code_of, make_client
from ecs_world import TRUST

from practice.signature import Key

NOWHERE = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
BUCKETS = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}


def said(call):
    """Code and message of a refusal."""
    with pytest.raises(ClientError) as error:
        call()
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def policy(**more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{**BUCKETS, **more}]})


# ---- security groups


def group_in(ec2, vpc, name):
    return ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]


def test_what_a_group_of_the_default_vpc_does_not_have_is_told_without_an_error(client, vpc, unique):
    """RevokeSecurityGroupIngress: "[Default VPC] ... no error is returned"; elsewhere InvalidPermission.NotFound."""
    ec2 = client("ec2")
    default = next(one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if one["IsDefault"])
    group = group_in(ec2, default, unique)
    answer = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[NOWHERE])
    assert [one["FromPort"] for one in answer["UnknownIpPermissions"]] == [81]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[NOWHERE])
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[NOWHERE])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []
    other = group_in(ec2, vpc["id"], unique)
    call = lambda: ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[NOWHERE])
    assert code_of(call) == "InvalidPermission.NotFound"


def test_descriptions_of_rules_change_by_their_identifiers(client, vpc, unique):
    ec2 = client("ec2")
    group = group_in(ec2, vpc["id"], unique)
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[NOWHERE])["SecurityGroupRules"][0]
    change = lambda rule: ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "new"}]
    )
    change(made["SecurityGroupRuleId"])
    shown = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
    assert shown["SecurityGroupRules"][0]["Description"] == "new"
    assert code_of(lambda: change("sgr-0123456789abcdef0")) == "InvalidSecurityGroupRuleId.NotFound"


def test_a_rule_for_all_traffic_says_its_ports(client, vpc, unique):
    ec2 = client("ec2")
    group = group_in(ec2, vpc["id"], unique)
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ALL])["SecurityGroupRules"][0]
    assert (rule["FromPort"], rule["ToPort"]) == (-1, -1)


def test_a_block_with_subnets_stays_with_its_vpc(client):
    """VPC user guide, "IPv4 VPC CIDR blocks"."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    answer = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.91.0.0/16")
    block = answer["CidrBlockAssociation"]["AssociationId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.91.1.0/24")["Subnet"]["SubnetId"]
    assert code_of(lambda: ec2.disassociate_vpc_cidr_block(AssociationId=block)) == "DependencyViolation"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.disassociate_vpc_cidr_block(AssociationId=block)


def test_a_quota_of_the_network_is_told_in_ec2s_words(client, cloud):
    """EC2 API reference, "Error codes"."""
    before = dict(cloud.config.quotas)
    cloud.change({"quotas": {**before, "AddressLimitExceeded": 0}})
    try:
        code, message = said(lambda: client("ec2").allocate_address(Domain="vpc"))
    finally:
        cloud.change({"quotas": before})
    assert (code, message) == ("AddressLimitExceeded", "The maximum number of addresses has been reached.")


# ---- load balancers


@pytest.fixture
def balancer(client, vpc, unique):
    elb = client("elbv2")
    made = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    return elb, made["LoadBalancers"][0]["LoadBalancerArn"]


def test_a_redirect_to_itself_and_conditions_of_no_field(balancer):
    elb, arn = balancer
    listen = lambda port, action: elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=[action]
    )
    redirect = lambda **to: {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **to}}
    assert code_of(lambda: listen(80, redirect())) == "InvalidLoadBalancerAction"
    assert code_of(lambda: listen(80, redirect(Port="#{port}", Path="/#{path}"))) == "InvalidLoadBalancerAction"
    listener = listen(80, redirect(Port="443"))["Listeners"][0]["ListenerArn"]
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    rule = lambda *conditions: elb.create_rule(
        ListenerArn=listener, Priority=5, Conditions=list(conditions), Actions=fixed
    )
    assert code_of(lambda: rule({"Field": "nonsense", "Values": ["x"]})) == "ValidationError"
    assert code_of(rule) == "ValidationError"
    rule({"Field": "path-pattern", "Values": ["/x"]})


def test_a_slow_start_is_none_or_half_a_minute_at_least(client, vpc, unique):
    elb = client("elbv2")
    group = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    change = lambda value: elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "slow_start.duration_seconds", "Value": value}]
    )
    for value in ("1", "29", "901"):
        assert code_of(lambda value=value: change(value)) == "ValidationError", value
    for value in ("0", "30", "900"):
        change(value)


# ---- ECS


def test_registering_a_definition_answers_with_its_tags(client, unique):
    ecs, tags = client("ecs"), [{"key": "a", "value": "b"}]
    container = {"name": "app", "image": "x"}
    register = lambda **more: ecs.register_task_definition(
        family=unique, containerDefinitions=[container], cpu="256", memory="512", networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"], **more,
    )  # fmt: skip
    assert register(tags=tags)["tags"] == tags
    assert code_of(lambda: register(tags=[*tags, {"key": "a", "value": "c"}])) == "InvalidParameterException"
    host = [{"name": "v", "host": {"sourcePath": "/x"}}]
    assert said(lambda: register(volumes=host)) == (
        "ClientException", "host.sourcePath should not be set for volumes in Fargate.")  # fmt: skip
    container["healthCheck"] = {"command": ["CMD", "true"], "timeout": 61}
    assert code_of(register) == "ClientException"


def test_no_command_runs_in_a_task_that_was_not_started_for_it(client, unique):
    ecs = client("ecs")
    run = lambda cluster: ecs.execute_command(cluster=cluster, task="0" * 32, command="sh", interactive=True)
    assert code_of(lambda: run(unique)) == "ClusterNotFoundException"
    ecs.create_cluster(clusterName=unique)
    assert said(lambda: run(unique)) == ("InvalidParameterException", "The referenced task was not found.")


# ---- ECR


def test_repositories_and_images_by_name_come_in_one_page(client, unique):
    ecr = client("ecr")
    ecr.create_repository(repositoryName=unique)
    by_name = lambda **more: ecr.describe_repositories(repositoryNames=[unique], **more)
    by_name()
    assert code_of(lambda: by_name(maxResults=5)) == "InvalidParameterException"
    empty = json.dumps({"rules": []}) + " " * 100
    put = lambda: ecr.put_lifecycle_policy(repositoryName=unique, lifecyclePolicyText=empty)
    assert code_of(put) == "InvalidParameterException"


# ---- secrets and keys


def test_the_current_version_is_the_one_with_the_label(client, unique):
    """UpdateSecretVersionStage moves AWSCURRENT back; DescribeSecret shows labelled versions alone."""
    secrets = client("secretsmanager")
    first = secrets.create_secret(Name=unique, SecretString="1")["VersionId"]
    second, third = (secrets.put_secret_value(SecretId=unique, SecretString=v)["VersionId"] for v in "23")
    assert secrets.describe_secret(SecretId=unique)["VersionIdsToStages"] == {
        second: ["AWSPREVIOUS"], third: ["AWSCURRENT"]}  # fmt: skip
    versions = lambda **more: {
        v["VersionId"] for v in secrets.list_secret_version_ids(SecretId=unique, **more)["Versions"]
    }
    assert versions() == {second, third}
    assert versions(IncludeDeprecated=True) == {first, second, third}
    secrets.update_secret_version_stage(
        SecretId=unique, VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=third
    )
    assert secrets.get_secret_value(SecretId=unique)["SecretString"] == "2"
    code, message = said(lambda: secrets.get_secret_value(SecretId=unique, VersionStage="NONE"))
    assert code == "ResourceNotFoundException" and message.endswith("for staging label: NONE")


def test_a_secret_without_a_function_is_not_rotated(client, unique):
    secrets = client("secretsmanager")
    secrets.create_secret(Name=unique, SecretString="1")
    assert code_of(lambda: secrets.rotate_secret(SecretId=unique)) == "InvalidRequestException"
    assert code_of(lambda: secrets.rotate_secret(SecretId=f"{unique}-none")) == "ResourceNotFoundException"


def test_a_key_says_when_it_is_rotated_and_opens_its_own_alone(client):
    kms = client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    made = kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"]
    assert (kms.get_key_rotation_status(KeyId=key)["NextRotationDate"] - made).days in (89, 90)
    secret = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert code_of(lambda: kms.decrypt(CiphertextBlob=secret, KeyId=other)) == "IncorrectKeyException"
    assert kms.decrypt(CiphertextBlob=secret, KeyId=key)["Plaintext"] == b"x"


# ---- API Gateway, Application Auto Scaling, tagging


def test_a_jwt_authorizer_is_complete(client, unique):
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    whole = {"Audience": ["x"], "Issuer": "https://example.com"}
    create = lambda parts: gateway.create_authorizer(
        ApiId=api, Name=unique, AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration=parts,
    )  # fmt: skip
    for part in whole:
        rest = {name: value for name, value in whole.items() if name != part}
        assert code_of(lambda rest=rest: create(rest)) == "BadRequestException", part
    create(whole)


def test_lists_of_scalable_targets_have_fifty_at_most(client):
    scaling = client("application-autoscaling")
    for operation in (scaling.describe_scalable_targets, scaling.describe_scaling_policies):
        call = lambda size, operation=operation: operation(ServiceNamespace="ecs", MaxResults=size)
        assert code_of(lambda call=call: call(51)) == "ValidationException"
        call(50)


def test_tagged_resources_may_begin_with_an_empty_page(client, cloud, unique):
    client("ec2").create_vpc(
        CidrBlock="10.92.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": unique, "Value": "v"}]}],
    )
    tagging, wanted = client("resourcegroupstaggingapi"), [{"Key": unique}]
    cloud.change({"empty_pages": True})
    try:
        first = tagging.get_resources(TagFilters=wanted)
        rest = tagging.get_resources(TagFilters=wanted, PaginationToken=first["PaginationToken"])
    finally:
        cloud.change({"empty_pages": False})
    assert first["ResourceTagMappingList"] == [] and first["PaginationToken"]
    assert len(rest["ResourceTagMappingList"]) == 1 and not rest["PaginationToken"]


# ---- IAM


def test_a_role_has_fifty_tags_at_most(client, unique):
    iam = client("iam")
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "first", "Value": "v"}])
    tag = lambda *keys: iam.tag_role(RoleName=unique, Tags=[{"Key": key, "Value": "v"} for key in keys])
    assert code_of(lambda: tag(*(f"k{n}" for n in range(50)))) == "LimitExceeded"
    tag("first", *(f"k{n}" for n in range(49)))


def test_identifiers_of_statements_are_letters_and_digits(client, unique):
    iam = client("iam")
    create = lambda sid: iam.create_policy(PolicyName=unique, PolicyDocument=policy(Sid=sid))
    assert code_of(lambda: create("a b")) == "MalformedPolicyDocument"
    create("Ab1")


def test_resources_of_a_policy_are_arns_of_six_parts(client, unique):
    create = lambda name: client("iam").create_policy(PolicyName=unique, PolicyDocument=policy(Resource=name))
    assert said(lambda: create("arn:aws:nope")) == (
        "MalformedPolicyDocument", 'Resource arn:aws:nope must be in ARN format or "*".')  # fmt: skip
    create("arn:aws:s3:::bucket/*")


def test_tag_keys_of_a_role_have_no_case(client, unique):
    iam = client("iam")
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "team", "Value": "a"}])
    iam.tag_role(RoleName=unique, Tags=[{"Key": "Team", "Value": "b"}])
    assert iam.list_role_tags(RoleName=unique)["Tags"] == [{"Key": "Team", "Value": "b"}]


def test_a_symmetric_key_signs_nothing(client):
    kms = client("kms")
    assert code_of(lambda: kms.create_key(KeyUsage="SIGN_VERIFY")) == "ValidationException"
    kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")


def test_a_users_boundary_limits_it(client, cloud, unique):
    """IAM user guide, "Permissions boundaries for IAM entities": at the creation, changed later, and taken away."""
    iam = client("iam")
    boundary = iam.create_policy(
        PolicyName=unique, PolicyDocument=policy(Action="ec2:Describe*")
    )["Policy"]["Arn"]  # fmt: skip
    absent = boundary + "-none"
    assert code_of(lambda: iam.create_user(UserName=unique, PermissionsBoundary=absent)) == "NoSuchEntity"
    user = iam.create_user(UserName=unique, PermissionsBoundary=boundary)["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    iam.put_user_policy(UserName=unique, PolicyName="own", PolicyDocument=policy(Action="ec2:*"))
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], cloud.account, principal=user["Arn"])
    ec2 = make_client(cloud, "ec2", key=key)
    ec2.describe_vpcs()
    create = lambda: ec2.create_vpc(CidrBlock="10.93.0.0/16", DryRun=True)
    code, message = said(create)
    assert code == "UnauthorizedOperation" and "no permissions boundary allows the ec2:CreateVpc" in message
    iam.delete_user_permissions_boundary(UserName=unique)
    assert code_of(create) == "DryRunOperation"
    assert "PermissionsBoundary" not in iam.get_user(UserName=unique)["User"]
    assert code_of(
        lambda: iam.put_user_permissions_boundary(UserName=unique, PermissionsBoundary=absent)
    ) == "NoSuchEntity"  # fmt: skip
    iam.put_user_permissions_boundary(UserName=unique, PermissionsBoundary=boundary)
    assert code_of(create) == "UnauthorizedOperation"
    nobody = f"{unique}-none"
    assert code_of(
        lambda: iam.put_user_permissions_boundary(UserName=nobody, PermissionsBoundary=boundary)
    ) == "NoSuchEntity"  # fmt: skip


def test_a_denial_names_a_resource_where_aws_names_one(client, cloud, unique):
    """Quoted in issues of terraform-provider-aws (34234), awscdk-resources-mongodbatlas (207) and others."""
    iam = client("iam")
    user = iam.create_user(UserName=unique)["User"]
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], cloud.account, principal=user["Arn"])
    denied = lambda service, call: said(lambda: call(make_client(cloud, service, key=key)))[1]
    user_may_not = f"User: {user['Arn']} is not authorized to perform: "
    assert denied("ec2", lambda c: c.describe_vpcs()) == (
        f"You are not authorized to perform this operation. {user_may_not}ec2:DescribeVpcs because no identity-based "
        "policy allows the ec2:DescribeVpcs action"
    )
    assert f"{user_may_not}elasticloadbalancing:DescribeLoadBalancers because" in denied(
        "elbv2", lambda c: c.describe_load_balancers()
    )
    assert "ecr:GetAuthorizationToken on resource: * because" in denied(
        "ecr", lambda c: c.get_authorization_token()
    )
    secret = lambda name: denied("secretsmanager", lambda c: c.get_secret_value(SecretId=name))
    assert "secretsmanager:GetSecretValue on resource: none-such because" in secret("none-such")
    arn = client("secretsmanager").create_secret(Name=unique, SecretString="x")["ARN"]
    assert f"secretsmanager:GetSecretValue on resource: {arn} because" in secret(unique)
