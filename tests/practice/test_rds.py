# SPDX-License-Identifier: MIT
"""RDS: what it refuses, states, filters, pages, order of deletions (API reference, aws.md 2.1)."""

import pytest
from conftest import code_of, status_of


@pytest.fixture
def rds(client):
    return client("rds")


@pytest.fixture
def group_of(rds, unique):
    """Makes the subnet group of these subnets; what is made in it goes with the test."""

    def make(subnets):
        rds.create_db_subnet_group(DBSubnetGroupName=unique, DBSubnetGroupDescription="d", SubnetIds=subnets)
        return unique

    yield make
    for page in rds.get_paginator("describe_db_instances").paginate():
        for one in page["DBInstances"]:
            if one["DBSubnetGroup"]["DBSubnetGroupName"] == unique:
                rds.delete_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], SkipFinalSnapshot=True)


@pytest.fixture
def place(group_of, vpc):
    """A subnet group in two zones."""
    return group_of(vpc["subnets"])


def wanted(name, place, **more):
    return {"DBInstanceIdentifier": name, "DBInstanceClass": "db.t4g.micro", "Engine": "postgres",
            "AllocatedStorage": 20, "MasterUsername": "owner", "MasterUserPassword": "long-enough",
            "DBSubnetGroupName": place, **more}  # fmt: skip


@pytest.fixture
def database(rds, place, unique):
    return rds.create_db_instance(**wanted(unique, place))["DBInstance"]["DBInstanceIdentifier"]


# (claim, changes to a good CreateDBInstance, code)
INSTANCES = [
    ("a name's letters", {"DBInstanceIdentifier": "a_b"}, "InvalidParameterValue"),
    ("a name begins with a letter", {"DBInstanceIdentifier": "1a"}, "InvalidParameterValue"),
    ("no two hyphens", {"DBInstanceIdentifier": "a--b"}, "InvalidParameterValue"),
    ("no hyphen at the end", {"DBInstanceIdentifier": "ab-"}, "InvalidParameterValue"),
    ("a name's length", {"DBInstanceIdentifier": "a" * 64}, "InvalidParameterValue"),
    ("an engine that there is", {"Engine": "postgrez"}, "InvalidParameterValue"),
    ("a password of 8", {"MasterUserPassword": "short"}, "InvalidParameterValue"),
    ("a password's letters", {"MasterUserPassword": "with/slash-in-it"}, "InvalidParameterValue"),
    ("a user's name", {"MasterUsername": "1user"}, "InvalidParameterValue"),
    ("a reserved user", {"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
    ("20 GiB at least", {"AllocatedStorage": 4}, "InvalidParameterValue"),
    ("storage at all", {"AllocatedStorage": None}, "InvalidParameterCombination"),
    ("an instance class", {"DBInstanceClass": "t4g.micro"}, "InvalidParameterValue"),
    ("a class that there is", {"DBInstanceClass": "db.nope.micro"}, "InvalidParameterValue"),
    ("a version that there is", {"EngineVersion": "99.9"}, "InvalidParameterCombination"),
    ("a subnet group that exists", {"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault"),
    ("security groups that exist", {"VpcSecurityGroupIds": ["sg-00000000000000000"]}, "InvalidParameterValue"),
    ("a port", {"Port": 80}, "InvalidParameterValue"),
    ("a backup of at most 35 days", {"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
]


@pytest.mark.parametrize(("claim", "changes", "code"), INSTANCES, ids=[row[0] for row in INSTANCES])
def test_instance_is_refused(rds, place, unique, claim, changes, code):
    params = {k: v for k, v in wanted(unique, place, **changes).items() if v is not None}
    assert code_of(lambda: rds.create_db_instance(**params)) == code


def test_instance_again(rds, database, place):
    call = lambda: rds.create_db_instance(**wanted(database, place))
    assert (code_of(call), status_of(call)) == ("DBInstanceAlreadyExists", 400)


# (operation, parameters, code, status)
ABSENT = [
    ("describe_db_instances", {"DBInstanceIdentifier": "none"}, "DBInstanceNotFound", 404),
    ("modify_db_instance", {"DBInstanceIdentifier": "none"}, "DBInstanceNotFound", 404),
    ("delete_db_instance", {"DBInstanceIdentifier": "none", "SkipFinalSnapshot": True}, "DBInstanceNotFound", 404),
    ("describe_db_clusters", {"DBClusterIdentifier": "none"}, "DBClusterNotFoundFault", 404),
    ("delete_db_cluster", {"DBClusterIdentifier": "none", "SkipFinalSnapshot": True}, "DBClusterNotFoundFault", 404),
    ("describe_db_subnet_groups", {"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault", 404),
    ("delete_db_subnet_group", {"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault", 404),
    ("describe_option_groups", {"OptionGroupName": "none"}, "OptionGroupNotFoundFault", 404),
    ("describe_db_parameter_groups", {"DBParameterGroupName": "none"}, "DBParameterGroupNotFound", 404),
    ("describe_db_instances", {"Filters": [{"Name": "color", "Values": ["x"]}]}, "InvalidParameterValue", 400),
    ("describe_db_clusters", {"Filters": [{"Name": "color", "Values": ["x"]}]}, "InvalidParameterValue", 400),
    ("describe_db_instances", {"MaxRecords": 19}, "InvalidParameterValue", 400),
    ("describe_db_instances", {"MaxRecords": 101}, "InvalidParameterValue", 400),
    ("describe_db_clusters", {"MaxRecords": 101}, "InvalidParameterValue", 400),
    ("describe_db_instances", {"Marker": "nonsense"}, "InvalidParameterValue", 400),
    ("create_db_subnet_group", {"DBSubnetGroupName": "x", "DBSubnetGroupDescription": "d",
     "SubnetIds": ["subnet-00000000000000000", "subnet-00000000000000001"]}, "InvalidSubnet", 400),
    ("create_db_subnet_group", {"DBSubnetGroupName": "default", "DBSubnetGroupDescription": "d", "SubnetIds": ["s"]},
     "InvalidParameterValue", 400),
    ("list_tags_for_resource", {"ResourceName": "arn:aws:rds:eu-west-3:123456789012:db:none"}, "DBInstanceNotFound",
     404),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "params", "code", "status"), ABSENT, ids=[f"{row[0]}-{i}" for i, row in enumerate(ABSENT)]
)
def test_absent(rds, operation, params, code, status):
    call = lambda: getattr(rds, operation)(**params)
    assert (code_of(call), status_of(call)) == (code, status)


def test_subnet_group_needs_two_zones(rds, vpc, unique):
    call = lambda: rds.create_db_subnet_group(
        DBSubnetGroupName=unique, DBSubnetGroupDescription="d", SubnetIds=vpc["subnets"][:1]
    )
    assert code_of(call) == "DBSubnetGroupDoesNotCoverEnoughAZs"


def test_subnet_group_again_and_in_use(rds, vpc, place, database):
    again = lambda: rds.create_db_subnet_group(
        DBSubnetGroupName=place, DBSubnetGroupDescription="d", SubnetIds=vpc["subnets"]
    )
    assert code_of(again) == "DBSubnetGroupAlreadyExists"
    assert code_of(lambda: rds.delete_db_subnet_group(DBSubnetGroupName=place)) == "InvalidDBSubnetGroupStateFault"


def test_groups_are_of_the_subnets_network(client, rds, place, unique):
    ec2 = client("ec2")
    other = ec2.create_vpc(CidrBlock="10.45.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=other)["GroupId"]
    call = lambda: rds.create_db_instance(**wanted(unique, place), VpcSecurityGroupIds=[group])
    assert code_of(call) == "InvalidVPCNetworkStateFault"


def test_subnet_holds_the_database(client, rds, vpc, database):
    """Its interface keeps subnets and groups from going."""
    ec2 = client("ec2")
    shown = rds.describe_db_instances(DBInstanceIdentifier=database)["DBInstances"][0]
    zone = shown["AvailabilityZone"]
    where = [s["SubnetIdentifier"] for s in shown["DBSubnetGroup"]["Subnets"]
             if s["SubnetAvailabilityZone"]["Name"] == zone]  # fmt: skip
    assert code_of(lambda: ec2.delete_subnet(SubnetId=where[0])) == "DependencyViolation"
    found = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": where}])["NetworkInterfaces"]
    assert [(i["Description"], i["RequesterId"]) for i in found] == [("RDSNetworkInterface", "amazon-rds")]


def test_database_lies_in_the_first_subnet_or_where_it_is_wanted(client, rds, vpc, unique, group_of):
    last = vpc["subnets"][::-1]
    group_of(last)
    rds.create_db_instance(**wanted(f"{unique}-a", unique))
    assert code_of(lambda: client("ec2").delete_subnet(SubnetId=last[0])) == "DependencyViolation"
    made = rds.create_db_instance(**wanted(f"{unique}-b", unique, AvailabilityZone="eu-west-3a"))["DBInstance"]
    assert made["AvailabilityZone"] == "eu-west-3a"
    assert code_of(lambda: client("ec2").delete_subnet(SubnetId=last[1])) == "DependencyViolation"


def test_option_groups_of_an_engine(rds, unique):
    rds.create_option_group(
        OptionGroupName=unique, EngineName="mysql", MajorEngineVersion="8.0", OptionGroupDescription="d"
    )
    groups = lambda **which: [row["OptionGroupName"] for row in rds.describe_option_groups(**which)["OptionGroupsList"]]
    assert unique in groups() and unique in groups(EngineName="mysql", MajorEngineVersion="8.0")
    assert unique not in groups(EngineName="mysql", MajorEngineVersion="5.7") + groups(EngineName="postgres")


def test_life_cycle(rds, place, unique, at_scale):
    """creating, available; deleting, gone."""
    at_scale(1)
    name = rds.create_db_instance(**wanted(unique, place))["DBInstance"]
    assert name["EngineVersion"].startswith("17.")  # of today, when none is named
    assert name["DBInstanceStatus"] == "creating" and "Endpoint" not in name
    state = lambda: rds.describe_db_instances(DBInstanceIdentifier=unique)["DBInstances"][0]["DBInstanceStatus"]
    assert state() == "creating"
    busy = lambda: rds.modify_db_instance(DBInstanceIdentifier=unique, BackupRetentionPeriod=2)
    assert code_of(busy) == "InvalidDBInstanceState"
    at_scale(0)
    assert state() == "available"
    assert rds.describe_db_instances(DBInstanceIdentifier=unique)["DBInstances"][0]["Endpoint"]["Port"] == 5432
    at_scale(1)
    gone = rds.delete_db_instance(DBInstanceIdentifier=unique, SkipFinalSnapshot=True)["DBInstance"]
    assert gone["DBInstanceStatus"] == "deleting" and state() == "deleting"
    again = lambda: rds.delete_db_instance(DBInstanceIdentifier=unique, SkipFinalSnapshot=True)
    assert code_of(again) == "InvalidDBInstanceState"
    at_scale(0)
    assert code_of(state) == "DBInstanceNotFound"


def test_deletion_wants_a_word_about_snapshots(rds, database):
    delete = lambda **more: rds.delete_db_instance(DBInstanceIdentifier=database, **more)
    assert code_of(delete) == "InvalidParameterCombination"
    both = lambda: delete(SkipFinalSnapshot=True, FinalDBSnapshotIdentifier="last")
    assert code_of(both) == "InvalidParameterCombination"
    rds.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=True)
    assert code_of(lambda: delete(SkipFinalSnapshot=True)) == "InvalidParameterCombination"
    rds.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False)
    delete(SkipFinalSnapshot=True)


def test_filters(rds, place, unique):
    for i, engine in enumerate(("postgres", "mysql")):
        rds.create_db_instance(**wanted(f"{unique}{i}", place, Engine=engine))
    names = lambda **by: {
        i["DBInstanceIdentifier"]
        for page in rds.get_paginator("describe_db_instances").paginate(
            Filters=[{"Name": k.replace("_", "-"), "Values": v} for k, v in by.items()]
        )
        for i in page["DBInstances"]
    }
    both = {f"{unique}0", f"{unique}1"}
    assert names(engine=["postgres"]) & both == {f"{unique}0"}
    assert names(db_instance_id=sorted(both)) == both
    assert names(db_instance_id=[f"{unique}1"], engine=["postgres"]) == set()


def test_pages(rds, place, unique):
    for i in range(22):
        rds.create_db_instance(**wanted(f"{unique}{i:02}", place))
    first = rds.describe_db_instances(MaxRecords=20)
    assert len(first["DBInstances"]) == 20 and first["Marker"]
    rest = rds.describe_db_instances(MaxRecords=20, Marker=first["Marker"])["DBInstances"]
    seen = {i["DBInstanceIdentifier"] for i in [*first["DBInstances"], *rest]}
    assert len(seen) == 20 + len(rest)


def test_resource_ids_are_their_own(rds, place, unique):
    """Terraform looks instances up by them; moto gives all the same."""
    made = [rds.create_db_instance(**wanted(f"{unique}{i}", place))["DBInstance"] for i in range(2)]
    for one in made:
        by_id = [{"Name": "dbi-resource-id", "Values": [one["DbiResourceId"]]}]
        found = rds.describe_db_instances(Filters=by_id)["DBInstances"]
        assert [i["DBInstanceIdentifier"] for i in found] == [one["DBInstanceIdentifier"]]


def test_names_are_lower_case(rds, place, unique):
    made = rds.create_db_instance(**wanted(unique.upper(), place))["DBInstance"]
    assert made["DBInstanceIdentifier"] == unique
    assert rds.describe_db_instances(DBInstanceIdentifier=unique.upper())["DBInstances"]


def test_tags(rds, database, cloud):
    arn = f"arn:aws:rds:{cloud.region}:{cloud.account}:db:{database}"
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}])
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "a", "Value": "2"}]
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
    assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []
    system = lambda: rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "aws:a", "Value": "1"}])
    assert code_of(system) == "InvalidParameterValue"
