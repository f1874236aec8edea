# SPDX-License-Identifier: MIT
"""What a call is about, for IAM: its action."""

from practice.identify import Call

# Where the prefix of actions is not botocore's service name.
PREFIX = {
    "elbv2": "elasticloadbalancing",
    "apigatewayv2": "apigateway",
    "resourcegroupstaggingapi": "tag",
}


def iam_action(call: Call) -> str:
    """The action that a policy must allow: API Gateway's are HTTP methods, the others' operations."""
    if call.service == "apigatewayv2":
        return f"apigateway:{call.method}"
    return f"{PREFIX.get(call.service, call.service)}:{call.operation}"
