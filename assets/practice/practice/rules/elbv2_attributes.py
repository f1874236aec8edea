# SPDX-License-Identifier: MIT
"""The attributes of load balancers and target groups: which there are, and what they may be (API reference)."""

import re
from typing import Any

from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import before
from practice.rules.elbv2 import find_balancer, find_group, invalid

BOOLEAN = "true|false"

# API reference, LoadBalancerAttribute: the keys of an application load balancer and their values.
BALANCER_ATTRIBUTES = {
    "deletion_protection.enabled": BOOLEAN, "load_balancing.cross_zone.enabled": BOOLEAN,
    "access_logs.s3.enabled": BOOLEAN, "access_logs.s3.bucket": ".*", "access_logs.s3.prefix": ".*",
    "ipv6.deny_all_igw_traffic": BOOLEAN, "idle_timeout.timeout_seconds": range(1, 4001),
    "client_keep_alive.seconds": range(60, 604801), "connection_logs.s3.enabled": BOOLEAN,
    "connection_logs.s3.bucket": ".*", "connection_logs.s3.prefix": ".*",
    "health_check_logs.s3.enabled": BOOLEAN, "health_check_logs.s3.bucket": ".*",
    "health_check_logs.s3.prefix": ".*", "routing.http.desync_mitigation_mode": "monitor|defensive|strictest",
    "routing.http.drop_invalid_header_fields.enabled": BOOLEAN, "routing.http.preserve_host_header.enabled": BOOLEAN,
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": BOOLEAN,
    "routing.http.xff_client_port.enabled": BOOLEAN,
    "routing.http.xff_header_processing.mode": "append|preserve|remove", "routing.http2.enabled": BOOLEAN,
    "waf.fail_open.enabled": BOOLEAN, "zonal_shift.config.enabled": BOOLEAN,
    "dns_record.client_routing_policy": "availability_zone_affinity|partial_availability_zone_affinity|"
                                        "any_availability_zone",
}  # fmt: skip

# API reference, TargetGroupAttribute.
GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": range(3601), "stickiness.enabled": BOOLEAN,
    "stickiness.type": "lb_cookie|app_cookie|source_ip|source_ip_dest_ip|source_ip_dest_ip_proto",
    "stickiness.app_cookie.cookie_name": ".*", "stickiness.app_cookie.duration_seconds": range(1, 604801),
    "stickiness.lb_cookie.duration_seconds": range(1, 604801), "slow_start.duration_seconds": [0, *range(30, 901)],
    "load_balancing.algorithm.type": "round_robin|least_outstanding_requests|weighted_random",
    "load_balancing.algorithm.anomaly_mitigation": "on|off",
    "load_balancing.cross_zone.enabled": "true|false|use_load_balancer_configuration",
    "target_group_health.dns_failover.minimum_healthy_targets.count": r"off|\d+",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": r"off|\d+",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": r"\d+",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": r"off|\d+",
    "lambda.multi_value_headers.enabled": BOOLEAN, "proxy_protocol_v2.enabled": BOOLEAN,
    "preserve_client_ip.enabled": BOOLEAN, "deregistration_delay.connection_termination.enabled": BOOLEAN,
    "target_health_state.unhealthy.connection_termination.enabled": BOOLEAN,
    "target_failover.on_deregistration": "rebalance|no_rebalance",
    "target_failover.on_unhealthy": "rebalance|no_rebalance",
}  # fmt: skip


def _check_attributes(what: str, known: dict[str, Any], attributes: list[dict[str, str]]) -> None:
    for attribute in attributes:
        key, value = attribute.get("Key", ""), attribute.get("Value", "")
        allowed = known.get(key)
        if allowed is None:
            raise invalid(f"{what} attribute key '{key}' is not recognized")
        if not isinstance(allowed, str):
            if not value.isdigit() or int(value) not in allowed:
                raise invalid(f"'{key}' value '{value}' must be between '{allowed[0]}-{allowed[-1]}' inclusive")
        elif not re.fullmatch(allowed, value):
            raise invalid(f"'{key}' value '{value}' must be one of [{allowed.replace('|', ', ')}]")


# Unknown attributes of load balancers and wrong values: ValidationError.
@before("elbv2", "ModifyLoadBalancerAttributes")
def balancer_attributes(_cloud: Cloud, call: Call) -> None:
    find_balancer(call)
    _check_attributes("Load balancer", BALANCER_ATTRIBUTES, call.params["Attributes"])


# Unknown attributes of target groups and wrong values: ValidationError.
@before("elbv2", "ModifyTargetGroupAttributes")
def group_attributes(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    group = find_group(call)
    _check_attributes("Target group", GROUP_ATTRIBUTES, call.params["Attributes"])
    longest = {"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}
    if longest not in call.params["Attributes"]:
        return None
    # moto refuses 3600, which AWS takes
    group.attributes.update({a["Key"]: a["Value"] for a in call.params["Attributes"]})
    return {"Attributes": [{"Key": k, "Value": str(v)} for k, v in group.attributes.items()]}
