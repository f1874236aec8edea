# SPDX-License-Identifier: MIT
"""AssumeRoleWithWebIdentity: unsigned, for a token of a provider that the account knows, as the role's trust says."""

import base64
import json
import time

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from conftest import code_of, make_client, status_of

from practice.signature import Key

AUDIENCE = "sts.amazonaws.com"


def token_of(issuer, **claims):
    """A token as a provider makes it; its signature is nobody's."""
    body = {"iss": f"https://{issuer}", "aud": AUDIENCE, "sub": "repo:acme/shop:ref:refs/heads/main",
            "exp": int(time.time()) + 600} | claims  # fmt: skip
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, body)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))


@pytest.fixture
def sts(cloud):
    """A client without any key."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return boto3.client("sts", region_name=cloud.region, endpoint_url=cloud.url, config=config)


@pytest.fixture
def role(cloud, client, unique):
    """A provider of the account and a role that trusts one subject of it."""
    iam, issuer = client("iam"), f"{unique}.example.com"
    arn = iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[AUDIENCE])
    condition = {f"{issuer}:sub": "repo:acme/shop:ref:refs/heads/main", f"{issuer}:aud": AUDIENCE}
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": arn["OpenIDConnectProviderArn"]},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": condition}}]}  # fmt: skip
    made = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    return {"arn": made["Arn"], "name": unique, "issuer": issuer, "provider": arn["OpenIDConnectProviderArn"]}


def taker(sts, role, **more):
    given = {"RoleArn": role["arn"], "RoleSessionName": "run-1", "WebIdentityToken": token_of(role["issuer"])}
    return lambda **other: sts.assume_role_with_web_identity(**given | more | other)


def test_a_session_without_a_signature(cloud, sts, role):
    """The session is one of the role's, and its keys work."""
    made = taker(sts, role)()
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{cloud.account}:assumed-role/{role['name']}/run-1"
    assert made["SubjectFromWebIdentityToken"] == "repo:acme/shop:ref:refs/heads/main"
    assert (made["Audience"], made["Provider"]) == (AUDIENCE, role["provider"])
    keys = made["Credentials"]
    key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], cloud.account, token=keys["SessionToken"])
    caller = make_client(cloud, "sts", key=key).get_caller_identity()
    assert caller["Arn"] == made["AssumedRoleUser"]["Arn"]
    assert code_of(make_client(cloud, "ecs", key=key).list_clusters) == "AccessDeniedException"  # it has no policy


def test_a_session_policy_narrows(cloud, client, sts, role):
    """What the role may do, the session policy narrows."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    client("iam").put_role_policy(RoleName=role["name"], PolicyName="all", PolicyDocument=json.dumps(everything))
    only = json.dumps(everything).replace('"Action": "*"', '"Action": "ecs:ListClusters"')
    keys = taker(sts, role, Policy=only)()["Credentials"]
    key = Key(keys["AccessKeyId"], keys["SecretAccessKey"], cloud.account, token=keys["SessionToken"])
    make_client(cloud, "ecs", key=key).list_clusters()
    assert code_of(make_client(cloud, "ec2", key=key).describe_vpcs) == "UnauthorizedOperation"


def test_what_is_no_token_of_ours(sts, role):
    """No token, one of a provider that nobody knows, one for others: InvalidIdentityToken; an ended one has ended."""
    take, issuer = taker(sts, role), role["issuer"]
    for token in ("a.token.of-nobody", token_of("unknown.example.com"), token_of(issuer, aud="others")):
        assert code_of(lambda token=token: take(WebIdentityToken=token)) == "InvalidIdentityToken", token
    assert status_of(lambda: take(WebIdentityToken="none")) == 400
    ended = token_of(issuer, exp=int(time.time()) - 1)
    assert code_of(lambda: take(WebIdentityToken=ended)) == "ExpiredTokenException"


def test_whom_the_role_does_not_trust(cloud, client, sts, role):
    """Another subject, no such role, a role for others: AccessDenied; not longer than the role allows."""
    take = taker(sts, role)
    other = token_of(role["issuer"], sub="repo:mallory/shop:ref:refs/heads/main")
    assert code_of(lambda: take(WebIdentityToken=other)) == "AccessDenied"
    assert status_of(lambda: take(RoleArn=role["arn"] + "-none")) == 403
    assert code_of(lambda: take(DurationSeconds=7200)) == "ValidationError"
    assert code_of(lambda: take(RoleArn="arn:aws:iam::none:role/x-and-more")) == "ValidationError"


def test_only_this_call_needs_no_signature(cloud, sts):
    """Any other call without a signature is refused."""
    assert code_of(sts.get_caller_identity) == "MissingAuthenticationToken"
