# SPDX-License-Identifier: MIT
"""Every call is asked for its permission first (see practice/permissions)."""

from practice import partition
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.permissions import judge, simulate  # noqa: F401  registers the two operations
from practice.rules import before


# IAM has a world for each partition: roles of aws-cn are not those of aws (IAM user guide, "IAM ARNs").
@before("*", "*")
def partition_of_the_call(_cloud: Cloud, call: Call) -> None:
    partition.enter(call.region)


# AccessDenied comes before anything that the service itself looks at, the existence of what is named included.
@before("*", "*")
def may_it(cloud: Cloud, call: Call) -> None:
    if str(call) != "sts.AssumeRole":  # which the role's trust policy decides: identity.py
        judge.check(cloud, call)


# DecodeAuthorizationMessage: the message that EC2 gave out is only a number here; AWS's own is JSON behind a code.
@before("sts", "DecodeAuthorizationMessage")
def decode(_cloud: Cloud, _call: Call) -> None:
    raise AwsError(
        "InvalidAuthorizationMessageException",
        "The message that was decoded is not valid (the practice cloud encodes none).",
    )
