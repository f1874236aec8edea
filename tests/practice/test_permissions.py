# SPDX-License-Identifier: MIT
"""Permissions: the caller's policies decide every call, as IAM documents its evaluation logic."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import code_of, make_client

from practice.permissions.policy import Request, evaluate, parse
from practice.signature import Key

ALLOW = {"Effect": "Allow", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def user(client, name, *statements):
    """A user with one inline policy: its key."""
    iam = client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], arn.split(":")[4], principal=arn)


def denial(call):
    with pytest.raises(ClientError) as error:
        call()
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


# ---- the engine, row by row: (statement, action, resource, context, what it says)

ROWS = [
    ({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}, "ec2:CreateVpc", "*", {}, "allow"),
    ({"Effect": "Allow", "Action": "EC2:createvpc", "Resource": "*"}, "ec2:CreateVpc", "*", {}, "allow"),
    ({"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}, "ec2:CreateVpc", "*", {}, "none"),
    ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "ec2:CreateVpc", "*", {}, "allow"),
    ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "iam:GetRole", "*", {}, "none"),
    ({"Effect": "Deny", "Action": "*", "Resource": "*"}, "ec2:CreateVpc", "*", {}, "deny"),
    ({"Effect": "Allow", "Action": "a:?et", "Resource": "*"}, "a:Get", "*", {}, "allow"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:aws:iam::1:role/P*"}, "a:Get", "arn:aws:iam::1:role/Px",
     {}, "allow"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:aws:iam::1:role/P*"}, "a:Get", "arn:aws:iam::1:role/x",
     {}, "none"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:aws:iam::1:role/p*"}, "a:Get", "arn:aws:iam::1:role/Px",
     {}, "none"),
    ({"Effect": "Allow", "Action": "a:Get", "NotResource": "arn:x"}, "a:Get", "arn:y", {}, "allow"),
    ({"Effect": "Allow", "Action": "a:Get", "NotResource": "arn:x"}, "a:Get", "arn:x", {}, "none"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:${aws:username}"}, "a:Get", "arn:camille",
     {"aws:username": ["camille"]}, "allow"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:${aws:username}"}, "a:Get", "arn:camille", {}, "none"),
    ({"Effect": "Allow", "Action": "a:Get", "Resource": "arn:${x:y, 'z'}"}, "a:Get", "arn:z", {}, "allow"),
]  # fmt: skip
CONDITIONS = [
    ("StringEquals", "A", ["a"], "none"), ("StringEquals", "a", ["a"], "allow"),
    ("StringEqualsIgnoreCase", "A", ["a"], "allow"), ("StringNotEquals", "a", ["b"], "allow"),
    ("StringNotEquals", "a", None, "allow"), ("StringLike", "a*", ["abc"], "allow"),
    ("StringNotLike", "a*", ["abc"], "none"), ("StringEqualsIfExists", "a", None, "allow"),
    ("StringEquals", "a", None, "none"), ("NumericLessThan", "5", ["4"], "allow"),
    ("NumericGreaterThanEquals", "5", ["4"], "none"), ("NumericEquals", "5", ["x"], "none"),
    ("Bool", "true", ["true"], "allow"), ("Bool", "false", ["true"], "none"),
    ("Null", "true", None, "allow"), ("Null", "false", None, "none"), ("Null", "false", ["x"], "allow"),
    ("IpAddress", "10.0.0.0/8", ["10.1.2.3"], "allow"), ("NotIpAddress", "10.0.0.0/8", ["10.1.2.3"], "none"),
    ("ArnLike", "arn:aws:ecs:*:1:*", ["arn:aws:ecs:eu-west-3:1:cluster/x"], "allow"),
    ("ArnEquals", "arn:aws:iam::1:role/x", ["arn:aws:iam::1:role/y"], "none"),
    ("DateLessThan", "2030-01-01T00:00:00Z", ["2026-11-24T00:00:00Z"], "allow"),
    ("DateGreaterThan", "2030-01-01T00:00:00Z", ["2026-11-24T00:00:00Z"], "none"),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], "allow"),
    ("ForAllValues:StringEquals", ["a"], ["a", "b"], "none"),
    ("ForAnyValue:StringEquals", ["a"], ["a", "b"], "allow"), ("ForAnyValue:StringEquals", ["c"], ["a"], "none"),
    ("ForAllValues:StringEquals", ["a"], None, "allow"), ("ForAnyValue:StringEquals", ["a"], None, "none"),
    ("NoSuchOperator", "a", ["a"], "none"),
]  # fmt: skip
ROWS += [
    ({**ALLOW, "Action": "a:Get", "Condition": {operator: {"K:ey": wanted}}}, "a:Get", "*",
     {} if value is None else {"k:ey": value}, said)
    for operator, wanted, value, said in CONDITIONS
]  # fmt: skip


@pytest.mark.parametrize(("statement", "action", "resource", "context", "said"), ROWS)
def test_statement(statement, action, resource, context, said):
    """One statement says allow, deny or nothing to one request."""
    request = Request("arn:aws:iam::1:user/x", "1", action, resource, context)
    verdict = evaluate(parse(document(statement)), request)
    assert ("deny" if verdict.denied else "allow" if verdict.allowed else "none") == said


def test_all_conditions_must_hold():
    """Operators and keys of one Condition are joined by and, values of one key by or."""
    condition = {"StringEquals": {"a": ["1", "2"], "b": "3"}, "Bool": {"c": "true"}}
    statements = parse(document({**ALLOW, "Action": "*", "Condition": condition}))
    for context, allowed in (
        ({"a": ["2"], "b": ["3"], "c": ["true"]}, True),
        ({"a": ["2"], "b": ["4"], "c": ["true"]}, False),
        ({"a": ["2"], "b": ["3"]}, False),
    ):
        assert evaluate(statements, Request("p", "1", "x:Y", "*", context)).allowed is allowed


# ---- the cloud


@pytest.mark.parametrize(
    ("service", "call", "code", "status", "action", "resource"),
    [
        ("ec2", lambda c: c.create_vpc(CidrBlock="10.1.0.0/16"), "UnauthorizedOperation", 403, "ec2:CreateVpc",
         "arn:aws:ec2:eu-west-3:123456789012:vpc/*"),
        ("iam", lambda c: c.get_role(RoleName="nobody"), "AccessDenied", 403, "iam:GetRole",
         "role nobody"),
        ("elbv2", lambda c: c.describe_load_balancers(), "AccessDenied", 403,
         "elasticloadbalancing:DescribeLoadBalancers", ""),
        ("ecs", lambda c: c.create_cluster(clusterName="x"), "AccessDeniedException", 400, "ecs:CreateCluster",
         "arn:aws:ecs:eu-west-3:123456789012:cluster/x"),
        ("logs", lambda c: c.create_log_group(logGroupName="/x"), "AccessDeniedException", 400, "logs:CreateLogGroup",
         "arn:aws:logs:eu-west-3:123456789012:log-group:/x:log-stream:"),
        ("secretsmanager", lambda c: c.create_secret(Name="a/b", SecretString="x"), "AccessDeniedException", 400,
         "secretsmanager:CreateSecret", "a/b"),
        ("kms", lambda c: c.create_key(), "AccessDeniedException", 400, "kms:CreateKey", "*"),
        ("apigatewayv2", lambda c: c.create_api(Name="x", ProtocolType="HTTP"), "AccessDeniedException", 403,
         "apigateway:POST", "arn:aws:apigateway:eu-west-3::/apis"),
        ("ecr", lambda c: c.create_repository(repositoryName="xyz"), "AccessDeniedException", 400,
         "ecr:CreateRepository", "arn:aws:ecr:eu-west-3:123456789012:repository/xyz"),
        ("resourcegroupstaggingapi", lambda c: c.get_resources(), "AccessDeniedException", 400, "tag:GetResources",
         ""),
        ("rds", lambda c: c.describe_db_instances(), "AccessDenied", 403, "rds:DescribeDBInstances", None),
    ],
)  # fmt: skip
def test_nothing_is_allowed_by_default(client, unique, service, call, code, status, action, resource):
    """A user without policies is denied everything, with code, status and words of the service (aws.md 0.3)."""
    key = user(client, unique)
    got = denial(lambda: call(client(service, key=key)))
    assert got[:2] == (code, status)
    where = "" if resource == "" else f" on resource: {resource or ''}"
    assert f"User: {key.principal} is not authorized to perform: {action}{where}" in got[2]
    assert "on resource" in got[2] or not where
    assert f"because no identity-based policy allows the {action} action" in got[2]
    assert ("Encoded authorization failure message" in got[2]) == (service == "ec2")


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda c: c.put_role_policy(RoleName="x", PolicyName="p", PolicyDocument="{}"), "role x"),
        (lambda c: c.attach_role_policy(RoleName="x", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"), "role x"),
        (lambda c: c.get_user(UserName="x"), "user x"),
        (lambda c: c.create_policy(PolicyName="x", PolicyDocument="{}"), "policy x"),
        (lambda c: c.get_policy(PolicyArn="arn:aws:iam::123456789012:policy/x"),
         "policy arn:aws:iam::123456789012:policy/x"),
        (lambda c: c.create_role(RoleName="x", AssumeRolePolicyDocument="{}"), "arn:aws:iam::123456789012:role/x"),
        (lambda c: c.tag_role(RoleName="x", Tags=[]), "arn:aws:iam::123456789012:role/x"),
        (lambda c: c.list_roles(), "arn:aws:iam::123456789012:role/"),
    ],
)  # fmt: skip
def test_iam_names_what_it_denies(client, unique, call, where):
    """By kind and name, or by ARN for what is created or tagged, as aws-cdk's issue 27067 and others quote it."""
    assert f" on resource: {where} because" in denial(lambda: call(client("iam", key=user(client, unique))))[2]


def test_who_am_i_needs_no_permission(client, unique):
    """GetCallerIdentity answers even under an explicit Deny (aws.md 2.1)."""
    key = user(client, unique, {"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert client("sts", key=key).get_caller_identity()["Arn"] == key.principal


def test_an_explicit_deny_wins(client, unique):
    """Deny beats Allow, in the words for it."""
    key = user(
        client, unique, {**ALLOW, "Action": "*"}, {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}
    )
    client("ec2", key=key).describe_vpcs()
    assert (
        "with an explicit deny in an identity-based policy" in denial(client("ecs", key=key).list_clusters)[2]
    )


def test_groups_and_managed_policies_count(client, unique):
    """A group's attached policy is its users' policy."""
    iam, key = client("iam"), user(client, unique)
    iam.create_group(GroupName=unique)
    iam.attach_group_policy(GroupName=unique, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert denial(client("ecs", key=key).list_clusters)
    iam.add_user_to_group(GroupName=unique, UserName=unique)
    client("ecs", key=key).list_clusters()
    assert denial(lambda: client("ecs", key=key).create_cluster(clusterName=unique))


def test_what_is_in_another_account_is_given_by_its_policy(cloud, client, unique):
    """Rights in one's own account are not enough for what another one has, be it a secret, a key or a role."""
    secret = client("secretsmanager").create_secret(Name=unique, SecretString="x")["ARN"]
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    there = Key("AKIAOTHERACCOUNT0001", "secret", "220000000002", unlimited=True)
    iam = make_client(cloud, "iam", key=cloud.credentials.add(there))
    iam.create_user(UserName=unique)
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**ALLOW, "Action": "*"}]})
    iam.put_user_policy(UserName=unique, PolicyName="all", PolicyDocument=document)
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    theirs = Key(made["AccessKeyId"], made["SecretAccessKey"], there.account)
    for service, call, action in (
        ("secretsmanager", lambda c: c.get_secret_value(SecretId=secret), "secretsmanager:GetSecretValue"),
        ("kms", lambda c: c.encrypt(KeyId=key, Plaintext=b"x"), "kms:Encrypt"),
    ):
        got = denial(lambda service=service, call=call: call(make_client(cloud, service, key=theirs)))
        assert got[0] == "AccessDeniedException"
        assert f"because no resource-based policy allows the {action} action" in got[2]
    make_client(cloud, "secretsmanager", key=theirs).create_secret(Name=unique, SecretString="x")


def test_a_permission_is_checked_before_existence(client, unique):
    """What is not allowed is AccessDenied, whether or not it exists; what is allowed and absent is not found."""
    key = user(client, unique, {**ALLOW, "Action": "iam:GetRole", "Resource": "arn:aws:iam::*:role/mine-*"})
    iam = client("iam", key=key)
    assert code_of(lambda: iam.get_role(RoleName="other")) == "AccessDenied"
    assert code_of(lambda: iam.get_role(RoleName="mine-x")) == "NoSuchEntity"


def test_tags_at_creation_need_the_tagging_action(client, unique):
    """CreateVpc with tags needs ec2:CreateTags too, which ec2:CreateAction can narrow (EC2 guide)."""
    create = {**ALLOW, "Action": "ec2:CreateVpc"}
    tag = {
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": "arn:aws:ec2:*:*:*",
        "Condition": {"StringEquals": {"ec2:CreateAction": "CreateVpc"}},
    }
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    only, both = user(client, unique, create), user(client, f"{unique}-2", create, tag)
    client("ec2", key=only).create_vpc(CidrBlock="10.9.0.0/16")
    got = denial(lambda: client("ec2", key=only).create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags))
    assert "ec2:CreateTags" in got[2]
    made = client("ec2", key=both).create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    assert denial(
        lambda: client("ec2", key=both).create_tags(Resources=[made], Tags=[{"Key": "c", "Value": "d"}])
    )


@pytest.mark.parametrize(
    ("service", "action", "call"),
    [
        ("ecs", "ecs:TagResource",
         lambda c, n: c.create_cluster(clusterName=n, tags=[{"key": "a", "value": "b"}])),
        ("logs", "logs:TagResource", lambda c, n: c.create_log_group(logGroupName=n, tags={"a": "b"})),
        ("secretsmanager", "secretsmanager:TagResource",
         lambda c, n: c.create_secret(Name=n, SecretString="x", Tags=[{"Key": "a", "Value": "b"}])),
        ("ecr", "ecr:TagResource",
         lambda c, n: c.create_repository(repositoryName=n, tags=[{"Key": "a", "Value": "b"}])),
        ("iam", "iam:TagRole", lambda c, n: c.create_role(
            RoleName=n, Tags=[{"Key": "a", "Value": "b"}],
            AssumeRolePolicyDocument=document({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                                               "Action": "sts:AssumeRole"}))),
        ("apigatewayv2", "apigateway:TagResource",
         lambda c, n: c.create_api(Name=n, ProtocolType="HTTP", Tags={"a": "b"})),
    ],
)  # fmt: skip
def test_each_service_has_its_tagging_action(client, unique, service, action, call):
    """Everything but the tagging action is not enough to create with tags (aws.md 10.3)."""
    deny = {"Effect": "Deny", "Action": action, "Resource": "*"}
    key = user(client, unique, {**ALLOW, "Action": "*"}, deny)
    assert f"not authorized to perform: {action}" in denial(lambda: call(client(service, key=key), unique))[2]
    client("iam").delete_user_policy(UserName=unique, PolicyName="own")
    client("iam").put_user_policy(
        UserName=unique, PolicyName="own", PolicyDocument=document({**ALLOW, "Action": "*"})
    )
    call(client(service, key=key), unique)


def test_resource_tags_narrow_what_may_be_deleted(client, unique):
    """aws:ResourceTag lets go what carries the tag and keeps the rest."""
    mine = {"Null": {"aws:ResourceTag/forestadmin:stack": "false"}}
    key = user(client, unique, {**ALLOW, "Action": "ec2:DeleteVpc", "Condition": mine})
    ec2 = client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "forestadmin:stack", "Value": "x"}]}]
    ours = ec2.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    others = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    assert code_of(lambda: client("ec2", key=key).delete_vpc(VpcId=others)) == "UnauthorizedOperation"
    client("ec2", key=key).delete_vpc(VpcId=ours)


TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


def register(ecs, family, role):
    return ecs.register_task_definition(
        family=family, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=role, containerDefinitions=[{"name": "a", "image": "x", "essential": True}],
    )  # fmt: skip


def test_pass_role(client, unique):
    """A role is passed only with iam:PassRole on it, to the service that the condition names."""
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ecs = {**ALLOW, "Action": "ecs:*"}

    def passing(service):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        return {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role, "Condition": condition}

    without = user(client, f"{unique}-1", ecs)
    wrong = user(client, f"{unique}-2", ecs, passing("lambda.amazonaws.com"))
    right = user(client, f"{unique}-3", ecs, passing("ecs-tasks.amazonaws.com"))
    for key in (without, wrong):
        got = denial(lambda key=key: register(client("ecs", key=key), unique, role))
        assert got[0] == "AccessDeniedException" and f"iam:PassRole on resource: {role}" in got[2]
    register(client("ecs", key=right), unique, role)


def test_boundary_limits_and_does_not_grant(client, unique):
    """A role may do what both its policies and its boundary allow."""
    iam = client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"})
    boundary = iam.create_policy(PolicyName=unique, PolicyDocument=document({**ALLOW, "Action": "ecs:*"}))
    role = iam.create_role(
        RoleName=unique, AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary["Policy"]["Arn"]
    )["Role"]["Arn"]
    key = session(client, role)
    assert "because no identity-based policy allows" in denial(client("ecs", key=key).list_clusters)[2]
    iam.put_role_policy(RoleName=unique, PolicyName="p", PolicyDocument=document({**ALLOW, "Action": "*"}))
    client("ecs", key=key).list_clusters()
    assert "because no permissions boundary allows" in denial(client("ec2", key=key).describe_vpcs)[2]


def session(client, role, **options):
    made = client("sts").assume_role(RoleArn=role, RoleSessionName="test", **options)["Credentials"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], "", token=made["SessionToken"])


def test_session_policy_limits(client, unique):
    """AssumeRole's Policy narrows the session."""
    iam = client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=unique, PolicyName="p", PolicyDocument=document({**ALLOW, "Action": "*"}))
    key = session(client, role, Policy=document({**ALLOW, "Action": "ecs:*"}))
    client("ecs", key=key).list_clusters()
    assert "because no session policy allows" in denial(client("ec2", key=key).describe_vpcs)[2]


def test_assume_role_needs_both_sides(client, unique):
    """A trust in the account is not enough for a user of it; a trust in the user itself is."""
    iam = client("iam")
    key = user(client, f"{unique}-u")
    for end, principal in (("account", "123456789012"), ("user", key.principal)):
        trust = document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})
        iam.create_role(RoleName=f"{unique}-{end}", AssumeRolePolicyDocument=trust)
    sts, arn = client("sts", key=key), f"arn:aws:iam::123456789012:role/{unique}-"
    assert code_of(lambda: sts.assume_role(RoleArn=f"{arn}account", RoleSessionName="test")) == "AccessDenied"
    sts.assume_role(RoleArn=f"{arn}user", RoleSessionName="test")
    iam.put_user_policy(
        UserName=f"{unique}-u", PolicyName="p",
        PolicyDocument=document({**ALLOW, "Action": "sts:AssumeRole", "Resource": f"{arn}account"}),
    )  # fmt: skip
    sts.assume_role(RoleArn=f"{arn}account", RoleSessionName="test")


def test_external_id(client, unique):
    """A trust that asks for an external id lets in only with it."""
    trust = document({
        "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
    })  # fmt: skip
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert code_of(lambda: session(client, role)) == "AccessDenied"
    session(client, role, ExternalId="42")


def test_secret_under_a_key_of_ones_own(client, unique):
    """A secret under a customer key is read only by who may decrypt with it through Secrets Manager."""
    kms, secrets = client("kms"), client("secretsmanager")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name=unique, SecretString="x", KmsKeyId=arn)
    read = {**ALLOW, "Action": "secretsmanager:GetSecretValue"}
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-3.amazonaws.com"}}
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn, "Condition": via}
    without, key = user(client, f"{unique}-1", read), user(client, f"{unique}-2", read, decrypt)
    got = denial(lambda: client("secretsmanager", key=without).get_secret_value(SecretId=unique))
    assert "kms:Decrypt" in got[2]
    client("secretsmanager", key=key).get_secret_value(SecretId=unique)


def test_key_policy_decides_over_iam(client, unique):
    """A key whose policy trusts nobody of the account cannot be used by IAM's word alone (KMS guide)."""
    kms = client("kms")
    key = user(client, unique, {**ALLOW, "Action": "kms:*"})
    other = user(client, f"{unique}-2").principal
    closed = document({"Effect": "Allow", "Principal": {"AWS": other},
                       "Action": "kms:*", "Resource": "*"})  # fmt: skip
    arn = kms.create_key(Policy=closed, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
    assert denial(lambda: client("kms", key=key).describe_key(KeyId=arn))[0] == "AccessDeniedException"


# ---- simulation


def decisions(answer):
    return {
        (r["EvalActionName"], r["EvalResourceName"]): r["EvalDecision"] for r in answer["EvaluationResults"]
    }


def test_simulate_principal_policy(client, unique):
    """SimulatePrincipalPolicy says what the policies of a user would say, and changes nothing (aws.md 10.3)."""
    key = user(client, unique, {**ALLOW, "Action": "ecs:*"}, {"Effect": "Deny", "Action": "ecs:DeleteCluster",
                                                             "Resource": "*"})  # fmt: skip
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=key.principal, ActionNames=["ecs:CreateCluster", "ecs:DeleteCluster", "ec2:CreateVpc"]
    )
    assert decisions(answer) == {
        ("ecs:CreateCluster", "*"): "allowed",
        ("ecs:DeleteCluster", "*"): "explicitDeny",
        ("ec2:CreateVpc", "*"): "implicitDeny",
    }
    allowed = answer["EvaluationResults"][0]
    assert allowed["MatchedStatements"][0]["SourcePolicyId"] == "own" and answer["IsTruncated"] is False


def test_simulate_with_context(client, unique):
    """Condition keys count when they are given, and are missing otherwise."""
    statement = {**ALLOW, "Action": "iam:PassRole",
                 "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}  # fmt: skip
    key = user(client, unique, statement)
    call = {"PolicySourceArn": key.principal, "ActionNames": ["iam:PassRole"]}
    first = client("iam").simulate_principal_policy(**call)["EvaluationResults"][0]
    assert (first["EvalDecision"], first["MissingContextValues"]) == ("implicitDeny", ["iam:PassedToService"])
    entry = {"ContextKeyName": "iam:PassedToService", "ContextKeyValues": ["ecs-tasks.amazonaws.com"],
             "ContextKeyType": "string"}  # fmt: skip
    again = client("iam").simulate_principal_policy(**call, ContextEntries=[entry])["EvaluationResults"][0]
    assert again["EvalDecision"] == "allowed"


def test_simulate_refuses_what_is_no_source(client, unique):
    """A session's ARN is no source, an absent user is NoSuchEntity; the simulation needs its own permission."""
    iam = client("iam")

    def simulate(who, arn):
        return who.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ecs:CreateCluster"])

    session_arn = "arn:aws:sts::123456789012:assumed-role/x/y"
    assert code_of(lambda: simulate(iam, session_arn)) == "InvalidInput"
    assert code_of(lambda: simulate(iam, "arn:aws:iam::123456789012:user/absent")) == "NoSuchEntity"
    key = user(client, unique)
    assert code_of(lambda: simulate(client("iam", key=key), key.principal)) == "AccessDenied"


def test_simulate_custom_policy(client):
    """SimulateCustomPolicy tries documents that are nowhere stored, resource by resource."""
    policy = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"})
    answer = client("iam").simulate_custom_policy(
        PolicyInputList=[policy],
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::a/b", "arn:aws:s3:::c/d"],
    )
    assert decisions(answer) == {
        ("s3:GetObject", "arn:aws:s3:::a/b"): "allowed",
        ("s3:GetObject", "arn:aws:s3:::c/d"): "implicitDeny",
    }


def test_linked_role_is_made_in_the_callers_name(client, cloud, unique):
    """The first VPC link of an account needs iam:CreateServiceLinkedRole of whoever makes it (aws.md 2.5)."""
    account = "444455556666"
    other = Key(f"AKIA{unique[2:].upper():0<16}", "s" * 40, account, unlimited=True)
    cloud.credentials.add(other)
    iam = client("iam", key=other)
    iam.create_user(UserName=unique)
    iam.put_user_policy(
        UserName=unique, PolicyName="p", PolicyDocument=document({**ALLOW, "Action": "apigateway:*"})
    )
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], account)
    subnets = [s["SubnetId"] for s in client("ec2", key=other).describe_subnets()["Subnets"]][:1]

    def link(who):
        return client("apigatewayv2", key=who).create_vpc_link(Name=unique, SubnetIds=subnets)

    assert "iam:CreateServiceLinkedRole" in denial(lambda: link(key))[2]
    link(other)
    link(key)
