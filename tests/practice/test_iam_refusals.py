# SPDX-License-Identifier: MIT
"""What IAM and STS refuse: a table of claims, each with the call and the error code (IAM and STS API references)."""

import json
import types

import pytest
from conftest import code_of, make_client

from practice.signature import Key

MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ACCOUNT = "123456789012"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(statements)})


def trust(**changes):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return policy({**statement, **changes})


TRUSTING = trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


@pytest.fixture(scope="module")
def w(client):
    """The world: roles `plain` (trusts ECS) and `open` (trusts the account), a policy that is attached."""
    iam = client("iam", parameter_validation=False)
    w = types.SimpleNamespace(iam=iam, sts=client("sts", parameter_validation=False))
    w.plain = iam.create_role(RoleName="probe-plain", AssumeRolePolicyDocument=trust())["Role"]["Arn"]
    w.open = iam.create_role(RoleName="probe-open", AssumeRolePolicyDocument=TRUSTING)["Role"]["Arn"]
    iam.put_role_policy(RoleName="probe-plain", PolicyName="inline", PolicyDocument=policy(ALLOW))
    w.own = iam.create_policy(PolicyName="probe-own", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="probe-plain", PolicyArn=w.own)
    w.bound = iam.create_policy(PolicyName="probe-bound", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
    iam.create_user(UserName="probe-bounded", PermissionsBoundary=w.bound)
    iam.create_role(RoleName="probe-full", AssumeRolePolicyDocument=trust())
    for n in range(10):
        arn = iam.create_policy(PolicyName=f"probe-{n}", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="probe-full", PolicyArn=arn)
    made = iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com")["Role"]
    w.linked = made["RoleName"]
    return w


def test_services_make_their_roles(cloud):
    """The first cluster and the first target group of an account make the service's role there."""
    account = "220000000001"
    key = cloud.credentials.add(Key("AKIATESTLINKEDROLES0", "secret", account, unlimited=True))
    iam, path = make_client(cloud, "iam", key=key), "/aws-service-role/"
    names = lambda: {one["RoleName"] for one in iam.list_roles(PathPrefix=path)["Roles"]}
    assert names() == set()
    make_client(cloud, "ecs", key=key).create_cluster(clusterName="first")
    assert names() == {"AWSServiceRoleForECS"}


def role(w, **changes):
    return w.iam.create_role(**{"RoleName": "probe-new", "AssumeRolePolicyDocument": trust(), **changes})


def inline(w, document, name="probe-plain"):
    return w.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)


def assume(w, arn=None, **more):
    return w.sts.assume_role(RoleArn=arn or w.open, **{"RoleSessionName": "probe", **more})


LONG = ["arn:aws:s3:::" + "b" * 60 + f"/{n}" for n in range(200)]

ROWS = [
    # ---- roles
    ("a role's name is there once", lambda w: role(w, RoleName="probe-plain"), "EntityAlreadyExists"),
    ("nor in other letters", lambda w: role(w, RoleName="PROBE-Plain"), "EntityAlreadyExists"),
    ("a name has at most 64 characters", lambda w: role(w, RoleName="n" * 65), "ValidationError"),
    ("a name has no spaces", lambda w: role(w, RoleName="a b"), "ValidationError"),
    ("a path begins and ends with a slash", lambda w: role(w, Path="foo"), "ValidationError"),
    ("AWS's path is its own", lambda w: role(w, Path="/aws-service-role/x/"), "InvalidInput"),
    ("a session lasts an hour at least", lambda w: role(w, MaxSessionDuration=600), "ValidationError"),
    ("a boundary exists", lambda w: role(w, PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/none"),
     "NoSuchEntity"),
    ("tag keys are there once", lambda w: role(w, Tags=[{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]),
     "InvalidInput"),
    ("a described role exists", lambda w: w.iam.get_role(RoleName="none"), "NoSuchEntity"),
    ("a deleted role exists", lambda w: w.iam.delete_role(RoleName="none"), "NoSuchEntity"),
    ("a role with policies stays", lambda w: w.iam.delete_role(RoleName="probe-plain"), "DeleteConflict"),
    # ---- trust policies
    ("a trust policy is JSON", lambda w: role(w, AssumeRolePolicyDocument="{"), "MalformedPolicyDocument"),
    ("a trust policy has statements", lambda w: role(w, AssumeRolePolicyDocument="{}"), "MalformedPolicyDocument"),
    ("a trust policy has a principal", lambda w: role(w, AssumeRolePolicyDocument=policy(
        {"Effect": "Allow", "Action": "sts:AssumeRole"})), "MalformedPolicyDocument"),
    ("a trust policy has no resource", lambda w: role(w, AssumeRolePolicyDocument=trust(Resource="*")),
     "MalformedPolicyDocument"),
    ("a trust policy is for STS", lambda w: role(w, AssumeRolePolicyDocument=trust(Action="s3:GetObject")),
     "MalformedPolicyDocument"),
    ("a trusted role exists", lambda w: role(w, AssumeRolePolicyDocument=trust(
        Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"})), "MalformedPolicyDocument"),
    ("a trusted service exists", lambda w: role(w, AssumeRolePolicyDocument=trust(
        Principal={"Service": "nothing.amazonaws.com"})), "MalformedPolicyDocument"),
    ("a principal is of a kind", lambda w: role(w, AssumeRolePolicyDocument=trust(Principal={"Who": "x"})),
     "MalformedPolicyDocument"),
    ("an effect is written so", lambda w: role(w, AssumeRolePolicyDocument=trust(Effect="allow")),
     "MalformedPolicyDocument"),
    ("a condition's operator exists", lambda w: role(w, AssumeRolePolicyDocument=trust(
        Condition={"StringEqual": {"aws:SourceAccount": ACCOUNT}})), "MalformedPolicyDocument"),
    ("a version is one of two", lambda w: role(w, AssumeRolePolicyDocument=trust().replace("2012", "2024")),
     "MalformedPolicyDocument"),
    ("a trust policy has at most 2048 characters", lambda w: role(w, AssumeRolePolicyDocument=trust(
        Condition={"StringEquals": {"aws:SourceAccount": [ACCOUNT] * 200}})), "LimitExceeded"),
    # ---- policies
    ("a policy is JSON", lambda w: inline(w, "{"), "MalformedPolicyDocument"),
    ("a policy has a resource", lambda w: inline(w, policy({"Effect": "Allow", "Action": "s3:*"})),
     "MalformedPolicyDocument"),
    ("an action has its service", lambda w: inline(w, policy({**ALLOW, "Action": "get"})), "MalformedPolicyDocument"),
    ("an identity policy has no principal", lambda w: inline(w, policy({**ALLOW, "Principal": "*"})),
     "MalformedPolicyDocument"),
    ("inline policies have at most 10240 characters", lambda w: inline(w, policy({**ALLOW, "Resource": LONG})),
     "LimitExceeded"),
    ("a policy's role exists", lambda w: inline(w, policy(ALLOW), "none"), "NoSuchEntity"),
    ("a deleted inline policy exists", lambda w: w.iam.delete_role_policy(RoleName="probe-plain", PolicyName="none"),
     "NoSuchEntity"),
    ("a managed policy has at most 6144 characters", lambda w: w.iam.create_policy(
        PolicyName="probe-large", PolicyDocument=policy({**ALLOW, "Resource": LONG[:90]})), "LimitExceeded"),
    ("a managed policy is there once", lambda w: w.iam.create_policy(
        PolicyName="Probe-OWN", PolicyDocument=policy(ALLOW)), "EntityAlreadyExists"),
    ("an attached policy stays", lambda w: w.iam.delete_policy(PolicyArn=w.own), "DeleteConflict"),
    ("a boundary stays", lambda w: w.iam.delete_policy(PolicyArn=w.bound), "DeleteConflict"),
    ("AWS's policies stay", lambda w: w.iam.delete_policy(PolicyArn=MANAGED), "AccessDenied"),
    ("what is attached exists", lambda w: w.iam.attach_role_policy(
        RoleName="probe-plain", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/none"), "NoSuchEntity"),
    ("what is attached is an ARN", lambda w: w.iam.attach_role_policy(
        RoleName="probe-plain", PolicyArn="ReadOnlyAccess-of-aws"), "InvalidInput"),
    ("an ARN has six parts", lambda w: w.iam.attach_role_policy(
        RoleName="probe-plain", PolicyArn="arn:aws:iam::policy/none-such"), "InvalidInput"),
    ("what is detached is attached", lambda w: w.iam.detach_role_policy(RoleName="probe-plain", PolicyArn=MANAGED),
     "NoSuchEntity"),
    ("a role has at most ten policies", lambda w: w.iam.attach_role_policy(RoleName="probe-full", PolicyArn=MANAGED),
     "LimitExceeded"),
    ("a list's marker is IAM's", lambda w: w.iam.list_roles(Marker="x"), "ValidationError"),
    # ---- service-linked roles
    ("a linked role is there once", lambda w: w.iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com"),
     "InvalidInput"),
    ("a linked role's service has one", lambda w: w.iam.create_service_linked_role(
        AWSServiceName="nothing.amazonaws.com"), "InvalidInput"),
    ("a linked role is AWS's", lambda w: w.iam.delete_role(RoleName=w.linked), "UnmodifiableEntity"),
    ("nobody gives it policies", lambda w: inline(w, policy(ALLOW), w.linked), "UnmodifiableEntity"),
    ("a deleted linked role exists", lambda w: w.iam.delete_service_linked_role(RoleName="none"), "NoSuchEntity"),
    # ---- STS
    ("an assumed role exists", lambda w: assume(w, f"arn:aws:iam::{ACCOUNT}:role/none"), "AccessDenied"),
    ("an assumed role trusts", lambda w: assume(w, w.plain), "AccessDenied"),
    ("a role is named by its ARN", lambda w: assume(w, "probe-open-but-no-arn"), "ValidationError"),
    ("a session is as long as the role says", lambda w: assume(w, DurationSeconds=7200), "ValidationError"),
    ("a session lasts 15 minutes at least", lambda w: assume(w, DurationSeconds=60), "ValidationError"),
    ("a session's name has no spaces", lambda w: assume(w, RoleSessionName="a b"), "ValidationError"),
]  # fmt: skip


@pytest.mark.parametrize("claim, call, code", ROWS, ids=[row[0].replace(" ", "-") for row in ROWS])
def test_refused(w, claim, call, code):
    """Each row: what the rule is called, a call against it, AWS's code."""
    assert code_of(lambda: call(w)) == code


def test_policy_goes_after_its_versions(w):
    """DeletePolicy is refused while another version is there."""
    arn = w.iam.create_policy(PolicyName="probe-versions", PolicyDocument=policy(ALLOW))["Policy"]["Arn"]
    w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW))
    assert code_of(lambda: w.iam.delete_policy(PolicyArn=arn)) == "DeleteConflict"
    w.iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    w.iam.delete_policy(PolicyArn=arn)


def test_policies_of_others_keep_their_size(w):
    """An inline policy counts with the role's others, and replaces the one of its name."""
    w.iam.create_role(RoleName="probe-size", AssumeRolePolicyDocument=trust())
    half = policy({**ALLOW, "Resource": LONG[:75]})
    put = lambda name: w.iam.put_role_policy(RoleName="probe-size", PolicyName=name, PolicyDocument=half)
    put("one")
    put("one")
    assert code_of(lambda: put("two")) == "LimitExceeded"


def test_linked_role_is_made_by_its_service(client, vpc, unique):
    """The first load balancer of an account brings its service's role, under the path of such roles."""
    client("elbv2").create_target_group(
        Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip"
    )
    role = client("iam").get_role(RoleName="AWSServiceRoleForElasticLoadBalancing")["Role"]
    assert role["Path"] == "/aws-service-role/elasticloadbalancing.amazonaws.com/"


@pytest.mark.parametrize("service, name", [
    ("ops.apigateway", "AWSServiceRoleForAPIGateway"),
    ("ecs.application-autoscaling", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
])  # fmt: skip
def test_linked_roles_have_their_services_names(client, service, name):
    """The name is the service's own, whoever made the role first."""
    iam = client("iam")
    try:
        made = iam.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")["Role"]["RoleName"]
        assert made == name
    except iam.exceptions.InvalidInputException:
        assert iam.get_role(RoleName=name)["Role"]["Path"] == f"/aws-service-role/{service}.amazonaws.com/"


def test_new_role_is_not_assumable_at_once(client, cloud, at_scale, unique):
    """IAM's changes take seconds: neither STS nor ECS knows a role that was just made."""
    at_scale(0.05)
    iam, sts, ecs = client("iam"), client("sts"), client("ecs")
    arn = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUSTING)["Role"]["Arn"]
    definition = {
        "family": unique,
        "executionRoleArn": arn,
        "containerDefinitions": [{"name": "c", "image": "i", "memory": 128}],
    }
    assert code_of(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="ab")) == "AccessDenied"
    assert code_of(lambda: ecs.register_task_definition(**definition)) == "ClientException"
    at_scale(0)
    sts.assume_role(RoleArn=arn, RoleSessionName="ab")
    ecs.register_task_definition(**definition)


def test_sessions_are_not_chained_for_long(w, cloud):
    """A session of a role gets an hour at most, and no session token."""
    w.iam.create_role(RoleName="probe-long", AssumeRolePolicyDocument=TRUSTING, MaxSessionDuration=14400)
    arn = w.iam.get_role(RoleName="probe-long")["Role"]["Arn"]
    assert assume(w, arn, DurationSeconds=14400)["Credentials"]
    given = assume(w)["Credentials"]
    session = Key(
        given["AccessKeyId"], given["SecretAccessKey"], ACCOUNT, principal="", token=given["SessionToken"]
    )
    sts = make_client(cloud, "sts", key=session)
    longer = lambda: sts.assume_role(RoleArn=arn, RoleSessionName="ab", DurationSeconds=3601)
    assert code_of(longer) == "ValidationError"
    assert code_of(sts.get_session_token) == "AccessDenied"


def test_session_token_of_a_user_works(w, cloud):
    """The keys of GetSessionToken sign requests, as their user."""
    given = w.sts.get_session_token()["Credentials"]
    session = Key(
        given["AccessKeyId"], given["SecretAccessKey"], ACCOUNT, principal="", token=given["SessionToken"]
    )
    caller = make_client(cloud, "sts", key=session).get_caller_identity()
    assert caller["Arn"] == w.sts.get_caller_identity()["Arn"]


def test_federated_user_has_a_name(w, cloud):
    given = w.sts.get_federation_token(Name="bob")["Credentials"]
    session = Key(
        given["AccessKeyId"], given["SecretAccessKey"], ACCOUNT, principal="", token=given["SessionToken"]
    )
    caller = make_client(cloud, "sts", key=session).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{bad", "MalformedPolicyDocument"),
        ('{"Statement": []}', "MalformedPolicyDocument"),
        ('{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "MalformedPolicyDocument"),
        ('{"Statement": [{"Effect": "Allow", "Action": "*", "Principal": "*"}]}', "MalformedPolicyDocument"),
        ('{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "' + "x" * 2048 + '"}]}',
         "PackedPolicyTooLarge"),
    ],
)
def test_session_policy_is_a_policy(client, unique, policy, code):
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Statement": [trust]})
    arn = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    assume = lambda **more: client("sts").assume_role(RoleArn=arn, RoleSessionName="test", **more)
    assert code_of(lambda: assume(Policy=policy)) == code
    assert assume(Policy='{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')["Credentials"]
