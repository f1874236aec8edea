# SPDX-License-Identifier: MIT
"""The rules of the practice cloud that test_planted_calls.py does not break, although the program makes such calls.

Each says why; they have their own tests in tests/practice.
"""

ENDPOINT = "the program makes gateway endpoints only; this is about interfaces"
LAG = "off unless --lag is given; test_state.py runs the program with it"
FIRST = "another rule says it first: "
SOMETIMES = {"throttling.too_fast"}  # broken by a machine that is fast enough; saboteur.py waits it out
UNBROKEN = {
    "data.ecs_api.cluster_with_tasks": FIRST + "order.cluster_with_services, while there is a service",
    "data.ecs_api.describe_tasks": "asked only when a deployment has lost tasks",
    "data.ecs_api.list_tasks": "asked only when a deployment has lost tasks",
    "ec2_endpoints.endpoints_are_deleting": ENDPOINT,
    "ec2_endpoints.one_subnet_a_zone": ENDPOINT,
    "ec2_endpoints.private_dns": ENDPOINT,
    "ec2_endpoints.room_in_the_subnets": ENDPOINT,
    "ec2_groups.canonical_blocks": FIRST + "ec2_groups.permissions",
    "ecs_clusters.cluster_is_active": FIRST + "ecs_services.cluster, and DeleteCluster is repeated by nobody",
    "elbv2.free_addresses": "a property of the chosen subnets, which the program only passes on",
    "elbv2.groups_of_a_listener": "needs target groups in two VPCs or balancers; a setup has one",
    "elbv2_links.group_was_in_use": "a matter of time, which the program waits out in every destroy",
    "elbv2_links.listener_unknown_to_the_gateway": LAG,
    "elbv2_links.target_group_without_its_listener": LAG,
    "iam_roles.passed_role_is_known": "a role that is seconds old, which the program waits out in every apply",
    "kms.use_of_the_key": "a property of the key, which the program's own has from its making",
    "lag.not_found_yet": LAG,
    "lag.role_not_found_yet": LAG,
    "logs.key_of_a_new_group": FIRST + "validation.log_group, for a key that is not there",
    "secrets.key_decrypts": "a property of the key, which the program's own has from its making",
    "secrets.key_encrypts": "a property of the key, which the program's own has from its making",
    "secrets.name_of_a_forced_deletion": "a matter of time; test_options.py makes such a secret again at once",
    "states.load_balancer_leaves_interfaces": "deletion protection, which the program never sets",
    "throttling.too_fast": "test_throttling.py and the makespan tests go against the limits",
}
