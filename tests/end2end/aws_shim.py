#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""As much of the AWS CLI as the exported scripts use, over boto3: aws SERVICE OPERATION --option value... [--query X].

Options are the operation's parameters in kebab case; a value that begins with file:// is read, and is JSON when the
parameter is no text; a list of texts may be written with commas. Ends with 254 and AWS's message when AWS refuses,
as the AWS CLI does.
"""

import json
import sys
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError


def typed(shape, text):
    if shape.type_name == "string":
        return text
    if shape.type_name == "list" and not text.startswith("["):
        return text.split(",")
    return json.loads(text)


def main(service, operation, *rest):
    client = boto3.client(service)
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    members = {xform_name(name, "-"): name for name in shape.members}
    params, query = {}, None
    rest = list(rest)
    while rest:
        option = rest.pop(0).removeprefix("--")
        name = members.get(option)
        if name and shape.members[name].type_name == "boolean":
            params[name] = True
            continue
        value = rest.pop(0)
        if option == "query":
            query = value
        elif option != "output":
            text = Path(value.removeprefix("file://")).read_text() if value.startswith("file://") else value
            params[name] = typed(shape.members[name], text)
    try:
        answer = getattr(client, method)(**params)
    except ClientError as error:
        print(error, file=sys.stderr)
        return 254
    answer.pop("ResponseMetadata", None)
    print(answer[query] if query else json.dumps(answer, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
