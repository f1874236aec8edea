# SPDX-License-Identifier: MIT
"""Members of answers that AWS fills in and moto leaves out or fills in wrongly.

Sources: the API reference of each operation (its answer and its examples), aws.md 2. Only what can be seen; nothing is
refused here.
"""

import datetime
import random
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import after, keys

SYMMETRIC = "SYMMETRIC_DEFAULT"

# ELB guide "Application Load Balancers", load balancer attributes: the values that nobody has set.
BALANCER_DEFAULTS = {
    "access_logs.s3.enabled": "false", "client_keep_alive.seconds": "3600", "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false", "connection_logs.s3.prefix": "", "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false", "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false", "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false", "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true", "waf.fail_open.enabled": "false", "zonal_shift.config.enabled": "false",
}  # fmt: skip


# ---- EC2


# DescribeAvailabilityZones: every zone of a region is on, and of the group and the border group of its region.
@after("ec2", "DescribeAvailabilityZones")
def zones(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for zone in result.get("AvailabilityZones", []):
        zone.update(
            OptInStatus="opt-in-not-required", GroupName=f"{call.region}-1", NetworkBorderGroup=call.region
        )
    return result


# AllocateAddress and DescribeAddresses: of Amazon's pool, announced in the region.
@after("ec2", "AllocateAddress", "DescribeAddresses")
def addresses(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for address in result.get("Addresses", []) if call.operation == "DescribeAddresses" else [result]:
        address.update(PublicIpv4Pool="amazon", NetworkBorderGroup=call.region)
    return result


# Who attached an interface of AWS's own services (NetworkInterfaceAttachment: the principal or the AWS service).
ATTACHED_BY = {"amazon-elb": "amazon-elb"}


# DescribeNetworkInterfaces: what AWS's services use is attached, by them.
@after("ec2", "DescribeNetworkInterfaces")
def attachments(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    known = emulator.backend("ec2", call.account, call.region).enis
    for row in result.get("NetworkInterfaces", []):
        interface = known.get(row["NetworkInterfaceId"])
        if not row.get("RequesterManaged") or row.get("Attachment") or interface is None:
            continue
        if not hasattr(interface, "attached_at"):
            interface.attached_at = datetime.datetime.now(datetime.UTC)
        row["Attachment"] = {
            "AttachmentId": f"ela-attach-{random.Random(interface.id).getrandbits(68):017x}",
            "AttachTime": interface.attached_at,
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": ATTACHED_BY.get(interface.requester_id, "amazon-aws"),
            "Status": "attached",
        }
    return result


# DescribeNetworkInterfaces: the public name of a public address (moto gives it a private one).
@after("ec2", "DescribeNetworkInterfaces")
def public_names(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    zone = "compute-1" if call.region == "us-east-1" else f"{call.region}.compute"
    for row in result.get("NetworkInterfaces", []):
        for shown in (row, *row.get("PrivateIpAddresses", [])):
            address = (shown.get("Association") or {}).get("PublicIp")
            if address:
                shown["Association"]["PublicDnsName"] = f"ec2-{address.replace('.', '-')}.{zone}.amazonaws.com"
    return result


# ---- Elastic Load Balancing


# DescribeLoadBalancerAttributes: all there are, with their defaults; an application load balancer is cross-zone.
@after("elbv2", "DescribeLoadBalancerAttributes")
def balancer_attributes(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    balancer = emulator.backend("elbv2", call.account, call.region).load_balancers[call.params["LoadBalancerArn"]]
    given = {row["Key"]: row["Value"] for row in result["Attributes"]}
    if balancer.type == "application":
        given = {**BALANCER_DEFAULTS, **given, "load_balancing.cross_zone.enabled": "true"}
    return {"Attributes": [{"Key": key, "Value": value} for key, value in sorted(given.items())]}


# What secures a connection is shown of listeners that do (API reference, Listener: "[HTTPS and TLS listener]").
@after("elbv2", "CreateListener", "DescribeListeners", "ModifyListener")
def plain_listeners(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for listener in result.get("Listeners", []):
        if listener.get("Protocol") not in ("HTTPS", "TLS"):
            for member in ("SslPolicy", "AlpnPolicy", "Certificates"):
                listener.pop(member, None)
    return result


# A target group of no load balancer says so with an empty list (moto leaves the member out when it is made).
@after("elbv2", "CreateTargetGroup")
def unused_group(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for group in result["TargetGroups"]:
        group.setdefault("LoadBalancerArns", [])
    return result


# ---- KMS


# CreateKey and DescribeKey: what a key is for, and that it stays in its region (moto leaves both out when they are not
# given); algorithms of its own use alone.
@after("kms", "CreateKey", "DescribeKey")
def key_metadata(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shown = result["KeyMetadata"]
    shown.setdefault("KeyUsage", "ENCRYPT_DECRYPT" if shown.get("KeySpec") == SYMMETRIC else "SIGN_VERIFY")
    shown.setdefault("MultiRegion", False)
    for name in ("SigningAlgorithms", "EncryptionAlgorithms", "MacAlgorithms", "KeyAgreementAlgorithms"):
        if shown.get(name) == []:
            del shown[name]
    return result


# ScheduleKeyDeletion: the key's new state and how long it waits.
@after("kms", "ScheduleKeyDeletion")
def scheduled(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    key = keys.find(call, call.params["KeyId"])
    days = call.params.get("PendingWindowInDays") or 30
    return {**result, "KeyState": key.key_state, "PendingWindowInDays": days}


# ---- Application Auto Scaling

SCALING_ROLE = (
    "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
)
ALL_ACTIVE = {
    "DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False,
}  # fmt: skip


# DescribeScalableTargets: the service-linked role that scales, whatever RoleARN said, and what is suspended.
@after("application-autoscaling", "DescribeScalableTargets")
def scalable_targets(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for target in result.get("ScalableTargets", []):
        if target["ServiceNamespace"] == "ecs":
            target["RoleARN"] = f"arn:aws:iam::{call.account}:{SCALING_ROLE}"
        target["SuspendedState"] = {**ALL_ACTIVE, **(target.get("SuspendedState") or {})}
    return result


# ---- ECS


# CreateCluster and DeleteCluster: no statistics without being asked, the settings that count.
@after("ecs", "CreateCluster", "DeleteCluster", "UpdateCluster")
def cluster(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    result["cluster"].setdefault("statistics", [])
    return result


# RegisterTaskDefinition: who registered it and when; DeregisterTaskDefinition: since when it is INACTIVE.
@after("ecs", "RegisterTaskDefinition", "DeregisterTaskDefinition")
def registration(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shown = result["taskDefinition"]
    made = emulator.backend("ecs", call.account, call.region).task_definitions[shown["family"]][shown["revision"]]
    now = datetime.datetime.now(datetime.UTC)
    if call.operation == "RegisterTaskDefinition":
        made.registered_at, made.registered_by = now, call.principal
    else:
        made.deregistered_at = now
    for member, name in (
        ("registeredAt", "registered_at"), ("registeredBy", "registered_by"), ("deregisteredAt", "deregistered_at"),
    ):  # fmt: skip
        if getattr(made, name, None):
            shown[member] = getattr(made, name)
    return result


ASM = ":secretsmanager:"


# RegisterTaskDefinition, DescribeTaskDefinition: what the definition asks of who runs it (ECS guide, "Container agent
# capabilities").
@after("ecs", "RegisterTaskDefinition", "DescribeTaskDefinition")
def required_attributes(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shown = result["taskDefinition"]
    containers = shown.get("containerDefinitions") or []
    logs = {one["logConfiguration"]["logDriver"] for one in containers if one.get("logConfiguration")}
    ours = any(".dkr.ecr." in one.get("image", "") for one in containers)
    secrets = [s["valueFrom"] for one in containers for s in one.get("secrets") or []]
    executed = bool(shown.get("executionRoleArn"))
    wanted = [
        *(f"com.amazonaws.ecs.capability.logging-driver.{driver}" for driver in sorted(logs)),
        *["ecs.capability.execution-role-awslogs"] * (executed and "awslogs" in logs),
        *["com.amazonaws.ecs.capability.ecr-auth"] * ours,
        *["ecs.capability.execution-role-ecr-pull"] * (ours and executed),
        *["ecs.capability.secrets.asm.environment-variables"] * any(ASM in one for one in secrets),
        *["com.amazonaws.ecs.capability.task-iam-role"] * bool(shown.get("taskRoleArn")),
        *["ecs.capability.task-eni"] * (shown.get("networkMode") == "awsvpc"),
        *["ecs.capability.container-health-check"] * any(one.get("healthCheck") for one in containers),
        *["ecs.capability.container-ordering"] * any(one.get("dependsOn") for one in containers),
        "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    ]
    shown["requiresAttributes"] = [{"name": name} for name in wanted]
    return result
