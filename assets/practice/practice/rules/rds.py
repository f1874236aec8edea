# SPDX-License-Identifier: MIT
"""RDS: what it refuses and moto accepts, and the time that an instance takes.

Sources: the API reference of CreateDBInstance, DeleteDBInstance, CreateDBSubnetGroup and DescribeDBInstances, the
parts for PostgreSQL and MySQL; aws.md 2.1. Clusters have moto's states."""

import re
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, eni

INSTANCE_AVAILABLE, INSTANCE_GONE = 300, 180
RESERVED_USERS = {"rdsadmin", "rdsrepladmin", "rds_superuser", "public"}
_leaving: dict[tuple[str, str, str], Any] = {}  # between the two rules of a deletion
# Major versions and families of classes that RDS has (RDS user guide, "Supported DB engines", "DB instance class
# types"); which minor versions there are, and which of them runs on which class, is not judged.
MAJOR_VERSIONS = {
    "postgres": {"11", "12", "13", "14", "15", "16", "17", "18"},
    "mysql": {"5.7", "8.0", "8.4"},
    "mariadb": {"10.4", "10.5", "10.6", "10.11", "11.4", "11.8"},
}
CLASS = re.compile(r"db\.(t[2-4]g?|[mr][3-8][a-z-]*|[xc][126][a-z]*|z1d)\.(micro|small|medium|large|\d*xlarge)")
LEAST_STORAGE = {"postgres": 20, "mysql": 20, "mariadb": 20}


def store(call: Call) -> Any:
    return emulator.backend("rds", call.account, call.region)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def _find(call: Call) -> Any:
    name = call.params["DBInstanceIdentifier"].lower()
    found = store(call).databases.get(name)
    if found is None:
        raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    return found


# ---- instances


# CreateDBInstance: class, version, storage, port, user, password, backups.
@before("rds", "CreateDBInstance")
def instance(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if p["Engine"].startswith("aurora"):
        return
    if not CLASS.fullmatch(p["DBInstanceClass"]):
        raise invalid(f"Invalid DB Instance class: {p['DBInstanceClass']}")
    version, majors = p.get("EngineVersion"), MAJOR_VERSIONS.get(p["Engine"], set())
    if version and majors and not any(f"{version}.".startswith(f"{major}.") for major in majors):
        raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for {p['Engine']}")
    storage = p.get("AllocatedStorage")
    if storage is None:
        raise AwsError("InvalidParameterCombination", "The parameter AllocatedStorage must be provided.")
    if storage < LEAST_STORAGE.get(p["Engine"], 5):
        raise invalid(f"Invalid storage size for engine name {p['Engine']} and storage type gp2: {storage}")
    if not 1150 <= p.get("Port", 5432) <= 65535:
        raise invalid("The port must be from 1150 to 65535")
    if not 0 <= p.get("BackupRetentionPeriod", 1) <= 35:
        raise invalid("Invalid backup retention period. Must be between 0 and 35")
    _check_owner(p)


def _check_owner(p: dict[str, Any]) -> None:
    user, password = p.get("MasterUsername") or "", p.get("MasterUserPassword")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", user) or user.lower() in RESERVED_USERS:
        raise invalid(f"MasterUsername {user} cannot be used as it is a reserved word used by the engine or malformed")
    if p.get("ManageMasterUserPassword"):
        return
    if password is None or not 8 <= len(password) <= 128:
        raise invalid("The parameter MasterUserPassword is not a valid password: it has fewer than 8 characters.")
    if re.search(r'[/@" ]|[^\x20-\x7e]', password):
        raise invalid(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', "
            "'@', '\"', ' ' may be used."
        )


# Its security groups exist, in the subnet group's VPC.
@before("rds", "CreateDBInstance", "ModifyDBInstance")
def instance_groups(_cloud: Cloud, call: Call) -> None:
    p, ec2 = call.params, emulator.backend("ec2", call.account, call.region)
    subnets = store(call).subnet_groups.get((p.get("DBSubnetGroupName") or "").lower())
    for name in p.get("VpcSecurityGroupIds") or []:
        group = ec2.get_security_group_from_id(name)
        if group is None:
            raise invalid(f"Invalid security group , groupId= {name}, groupName=.")
        if subnets and group.vpc_id != subnets.vpc_id:
            raise AwsError(
                "InvalidVPCNetworkStateFault",
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in "
                f"{subnets.vpc_id} and the EC2 security group is in {group.vpc_id}",
            )


# creating, then available; its interface holds subnet and groups (aws.md 6).
@after("rds", "CreateDBInstance")
def instance_is_creating(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    made = _find(call)
    made.status = "creating"
    subnets = getattr(getattr(made, "db_subnet_group", None), "_subnets", None) or []
    wanted = call.params.get("AvailabilityZone")  # else the group's first (moto: always the region's zone a)
    place = next((s for s in subnets if s.availability_zone == wanted), (subnets or [None])[0])
    if place is not None:
        made.availability_zone = place.availability_zone
        made.interface = eni.create(
            call.account, call.region, place.id, list(made.vpc_security_group_ids), "RDSNetworkInterface",
            requester="amazon-rds",
        ).id  # fmt: skip

    def available() -> None:
        if made.status == "creating":
            made.status = "available"

    cloud.schedule.later(INSTANCE_AVAILABLE, available)
    shown = {**result["DBInstance"], "DBInstanceStatus": "creating", "AvailabilityZone": made.availability_zone}
    shown.pop("Endpoint", None)
    return {"DBInstance": shown}


# An instance that is being made has no endpoint yet.
@after("rds", "DescribeDBInstances")
def no_endpoint_yet(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for shown in result.get("DBInstances") or []:
        if shown["DBInstanceStatus"] == "creating":
            shown.pop("Endpoint", None)
    return result


# ModifyDBInstance and others while it is made or goes: InvalidDBInstanceState.
@before("rds", "ModifyDBInstance", "RebootDBInstance", "StopDBInstance", "CreateDBSnapshot")
def instance_state(_cloud: Cloud, call: Call) -> None:
    found = _find(call)
    if found.status in ("creating", "deleting"):
        raise AwsError(
            "InvalidDBInstanceState", f"Database instance {found.db_instance_identifier} is not in available state."
        )


# DeleteDBInstance: a final snapshot is named or declined, and a protected instance stays.
@before("rds", "DeleteDBInstance")
def deletion(_cloud: Cloud, call: Call) -> None:
    found, p = _find(call), call.params
    if found.status == "deleting":
        raise AwsError("InvalidDBInstanceState", f"Instance {found.db_instance_identifier} is already being deleted.")
    skip, last = p.get("SkipFinalSnapshot"), p.get("FinalDBSnapshotIdentifier")
    if skip and last:
        raise AwsError(
            "InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when deleting with "
            "SkipFinalSnapshot",
        )  # fmt: skip
    if not skip and not last and not getattr(found, "db_cluster_identifier", None):
        raise AwsError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        )
    _leaving[(call.account, call.region, found.db_instance_identifier.lower())] = found


# deleting, then gone, with its interface; moto forgets it at once, so it is put back.
@after("rds", "DeleteDBInstance")
def instance_is_deleting(cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    name = call.params["DBInstanceIdentifier"].lower()
    databases, leaving = store(call).databases, _leaving.pop((call.account, call.region, name))
    databases[name] = leaving
    leaving.status = "deleting"

    def gone() -> None:
        databases.pop(name, None)
        if getattr(leaving, "interface", None):
            eni.delete(call.account, call.region, leaving.interface)

    cloud.schedule.later(INSTANCE_GONE, gone)


# DeleteDBCluster: the same word about snapshots.
@before("rds", "DeleteDBCluster")
def cluster_deletion(_cloud: Cloud, call: Call) -> None:
    skip, last = call.params.get("SkipFinalSnapshot"), call.params.get("FinalDBSnapshotIdentifier")
    if call.params["DBClusterIdentifier"].lower() in store(call).clusters and bool(skip) == bool(last):
        raise AwsError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and excludes it.",
        )


# ---- pages, filters, subnet groups


# MaxRecords is 20 to 100.
@before("rds", "DescribeDBInstances", "DescribeDBClusters", "DescribeDBSubnetGroups")
def page(_cloud: Cloud, call: Call) -> None:
    size = call.params.get("MaxRecords")
    if size is not None and not 20 <= size <= 100:
        raise invalid(f"Invalid value {size} for MaxRecords. Must be between 20 and 100")


# CreateDBSubnetGroup: subnets that exist, of one VPC, in two zones at least; "default" is taken.
@before("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def subnet_group(_cloud: Cloud, call: Call) -> None:
    p, ec2 = call.params, emulator.backend("ec2", call.account, call.region)
    if call.operation.startswith("Create"):
        name = p["DBSubnetGroupName"]
        if name.lower() == "default" or not re.fullmatch(r"[A-Za-z0-9 ._-]{1,255}", name):
            raise invalid(f"Invalid value for DBSubnetGroupName: {name}")
        if name.lower() in store(call).subnet_groups:
            raise AwsError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    missing = [name for name in p["SubnetIds"] if name not in known]
    if missing:
        raise AwsError("InvalidSubnet", f"Some input subnets in :[{', '.join(p['SubnetIds'])}] are invalid.")
    subnets = [known[name] for name in p["SubnetIds"]]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise AwsError("InvalidSubnet", "Subnets must be in the same VPC.")
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise AwsError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{subnets[0].availability_zone}. Add subnets to cover at least 2 AZs.",
        )


# DeleteDBSubnetGroup while an instance or a cluster is in it.
@before("rds", "DeleteDBSubnetGroup")
def subnet_group_in_use(_cloud: Cloud, call: Call) -> None:
    name = call.params["DBSubnetGroupName"].lower()
    for database in store(call).databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group is not None and group.name == name:
            raise AwsError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{database.db_instance_identifier} is still using it.",
            )


# DescribeOptionGroups without a name: all of the engine that is asked for (moto crashes).
@before("rds", "DescribeOptionGroups")
def option_groups(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    p = call.params
    if p.get("OptionGroupName"):
        return None
    shown = [
        {
            "OptionGroupName": group.name,
            "OptionGroupDescription": group.description,
            "EngineName": group.engine_name,
            "MajorEngineVersion": group.major_engine_version,
            "Options": [],
            "AllowsVpcAndNonVpcInstanceMemberships": True,
            "OptionGroupArn": group.arn,
        }
        for group in store(call).option_groups.values()
    ]
    wanted = {name: p[name] for name in ("EngineName", "MajorEngineVersion") if p.get(name)}
    return {"OptionGroupsList": [row for row in shown if wanted.items() <= row.items()]}


# DescribeDBParameterGroups of a name that is not there: DBParameterGroupNotFound (moto: an empty list).
@after("rds", "DescribeDBParameterGroups")
def parameter_groups(_cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    name = call.params.get("DBParameterGroupName")
    if name and not result.get("DBParameterGroups"):
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)


# Tags of an instance that is not there: DBInstanceNotFound.
@before("rds", "ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource")
def tagged_instance(_cloud: Cloud, call: Call) -> None:
    parts = call.params["ResourceName"].split(":")
    if len(parts) != 7 or parts[2] != "rds":
        raise invalid(f"Invalid resource name: {call.params['ResourceName']}")
    if parts[5] == "db" and parts[6] not in store(call).databases:
        raise AwsError("DBInstanceNotFound", f"DBInstance {parts[6]} not found.", 404)
