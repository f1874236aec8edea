# SPDX-License-Identifier: MIT
"""The sample world as a client sees it: profiles of every kind, networks to choose from, names that are hard."""

import configparser
import json
import os
import platform
import stat
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError

from practice.seed import base, sample

if os.environ.get("PRACTICE_TEST_PARTS") is not None:
    pytest.skip("this run has no sample world (PRACTICE_TEST_PARTS)", allow_module_level=True)

CAMILLE = f"arn:aws:iam::{sample.PRODUCTION_ACCOUNT}:user/camille"
ODD = "name+with=odd,chars@2"


@pytest.fixture
def profile(cloud, monkeypatch):
    """profile("work"): a boto3 session that finds the sample's files as any client does, by cloud.exports."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, cloud.exports[name])
    return lambda name=None: boto3.session.Session(profile_name=name)


@pytest.mark.parametrize("name", [None, "work", "ireland", "virginia", "process", "équipe-données", ODD])
def test_profiles_of_the_production_account(profile, name):
    who = profile(name).client("sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (sample.PRODUCTION_ACCOUNT, CAMILLE)


def test_profile_without_a_region(profile):
    session = profile("no region")
    assert session.region_name is None
    assert session.client("sts", region_name="eu-west-1").get_caller_identity()["Arn"] == CAMILLE


def test_profiles_have_their_regions(profile):
    regions = {name: profile(name).region_name for name in ("work", "ireland", "virginia")}
    assert regions == {"work": "eu-west-3", "ireland": "eu-west-1", "virginia": "us-east-1"}


@pytest.mark.parametrize(("name", "role"), [("staging", "Engineer"), ("audit", "Auditor")])
def test_roles_lead_to_the_staging_account(profile, name, role):
    who = profile(name).client("sts").get_caller_identity()
    assert who["Account"] == sample.STAGING_ACCOUNT
    assert who["Arn"].startswith(f"arn:aws:sts::{sample.STAGING_ACCOUNT}:assumed-role/{role}/")


def test_staging_has_its_own_networks(profile):
    vpcs = profile("staging").client("ec2").describe_vpcs()["Vpcs"]
    assert sorted(vpc["CidrBlock"] for vpc in vpcs) == ["10.40.0.0/16", "172.31.0.0/16"]


def test_session_token_works(profile):
    assert profile("temporary").client("sts").get_caller_identity()["Account"] == sample.PRODUCTION_ACCOUNT


@pytest.mark.parametrize(("name", "code"), [("expired", "ExpiredToken"), ("broken", "SignatureDoesNotMatch")])
def test_profiles_that_do_not_work_say_why(profile, name, code):
    with pytest.raises(ClientError) as error:
        profile(name).client("sts").get_caller_identity()
    assert error.value.response["Error"]["Code"] == code


def test_every_profile_is_listed(profile):
    expected = {
        "default",
        "work",
        "staging",
        "audit", "on-call",
        "engineer",
        "ireland",
        "virginia",
        "temporary",
        "expired",
        "broken",
        "process",
        "no region",
        "équipe-données",
        "sso-production",
        "login",
        ODD,
    }
    assert set(profile().available_profiles) == expected


def test_key_files_are_private(cloud):
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert stat.S_IMODE(os.stat(cloud.exports[name]).st_mode) == 0o600
    assert (
        cloud.config.state_dir / "home/.forest.d/.forestrc"
    ).read_text() == sample.FOREST_APPLICATION_TOKEN


def test_files_are_plain_ini(cloud):
    parser = configparser.RawConfigParser()
    parser.read(cloud.exports["AWS_CONFIG_FILE"], encoding="utf-8")
    assert parser["profile staging"]["source_profile"] == "work"


def test_exports_are_what_setup_json_refers_to(cloud):
    text = (cloud.config.state_dir / "env").read_text()
    for name in ("AWS_CONFIG_FILE", "FOREST_SERVER_URL", "FOREST_ENV_SECRET", "POSTGRESQL_URL"):
        assert f"export {name}=" in text
    assert cloud.exports["FOREST_SERVER_URL"] == f"http://127.0.0.1:{cloud.config.port + 2}"


def test_sample_answers_fit_the_sample_world(cloud):
    """What setup.json names exists, and it speaks of this cloud's ports."""
    answers = json.loads((cloud.config.state_dir / "setup.json").read_text())
    prod = cloud.sample["prod"]
    assert answers["network"]["subnets"] == [prod.subnets["prod-private-a"], prod.subnets["prod-private-c"]]
    assert answers["database"]["ingress_security_group"] == prod.groups["storefront-db"]
    assert answers["forest"]["server_url"] == cloud.exports["FOREST_SERVER_URL"]
    assert (
        answers["backend"]["base_image"] == f"127.0.0.1:{cloud.config.port + 4}/{base.REPOSITORY}:{base.TAG}"
    )
    for group in ("forest", "database"):
        for value in answers[group].values():
            if value.startswith("env:"):
                assert value[4:] in cloud.exports


# ---- networks


@pytest.fixture(scope="session")
def ec2(client):
    return client("ec2")


def name_of(row):
    return next((tag["Value"] for tag in row.get("Tags", []) if tag["Key"] == "Name"), None)


def way_out(ec2, subnet):
    """The target of 0.0.0.0/0 for a subnet, as a client finds it (aws.md 2.1)."""
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])[
        "RouteTables"
    ]
    own = [t for t in tables if any(a.get("SubnetId") == subnet["SubnetId"] for a in t["Associations"])]
    main = [t for t in tables if any(a["Main"] for a in t["Associations"])]
    for route in (own or main)[0]["Routes"]:
        if route.get("DestinationCidrBlock") == "0.0.0.0/0":
            return (route.get("NatGatewayId") or route["GatewayId"]).split("-")[0]
    return None


def subnets(ec2, vpc):
    return ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]


def test_three_networks_with_three_verdicts(cloud, ec2):
    verdicts = {}
    for name in ("default", "prod", "isolated"):
        rows = subnets(ec2, cloud.sample[name].vpc)
        verdicts[name] = sorted(str(way_out(ec2, row)) for row in rows)
    assert verdicts == {
        "default": ["igw", "igw", "igw"],
        "prod": ["igw", "igw", "nat", "nat", "nat"],
        "isolated": ["None", "None", "None"],
    }


def test_prod_has_every_zone_of_paris(cloud, ec2):
    rows = {name_of(row): row for row in subnets(ec2, cloud.sample["prod"].vpc)}
    zones = {name: row["AvailabilityZoneId"] for name, row in rows.items() if name.startswith("prod-private")}
    assert zones == {"prod-private-a": "euw3-az1", "prod-private-b": "euw3-az2", "prod-private-c": "euw3-az3"}


def test_nat_is_available_from_the_start(cloud, ec2):
    (nat,) = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [cloud.sample["prod"].vpc]}])[
        "NatGateways"
    ]
    assert (nat["State"], nat["ConnectivityType"]) == ("available", "public")
    assert nat["NatGatewayAddresses"][0]["PrivateIp"] == "10.20.0.4"


def test_ids_are_the_same_on_every_start(cloud):
    """setup.json may name them. A change of the seed that changes these must change them there, too."""
    assert cloud.sample["prod"].vpc == "vpc-f6f0beb95192f1673"
    assert cloud.sample["isolated"].vpc == "vpc-46e16e95e30eb49ca"


def test_new_ids_are_not_those_of_the_seed(cloud, ec2):
    made = ec2.create_vpc(CidrBlock="10.88.0.0/16")["Vpc"]["VpcId"]
    assert made not in {network.vpc for network in cloud.sample.values()}
    ec2.delete_vpc(VpcId=made)


def test_names_are_as_strange_as_aws_allows(cloud, ec2):
    names = {name_of(row) for row in subnets(ec2, cloud.sample["isolated"].vpc)}
    assert {None, "x" * 200} < names and any("☂" in (name or "") for name in names)
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [cloud.sample["prod"].vpc]}])
    assert {"app (legacy) #2, [do not delete]! a&b=c;{$}", " leading space"} < {
        group["GroupName"] for group in groups["SecurityGroups"]
    }


@pytest.mark.parametrize("region", sample.OTHER_REGIONS)
def test_other_regions_have_their_default_network(client, region):
    (vpc,) = [v for v in client("ec2", region=region).describe_vpcs()["Vpcs"] if v["IsDefault"]]
    ec2 = client("ec2", region=region)
    assert {way_out(ec2, row) for row in subnets(ec2, vpc["VpcId"])} == {"igw"}


def test_database_group_lets_in_the_application_only(cloud, ec2):
    prod = cloud.sample["prod"]
    (group,) = ec2.describe_security_groups(GroupIds=[prod.groups["storefront-db"]])["SecurityGroups"]
    (permission,) = group["IpPermissions"]
    assert (permission["FromPort"], permission["ToPort"], permission["IpRanges"]) == (5432, 5432, [])
    assert [pair["GroupId"] for pair in permission["UserIdGroupPairs"]] == [prod.groups["storefront-app"]]


def test_databases_to_choose_from(cloud, client):
    rows = {row["DBInstanceIdentifier"]: row for row in client("rds").describe_db_instances()["DBInstances"]}
    shown = {
        name: (row["Engine"], row["DBSubnetGroup"]["VpcId"], row["DBInstanceStatus"])
        for name, row in rows.items()
    }
    prod, isolated = cloud.sample["prod"].vpc, cloud.sample["isolated"].vpc
    assert shown == {
        "storefront": ("postgres", prod, "available"),
        "legacy-cms": ("mysql", prod, "available"),
        "analytics": ("postgres", isolated, "available"),
    }


def test_database_interface_keeps_subnet_and_group(cloud, ec2):
    """DependencyViolation, as for any interface (aws.md 6)."""
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_subnet(SubnetId=cloud.sample["prod"].subnets["prod-private-a"])


def test_seeding_is_quick(cloud):
    assert cloud.seed_seconds < 2


def test_base_image_is_public(cloud):
    """The tag is an image index with this machine's platform, as the real node:22-slim is."""
    kinds = "application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json"
    registry = f"http://127.0.0.1:{cloud.config.port + 4}"

    def get(path, **headers):
        request = urllib.request.Request(registry + path, headers={"Accept": kinds} | headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    token = get(f"/token/?scope=repository:{base.REPOSITORY}:pull&service=public.ecr.aws")["token"]
    manifests = f"/v2/{base.REPOSITORY}/manifests"
    index = get(f"{manifests}/{base.TAG}", Authorization=f"Bearer {token}")
    assert index["mediaType"] == base.INDEX
    here = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    rows = {row["platform"]["architecture"]: row for row in index["manifests"]}
    manifest = get(f"{manifests}/{rows[here]['digest']}", Authorization=f"Bearer {token}")
    assert len(manifest["layers"]) == 2
