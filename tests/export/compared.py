# SPDX-License-Identifier: MIT
"""Two stacks beside each other: what read_back tells of each, with everything replaced that must differ (ids, accounts,
the network that stands outside of the module), so that what is left must be equal."""

import json

# What AWS gives: another one in every stack.
IDS = ("id", "arn", "key_id", "allocation_id", "repository_url", "api_endpoint")
GIVEN = {*IDS, "revision", "target_key_id"}


def identity(kind, values):
    """The import id of a resource by what Terraform's state holds of it."""
    v = values
    kinds = {
        "route": lambda: f"{v['route_table_id']}_{v['destination_cidr_block']}",
        "route_table_association": lambda: f"{v['subnet_id']}/{v['route_table_id']}",
        "iam_role_policy": lambda: f"{v['role']}:{v['name']}",
        "kms_alias": lambda: v["name"],
        "ecs_cluster": lambda: v["name"],
        "ecs_cluster_capacity_providers": lambda: v["cluster_name"],
        "ecs_task_definition": lambda: v["arn"],
        "ecs_service": lambda: f"{v['cluster'].rpartition('/')[2]}/{v['name']}",
        "appautoscaling_target": lambda: f"ecs/{v['resource_id']}/{v['scalable_dimension']}",
        "appautoscaling_policy": lambda: f"ecs/{v['resource_id']}/{v['scalable_dimension']}/{v['name']}",
        "apigatewayv2_integration": lambda: f"{v['api_id']}/{v['id']}",
        "apigatewayv2_route": lambda: f"{v['api_id']}/{v['id']}",
        "apigatewayv2_stage": lambda: f"{v['api_id']}/{v['name']}",
    }
    return kinds.get(kind.removeprefix("aws_"), lambda: v["id"])()


class Stack:
    """address -> what AWS says of it. `outside`: texts of the surroundings -> their names in both stacks."""

    def __init__(self, reader, ids, outside):
        self.read = {address: reader.read(address.partition(".")[0], one) for address, one in ids.items()}
        self.names = dict(outside)
        for address, found in self.read.items():
            for name in IDS:
                if isinstance(found.get(name), str):
                    self.names[found[name]] = f"<{address}.{name}>"
            if "revision" in found:
                self.names[f"{found['family']}:{found['revision']}"] = f"<{address}>"
        # The longest first: an ARN before the id and the account in it.
        self.order = sorted(self.names, key=len, reverse=True)

    def plain(self, value):
        if isinstance(value, dict):
            return {key: self.plain(one) for key, one in value.items()}
        if isinstance(value, list):
            return sorted((self.plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
        if not isinstance(value, str):
            return value
        if value.startswith(("{", "[")):
            return self.plain(json.loads(value))
        for text in self.order:
            value = value.replace(text, self.names[text])
        return value

    def attributes(self):
        """(address, attribute) -> value, without what AWS gives itself."""
        return {
            (address, name): self.plain(value)
            for address, found in self.read.items()
            for name, value in found.items()
            if name not in GIVEN
        }
