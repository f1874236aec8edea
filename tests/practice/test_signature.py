# SPDX-License-Identifier: MIT
"""Signatures are verified as AWS does: key, token, expiry, signed headers, scope, date, and the signature itself."""

import datetime
import http.client

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from conftest import OPERATOR

from practice.signature import Key

SERVICES = {  # service -> (call, code of a wrong secret, its status, code of an unknown key)
    "sts": (lambda c: c.get_caller_identity(), "SignatureDoesNotMatch", 403, "InvalidClientTokenId"),
    "iam": (lambda c: c.list_roles(), "SignatureDoesNotMatch", 403, "InvalidClientTokenId"),
    "elbv2": (lambda c: c.describe_load_balancers(), "SignatureDoesNotMatch", 403, "InvalidClientTokenId"),
    "rds": (lambda c: c.describe_db_instances(), "SignatureDoesNotMatch", 403, "InvalidClientTokenId"),
    "ec2": (lambda c: c.describe_vpcs(), "AuthFailure", 401, "AuthFailure"),
    "ecs": (lambda c: c.list_clusters(), "InvalidSignatureException", 400, "UnrecognizedClientException"),
    "ecr": (
        lambda c: c.describe_repositories(),
        "InvalidSignatureException",
        400,
        "UnrecognizedClientException",
    ),
    "secretsmanager": (
        lambda c: c.list_secrets(),
        "InvalidSignatureException",
        400,
        "UnrecognizedClientException",
    ),
    "apigatewayv2": (lambda c: c.get_apis(), "InvalidSignatureException", 403, "UnrecognizedClientException"),
}


def refused(call):
    with pytest.raises(ClientError) as error:
        call()
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("service", SERVICES)
def test_good_key_passes(client, service):
    SERVICES[service][0](client(service))


@pytest.mark.parametrize("service", SERVICES)
def test_wrong_secret(client, service):
    """A wrong secret gets the code and the status of the service's protocol."""
    call, code, status, _ = SERVICES[service]
    wrong = Key(OPERATOR.access_key, OPERATOR.secret[:-1] + "x", OPERATOR.account, token=None)
    assert refused(lambda: call(client(service, key=wrong, user_agent_extra="wrong"))) == (code, status)


@pytest.mark.parametrize("service", SERVICES)
def test_unknown_key(client, service):
    call, _, _, code = SERVICES[service]
    unknown = Key("AKIAUNKNOWN000000000", OPERATOR.secret, OPERATOR.account)
    assert refused(lambda: call(client(service, key=unknown)))[0] == code


def test_ec2_says_no_more_than_that(client):
    """One sentence for a wrong secret and an unknown key, as users of the AWS CLI quote it."""
    for key in (
        Key(OPERATOR.access_key, "wrong", OPERATOR.account),
        Key("AKIAUNKNOWN000000000", OPERATOR.secret, OPERATOR.account),
    ):
        with pytest.raises(ClientError, match="AWS was not able to validate the provided access credentials$"):
            client("ec2", key=key, user_agent_extra="wrong").describe_vpcs()


def test_session_token_is_needed_and_right(cloud, client):
    """A temporary key works with its token only; an expired one says so."""
    key = cloud.credentials.add(Key("ASIATEMPORARY0000001", "s" * 40, cloud.account, token="t" * 30))
    assert client("sts", key=key).get_caller_identity()["Account"] == cloud.account
    for token in (None, "other"):
        wrong = Key(key.access_key, key.secret, key.account, token=token)
        assert refused(client("sts", key=wrong).get_caller_identity)[0] == "InvalidClientTokenId"
    key.expires = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=1)
    assert refused(client("sts", key=key).get_caller_identity) == ("ExpiredToken", 403)
    assert refused(client("ecs", key=key).list_clusters)[0] == "ExpiredTokenException"
    assert refused(client("ec2", key=key).describe_vpcs)[0] == "RequestExpired"


def test_token_with_a_long_lived_key_is_refused(client):
    wrong = Key(OPERATOR.access_key, OPERATOR.secret, OPERATOR.account, token="surplus")
    assert refused(client("sts", key=wrong).get_caller_identity)[0] == "InvalidClientTokenId"


BODY = b"Action=GetCallerIdentity&Version=2011-06-15"


def signed(cloud, body=BODY, shift=0, service="sts", region="eu-west-3", extra=None):
    """A signed STS request: its headers. shift moves the date by seconds."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(extra or {})}
    request = AWSRequest("POST", cloud.url + "/", headers=headers, data=body)

    signer = SigV4Auth(BotoCredentials(OPERATOR.access_key, OPERATOR.secret), service, region)
    date = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=shift)).strftime(
        "%Y%m%dT%H%M%SZ"
    )
    request.context["timestamp"] = date
    signer._modify_request_before_signing(request)
    string = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(string, request))
    return dict(request.headers)


def post(cloud, headers, body=BODY, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", cloud.config.port)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_own_signature_passes(cloud):
    """The helper of the tests below signs rightly, so that each of them fails for its own reason."""
    assert post(cloud, signed(cloud))[0] == 200


def test_altered_body(cloud):
    status, text = post(cloud, signed(cloud), BODY + b"&Extra=1")
    assert status == 403 and "SignatureDoesNotMatch" in text


def test_altered_query(cloud):
    status, text = post(cloud, signed(cloud), path="/?Extra=1")
    assert status == 403 and "SignatureDoesNotMatch" in text


@pytest.mark.parametrize(("shift", "text"), [(-400, "Signature expired"), (400, "Signature not yet current")])
def test_skew(cloud, shift, text):
    """More than five minutes off is refused, with AWS's words."""
    status, body = post(cloud, signed(cloud, shift=shift))
    assert status == 403 and "SignatureDoesNotMatch" in body and text in body
    assert post(cloud, signed(cloud, shift=shift * 3 // 5))[0] == 200


def test_date_of_the_scope_must_be_that_of_the_request(cloud):
    headers = signed(cloud)
    day = headers["X-Amz-Date"][:8]
    headers["Authorization"] = headers["Authorization"].replace(f"/{day}/", "/20200101/")
    status, text = post(cloud, headers)
    assert status == 403 and "Date in Credential scope" in text


@pytest.mark.parametrize("header", ["host", "x-amz-date", "content-type"])
def test_headers_that_must_be_signed(cloud, header):
    """Dropping a header from SignedHeaders is refused before the signature is compared."""
    headers = signed(cloud)
    start, _, rest = headers["Authorization"].partition("SignedHeaders=")
    names, _, end = rest.partition(",")
    kept = ";".join(name for name in names.split(";") if name != header)
    headers["Authorization"] = f"{start}SignedHeaders={kept},{end}"
    status, text = post(cloud, headers)
    assert status == 403 and f"'{header}' must be a 'SignedHeader'" in text.replace("&apos;", "'")


def test_unsigned_amz_header(cloud):
    headers = signed(cloud)
    headers["X-Amz-Target"] = "Other.Operation"
    status, text = post(cloud, headers)
    assert status == 403 and "x-amz-target" in text


def test_without_signature(cloud):
    status, text = post(cloud, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 403 and "MissingAuthenticationToken" in text


def test_malformed_authorization(cloud):
    status, text = post(cloud, {**signed(cloud), "Authorization": "AWS4-HMAC-SHA256 Credential=x"})
    assert status == 400 and "IncompleteSignature" in text


def test_iam_is_scoped_to_us_east_1(cloud):
    """IAM is signed for us-east-1 whatever the region that the rest is done in."""
    body = b"Action=ListRoles&Version=2010-05-08"
    assert post(cloud, signed(cloud, body, service="iam", region="us-east-1"), body)[0] == 200
    status, text = post(cloud, signed(cloud, body, service="iam"), body)
    assert status == 403 and "Credential should be scoped to a valid region" in text


def test_assumed_role_signs_with_its_token(cloud, client, unique):
    """AssumeRole gives keys that verify, of the role's principal; a stranger's trust is AccessDenied."""
    iam, sts = client("iam"), client("sts")
    trust = '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}'
    mine = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust % cloud.account)["Role"]["Arn"]
    other = iam.create_role(RoleName=unique + "x", AssumeRolePolicyDocument=trust % "999999999999")["Role"][
        "Arn"
    ]
    allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}'
    iam.put_role_policy(RoleName=unique, PolicyName="p", PolicyDocument=allowed)
    made = sts.assume_role(RoleArn=mine, RoleSessionName="s1")["Credentials"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], cloud.account, token=made["SessionToken"])
    assert client("sts", key=key).get_caller_identity()["Arn"].endswith(f"assumed-role/{unique}/s1")
    assert client("ecs", key=key).list_clusters()["clusterArns"] is not None
    for role in (other, mine + "-absent"):
        assert refused(lambda role=role: sts.assume_role(RoleArn=role, RoleSessionName="s1")) == (
            "AccessDenied",
            403,
        )


def test_key_of_a_user(client, unique):
    """A key made by CreateAccessKey works until it is made inactive or deleted."""
    iam = client("iam")
    arn = iam.create_user(UserName=unique)["User"]["Arn"]
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], "")
    assert client("sts", key=key).get_caller_identity()["Arn"] == arn
    iam.update_access_key(UserName=unique, AccessKeyId=key.access_key, Status="Inactive")
    assert refused(client("sts", key=key).get_caller_identity)[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName=unique, AccessKeyId=key.access_key, Status="Active")
    client("sts", key=key).get_caller_identity()
    iam.delete_access_key(UserName=unique, AccessKeyId=key.access_key)
    assert refused(client("sts", key=key).get_caller_identity)[0] == "InvalidClientTokenId"
