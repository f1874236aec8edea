# SPDX-License-Identifier: MIT
"""EC2's DryRun: the call is judged and nothing is done (moto does the real thing)."""

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before


# DryRunOperation, HTTP 412, means "you may" (aws.md 10.3, Preflight).
@before("ec2", "*")
def dry_run(_cloud: Cloud, call: Call) -> None:
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
