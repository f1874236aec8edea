# SPDX-License-Identifier: MIT
"""EC2's sentences where moto has its own: clients show them, and some look into them for the identifier."""

import re

# What moto says, what EC2 says (EC2 API reference, "Error codes", and the messages that terraform-provider-aws quotes).
SENTENCES = [
    (r"[\[{]'([\w.-]+)'[\]}]", r"\1"),  # Python's sets and lists
    (r"VpcID ([\w-]+) does not exist\.", r"The vpc ID '\1' does not exist"),
    (r"InternetGatewayID ([\w-]+) does not exist\.", r"The internetGateway ID '\1' does not exist"),
    (r"Allocation ID '([\w-]+)' not found\.", r"The allocation ID '\1' does not exist"),
    (r"Association ID '([\w-]+)' not found\.", r"The association ID '\1' does not exist"),
    (r"The VpcEndPoint ID '([\w-]+)' does not exist", r"The Vpc Endpoint Id '\1' does not exist"),
    (r"Resource (igw-\w+) is already associated\.", r"resource \1 is already attached to a network"),
    (r"InternetGatewayID (igw-\w+) is not attached to a VPC (vpc-\w+)\.",
     r"resource \1 is not attached to network \2"),
    (r"(igw-\w+) is being utilized by (vpc-\w+)",
     r"The internetGateway '\1' has dependencies and cannot be deleted."),
]  # fmt: skip
PATTERNS = [(re.compile(moto), ours) for moto, ours in SENTENCES]


def of_ec2(message: str) -> str:
    for pattern, sentence in PATTERNS:
        message = pattern.sub(sentence, message)
    return message
