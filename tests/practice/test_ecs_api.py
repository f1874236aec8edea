# SPDX-License-Identifier: MIT
"""ECS: clusters, task definitions and what its API refuses (API reference, aws.md 2.11). Running services are in
test_services.py and test_ecs_deployments.py."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import code_of
from ecs_world import until

TRUST = json.dumps(
    {"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)  # fmt: skip
NO_TARGETS = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/none/0123456789abcdef"
LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "eu-west-3",
                                            "awslogs-stream-prefix": "p"}}  # fmt: skip
CONTAINER = {"name": "app", "image": "public.ecr.aws/x/y:1", "portMappings": [{"containerPort": 80}]}


@pytest.fixture
def ecs(client):
    return client("ecs")


@pytest.fixture(scope="module")
def role(client):
    iam = client("iam")
    name = "ecs-api-execution"
    if name not in [r["RoleName"] for p in iam.get_paginator("list_roles").paginate() for r in p["Roles"]]:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return iam.get_role(RoleName=name)["Role"]["Arn"]


@pytest.fixture
def cluster(ecs, unique):
    ecs.create_cluster(
        clusterName=unique, capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )  # fmt: skip
    return unique


def fargate(role, unique, **changes):
    wanted = {"family": unique, "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256",
              "memory": "512", "executionRoleArn": role, "containerDefinitions": [CONTAINER], **changes}  # fmt: skip
    return {name: value for name, value in wanted.items() if value is not None}


def register(ecs, role, unique, **changes):
    return ecs.register_task_definition(**fargate(role, unique, **changes))["taskDefinition"]


# ---- clusters


@pytest.mark.parametrize("name", ["a b", "a.b", "x" * 256])
def test_name_of_a_cluster(ecs, name):
    assert code_of(lambda: ecs.create_cluster(clusterName=name)) == "InvalidParameterException"


def test_cluster_again_is_the_same(ecs, cluster):
    again = ecs.create_cluster(clusterName=cluster)["cluster"]
    assert again["clusterName"] == cluster and set(again["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"capacityProviders": ["NONE"]}, "InvalidParameterException"),
        ({"defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}, "InvalidParameterException"),
        ({"settings": [{"name": "color", "value": "blue"}]}, "InvalidParameterException"),
        ({"settings": [{"name": "containerInsights", "value": "perhaps"}]}, "InvalidParameterException"),
        ({"tags": [{"key": "aws:x", "value": "y"}]}, "InvalidParameterException"),
        ({"tags": [{"key": f"k{i}", "value": ""} for i in range(51)]}, "InvalidParameterException"),
    ],
    ids=str,
)
def test_cluster_is_refused(ecs, unique, changes, code):
    assert code_of(lambda: ecs.create_cluster(clusterName=unique, **changes)) == code


def test_deleted_cluster(ecs, cluster):
    """It stays visible as INACTIVE, is listed no more, and its name can be used again (aws.md 2.11)."""
    assert ecs.delete_cluster(cluster=cluster)["cluster"]["status"] == "INACTIVE"
    shown = ecs.describe_clusters(clusters=[cluster])["clusters"]
    assert [c["status"] for c in shown] == ["INACTIVE"]
    arns = [arn for page in ecs.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]]
    assert not [arn for arn in arns if arn.endswith(f"/{cluster}")]
    assert code_of(lambda: ecs.list_services(cluster=cluster)) == "ClusterNotFoundException"
    assert ecs.create_cluster(clusterName=cluster)["cluster"]["status"] == "ACTIVE"


def test_clusters_that_are_not_there(ecs, cluster):
    """DescribeClusters answers 200 and names them; the others refuse."""
    answer = ecs.describe_clusters(clusters=[cluster, "none"])
    assert [c["clusterName"] for c in answer["clusters"]] == [cluster]
    assert [(f["arn"].rpartition("/")[2], f["reason"]) for f in answer["failures"]] == [("none", "MISSING")]
    for call in (
        lambda: ecs.delete_cluster(cluster="none"),
        lambda: ecs.list_services(cluster="none"),
        lambda: ecs.list_tasks(cluster="none"),
        lambda: ecs.describe_tasks(cluster="none", tasks=["x"]),
        lambda: ecs.describe_services(cluster="none", services=["x"]),
        lambda: ecs.update_cluster(cluster="none", settings=[]),
        lambda: ecs.put_cluster_capacity_providers(
            cluster="none", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        ),
        lambda: ecs.update_service(cluster="none", service="x"),
        lambda: ecs.delete_service(cluster="none", service="x"),
        lambda: ecs.stop_task(cluster="none", task="0" * 32),
        lambda: ecs.run_task(cluster="none", taskDefinition="x"),
    ):
        assert code_of(call) == "ClusterNotFoundException"


def test_what_a_cluster_says(ecs, cluster):
    plain = ecs.describe_clusters(clusters=[cluster])["clusters"][0]
    assert (plain["activeServicesCount"], plain["runningTasksCount"], plain["tags"]) == (0, 0, [])
    ecs.tag_resource(resourceArn=plain["clusterArn"], tags=[{"key": "a", "value": "b"}])
    assert ecs.describe_clusters(clusters=[cluster])["clusters"][0]["tags"] == []
    full = ecs.describe_clusters(clusters=[cluster], include=["TAGS", "SETTINGS"])["clusters"][0]
    assert full["tags"] == [{"key": "a", "value": "b"}]
    assert {"name": "containerInsights", "value": "disabled"} in full["settings"]
    ecs.update_cluster(cluster=cluster, settings=[{"name": "containerInsights", "value": "enabled"}])
    full = ecs.describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"][0]
    assert {"name": "containerInsights", "value": "enabled"} in full["settings"]


def test_settings_and_providers(ecs, cluster):
    changed = [{"name": "containerInsights", "value": "enhanced"}]
    assert changed[0] in ecs.update_cluster_settings(cluster=cluster, settings=changed)["cluster"]["settings"]
    names = {p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"]}
    assert names == {"FARGATE", "FARGATE_SPOT"}


# ---- task definitions


def one(**changes):
    return {"containerDefinitions": [{**CONTAINER, **changes}]}


# (claim, changes to a good definition): ClientException
DEFINITIONS = [
    ("a family's letters", {"family": "a b"}),
    ("a family's length", {"family": "x" * 256}),
    ("containers", {"containerDefinitions": []}),
    ("a container's name", one(name="a b")),
    ("a container's image", one(image="")),
    ("two containers of one name", {"containerDefinitions": [CONTAINER, CONTAINER]}),
    ("an essential container", one(essential=False)),
    ("a size of Fargate", {"cpu": "256", "memory": "4096"}),
    ("a size of Fargate", {"cpu": "300", "memory": "512"}),
    ("a size of Fargate", {"cpu": "512", "memory": "512"}),
    ("sizes are numbers", {"cpu": "many"}),
    ("cpu for Fargate", {"cpu": None}),
    ("memory for Fargate", {"memory": None}),
    ("network mode for Fargate", {"networkMode": "bridge"}),
    ("network mode for Fargate, which is not the default", {"networkMode": None}),
    ("a size of Windows in Fargate", {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2019_CORE"}}),
    ("at most 64 KiB", one(environment=[{"name": "A", "value": "x" * 65000}, {"name": "B", "value": "x" * 600}])),
    ("a role that exists", {"executionRoleArn": "arn:aws:iam::123456789012:role/none"}),
    ("a task role that exists", {"taskRoleArn": "arn:aws:iam::123456789012:role/none"}),
    ("a role for logs", {"executionRoleArn": None, **one(logConfiguration=LOGS)}),
    ("a role for ECR", {"executionRoleArn": None, **one(image="123456789012.dkr.ecr.eu-west-3.amazonaws.com/x:1")}),
    ("a role for secrets", {"executionRoleArn": None, **one(secrets=[{"name": "A", "valueFrom": "x"}])}),
    ("a log group", one(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-region": "eu-west-3"}})),
    ("a region of logs", one(logConfiguration={"logDriver": "awslogs", "options": {
        "awslogs-group": "g", "awslogs-stream-prefix": "p"}})),
    ("a stream prefix", one(logConfiguration={"logDriver": "awslogs", "options": {
        "awslogs-group": "g", "awslogs-region": "eu-west-3"}})),
    ("a log driver of Fargate", one(logConfiguration={"logDriver": "syslog"})),
    ("ports match", one(portMappings=[{"containerPort": 80, "hostPort": 81}])),
    ("a port", one(portMappings=[{"containerPort": 70000}])),
    ("a protocol", one(portMappings=[{"containerPort": 80, "protocol": "icmp"}])),
    ("each port once", one(portMappings=[{"containerPort": 80}, {"containerPort": 80}])),
    ("a time to stop", one(stopTimeout=121)),
    ("a secret and a variable of one name", one(
        environment=[{"name": "A", "value": "1"}], secrets=[{"name": "A", "valueFrom": "arn:x"}])),
    ("cpu of the containers", one(cpu=512)),
    ("memory of the containers", one(memory=1024)),
    ("memory above its reservation", one(memory=128, memoryReservation=256)),
    ("no privileges in Fargate", one(privileged=True)),
    ("no links in Fargate", one(links=["x"])),
    ("no added capabilities in Fargate", one(linuxParameters={"capabilities": {"add": ["NET_ADMIN"]}})),
    ("a health check's command", one(healthCheck={"command": ["ls"]})),
    ("a health check's interval", one(healthCheck={"command": ["CMD", "ls"], "interval": 1})),
    ("a volume that exists", one(mountPoints=[{"sourceVolume": "none", "containerPath": "/x"}])),
    ("a container to wait for", one(dependsOn=[{"containerName": "none", "condition": "START"}])),
    ("an architecture", {"runtimePlatform": {"cpuArchitecture": "MIPS"}}),
    ("storage of 21 to 200 GiB", {"ephemeralStorage": {"sizeInGiB": 20}}),
    ("storage of 21 to 200 GiB", {"ephemeralStorage": {"sizeInGiB": 201}}),
    ("no host mode of processes in Fargate", {"pidMode": "host"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "changes"), DEFINITIONS, ids=[f"{i}: {row[0]}" for i, row in enumerate(DEFINITIONS)]
)
def test_task_definition_is_refused(client, role, unique, claim, changes):
    plain = client("ecs", parameter_validation=False)
    code = code_of(lambda: plain.register_task_definition(**fargate(role, unique, **changes)))
    assert code in ("ClientException", "InvalidParameterException")


def test_memory_on_ec2(ecs, unique):
    """Without memory at either level."""
    call = lambda: ecs.register_task_definition(family=unique, containerDefinitions=[{"name": "a", "image": "i"}])
    assert code_of(call) == "ClientException"


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "512"), ("0.25 vCPU", "1 GB"), (".5 vCPU", "1024"), ("1024", "2GB"), ("16 vcpu", "120 GB")],
)
def test_good_sizes(ecs, role, unique, cpu, memory):
    made = register(ecs, role, unique, cpu=cpu, memory=memory)
    assert made["cpu"].isdigit() and made["memory"].isdigit()


def test_several_containers(ecs, role, unique):
    """A definition may have them, though the practice cloud does not run such a task."""
    side = {"name": "side", "image": "x", "essential": False,
            "dependsOn": [{"containerName": "app", "condition": "START"}]}  # fmt: skip
    made = register(ecs, role, unique, containerDefinitions=[CONTAINER, side])
    assert [c["name"] for c in made["containerDefinitions"]] == ["app", "side"]


def test_what_a_definition_says(ecs, role, unique):
    made = register(ecs, role, unique, tags=[{"key": "a", "value": "b"}])
    assert made["taskDefinitionArn"].endswith(f":task-definition/{unique}:1")
    assert (made["status"], made["revision"], made["compatibilities"]) == ("ACTIVE", 1, ["EC2", "FARGATE"])
    container = made["containerDefinitions"][0]
    assert container["essential"] and container["portMappings"] == [
        {"containerPort": 80, "hostPort": 80, "protocol": "tcp"}
    ]
    assert container["environment"] == [] and container["mountPoints"] == [] and container["volumesFrom"] == []
    described = ecs.describe_task_definition(taskDefinition=unique)
    assert "tags" not in described or described["tags"] == []
    assert ecs.describe_task_definition(taskDefinition=unique, include=["TAGS"])["tags"] == [{"key": "a", "value": "b"}]


def test_revisions(ecs, role, unique):
    """Each registration makes one; the family is the latest that is active; numbers are not used again."""
    arns = [register(ecs, role, unique)["taskDefinitionArn"] for _ in range(3)]
    latest = lambda: ecs.describe_task_definition(taskDefinition=unique)["taskDefinition"]["revision"]
    assert latest() == 3
    ecs.deregister_task_definition(taskDefinition=arns[2])
    assert latest() == 2
    assert ecs.describe_task_definition(taskDefinition=arns[2])["taskDefinition"]["status"] == "INACTIVE"
    listed = lambda **more: ecs.list_task_definitions(familyPrefix=unique, **more)["taskDefinitionArns"]
    assert listed() == arns[:2] and listed(sort="DESC") == arns[1::-1] and listed(status="INACTIVE") == arns[2:]
    ecs.delete_task_definitions(taskDefinitions=[arns[2]])
    assert register(ecs, role, unique)["revision"] == 4
    assert listed(sort="DESC", maxResults=1)[0].endswith(":4")


def test_inactive_revision_serves_no_more(ecs, cluster, role, unique, vpc):
    """No service is made with it, and none changed to it (ECS API reference, DeregisterTaskDefinition)."""
    arn = register(ecs, role, unique)["taskDefinitionArn"]
    ecs.deregister_task_definition(taskDefinition=arn)
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        ecs.create_service(
            cluster=cluster, serviceName=unique, taskDefinition=arn, desiredCount=0, launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": vpc["subnets"][:1]}},
        )  # fmt: skip


def test_family_prefix_is_a_family(ecs, role, unique):
    register(ecs, role, unique)
    register(ecs, role, f"{unique}-more")
    assert len(ecs.list_task_definitions(familyPrefix=unique)["taskDefinitionArns"]) == 1
    families = ecs.list_task_definition_families(familyPrefix=unique)["families"]
    assert families == [unique, f"{unique}-more"]


def test_definitions_that_are_not_there(ecs, role, unique):
    for call in (
        lambda: ecs.describe_task_definition(taskDefinition="none"),
        lambda: ecs.describe_task_definition(taskDefinition=f"{unique}:9"),
        lambda: ecs.deregister_task_definition(taskDefinition=f"{unique}:9"),
        lambda: ecs.deregister_task_definition(taskDefinition=unique),  # without its revision
    ):
        assert code_of(call) in ("ClientException", "InvalidParameterException")


def test_deleting_definitions(ecs, role, unique):
    """Only INACTIVE ones; ten at once; failures are named."""
    arn = register(ecs, role, unique)["taskDefinitionArn"]
    delete = lambda names: ecs.delete_task_definitions(taskDefinitions=names)
    answer = delete([arn, f"{unique}:9"])
    assert answer["taskDefinitions"] == [] and len(answer["failures"]) == 2
    assert code_of(lambda: delete([f"{unique}:{i}" for i in range(1, 12)])) == "InvalidParameterException"
    ecs.deregister_task_definition(taskDefinition=arn)
    assert delete([arn])["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    listed = ecs.list_task_definitions(familyPrefix=unique, status="INACTIVE")["taskDefinitionArns"]
    assert listed == []


# ---- services


@pytest.fixture
def definition(ecs, role, unique):
    return register(ecs, role, unique)["taskDefinitionArn"]


def service(in_cluster, definition, vpc, **changes):
    wanted = {"cluster": in_cluster, "serviceName": "s", "taskDefinition": definition, "desiredCount": 0,
              "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": {
                  "subnets": vpc["subnets"], "securityGroups": [vpc["group"]]}}, **changes}  # fmt: skip
    return {name: value for name, value in wanted.items() if value is not None}


def network(**changes):
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["SUBNETS"], **changes}}}


STRATEGY = [{"capacityProvider": "FARGATE", "weight": 1}]
# (claim, changes, code)
SERVICES = [
    ("a name's letters", {"serviceName": "a b"}, "InvalidParameterException"),
    ("a cluster that exists", {"cluster": "none"}, "ClusterNotFoundException"),
    ("a definition", {"taskDefinition": None}, "InvalidParameterException"),
    ("a definition that exists", {"taskDefinition": "none"}, "ClientException"),
    ("a count", {"desiredCount": None}, "InvalidParameterException"),
    ("a count from 0 on", {"desiredCount": -1}, "InvalidParameterException"),
    ("a network", {"networkConfiguration": None}, "InvalidParameterException"),
    ("a subnet that exists", network(subnets=["subnet-00000000000000000"]), "InvalidParameterException"),
    ("a subnet at all", network(subnets=[]), "InvalidParameterException"),
    ("a group that exists", network(securityGroups=["sg-00000000000000000"]), "InvalidParameterException"),
    ("at most 5 groups", network(securityGroups=[f"sg-{i:017x}" for i in range(6)]), "InvalidParameterException"),
    ("at most 16 subnets", network(subnets=[f"subnet-{i:017x}" for i in range(17)]), "InvalidParameterException"),
    ("a type or a strategy", {"capacityProviderStrategy": STRATEGY}, "InvalidParameterException"),
    ("a provider of the cluster", {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "MINE"}]},
     "InvalidParameterException"),
    ("one base", {"launchType": None, "capacityProviderStrategy": [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 1}]}, "InvalidParameterException"),
    ("some weight", {"launchType": None, "capacityProviderStrategy": [
        {"capacityProvider": "FARGATE", "weight": 0}, {"capacityProvider": "FARGATE_SPOT", "weight": 0}]},
     "InvalidParameterException"),
    ("a target group that exists", {"loadBalancers": [
        {"targetGroupArn": NO_TARGETS, "containerName": "app", "containerPort": 80}]}, "InvalidParameterException"),
    ("no grace without a balancer", {"healthCheckGracePeriodSeconds": 10}, "InvalidParameterException"),
    ("no block of deployments", {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}},
     "InvalidParameterException"),
    ("a maximum from 100 on", {"deploymentConfiguration": {"maximumPercent": 99, "minimumHealthyPercent": 0}},
     "InvalidParameterException"),
    ("a minimum up to 100", {"deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 101}},
     "InvalidParameterException"),
    ("no rebalancing without room", {"availabilityZoneRebalancing": "ENABLED",
     "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}}, "InvalidParameterException"),
    ("a platform that there is", {"platformVersion": "9.9.9"}, "PlatformUnknownException"),
    ("a token of at most 36", {"clientToken": "x" * 37}, "InvalidParameterException"),
    ("AWS's own tags", {"tags": [{"key": "aws:x", "value": "y"}]}, "InvalidParameterException"),
    ("no daemons on Fargate", {"schedulingStrategy": "DAEMON", "desiredCount": None}, "InvalidParameterException"),
    ("no placement on Fargate", {"placementStrategy": [{"type": "random"}]}, "InvalidParameterException"),
    ("a breaker's threshold", {"deploymentConfiguration": {"deploymentCircuitBreaker": {
        "enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 0}}}},
     "InvalidParameterException"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "changes", "code"), SERVICES, ids=[row[0] for row in SERVICES])
def test_service_is_refused(client, vpc, cluster, definition, claim, changes, code):
    plain = client("ecs", parameter_validation=False)
    wanted = service(cluster, definition, vpc, **changes)
    places = (wanted.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if places.get("subnets") == ["SUBNETS"]:
        places = {**places, "subnets": vpc["subnets"]}
        wanted["networkConfiguration"] = {"awsvpcConfiguration": places}
    assert code_of(lambda: plain.create_service(**wanted)) == code


def test_target_group_without_a_listener(client, ecs, vpc, cluster, definition, unique):
    """"does not have an associated load balancer" (aws.md 2.11): retryable."""
    group = client("elbv2").create_target_group(
        Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}]
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="does not have an associated load balancer"):
        ecs.create_service(**service(cluster, definition, vpc, loadBalancers=balancer))


def test_service_again(ecs, vpc, cluster, definition):
    """The same token is the same service; without it the name is taken."""
    first = ecs.create_service(**service(cluster, definition, vpc), clientToken="one")["service"]["serviceArn"]
    assert ecs.create_service(**service(cluster, definition, vpc), clientToken="one")["service"]["serviceArn"] == first
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="not idempotent"):
        ecs.create_service(**service(cluster, definition, vpc))
    with pytest.raises(ecs.exceptions.InvalidParameterException, match="not idempotent"):
        ecs.create_service(**service(cluster, definition, vpc, desiredCount=1), clientToken="one")
    assert code_of(lambda: ecs.delete_cluster(cluster=cluster)) == "ClusterContainsServicesException"


def test_services_that_are_not_there(ecs, cluster):
    answer = ecs.describe_services(cluster=cluster, services=["none"])
    assert answer["services"] == [] and answer["failures"][0]["reason"] == "MISSING"
    for call in (
        lambda: ecs.update_service(cluster=cluster, service="none", desiredCount=1),
        lambda: ecs.delete_service(cluster=cluster, service="none"),
        lambda: ecs.list_tasks(cluster=cluster, serviceName="none"),
        lambda: ecs.list_service_deployments(cluster=cluster, service="none"),
    ):
        assert code_of(call) == "ServiceNotFoundException"
    many = [f"s{i}" for i in range(11)]
    assert code_of(lambda: ecs.describe_services(cluster=cluster, services=many)) == "InvalidParameterException"
    assert code_of(lambda: ecs.describe_services(cluster=cluster, services=[])) == "InvalidParameterException"


def test_pages_of_services(ecs, vpc, cluster, definition):
    """Ten on a page when nothing is said (API reference, ListServices)."""
    for i in range(12):
        ecs.create_service(**service(cluster, definition, vpc, serviceName=f"s{i}"))
    first = ecs.list_services(cluster=cluster)
    assert len(first["serviceArns"]) == 10 and first["nextToken"]
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster, PaginationConfig={"PageSize": 5})
    assert [len(page["serviceArns"]) for page in pages] == [5, 5, 2]
    assert code_of(lambda: ecs.list_services(cluster=cluster, maxResults=101)) == "InvalidParameterException"
    assert code_of(lambda: ecs.list_services(cluster=cluster, nextToken="x")) == "InvalidParameterException"


def test_tasks_that_are_not_there(ecs, cluster, definition, vpc):
    answer = ecs.describe_tasks(cluster=cluster, tasks=["0" * 32])
    assert answer["tasks"] == [] and answer["failures"][0]["reason"] == "MISSING"
    assert code_of(lambda: ecs.stop_task(cluster=cluster, task="0" * 32)) == "InvalidParameterException"
    run = lambda **more: ecs.run_task(cluster=cluster, taskDefinition=definition, launchType="FARGATE", **more)
    assert code_of(run) == "InvalidParameterException"  # no network
    places = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": vpc["subnets"]}}}
    assert code_of(lambda: run(count=11, **places)) == "InvalidParameterException"
    unknown = lambda: ecs.run_task(cluster=cluster, taskDefinition="none", launchType="FARGATE", **places)
    assert code_of(unknown) == "ClientException"
    other = {"overrides": {"containerOverrides": [{"name": "none", "command": ["x"]}]}}
    assert code_of(lambda: run(**other, **places)) == "InvalidParameterException"


def test_tags_of_a_task(ecs, cluster, role, unique, vpc):
    """Its own, those of its definition when they are propagated, and ECS's own when they are wanted."""
    register(ecs, role, unique, tags=[{"key": "from", "value": "definition"}, {"key": "a", "value": "1"}])
    places = {"networkConfiguration": {"awsvpcConfiguration": {"subnets": vpc["subnets"]}}}
    wanted = {"cluster": cluster, "taskDefinition": unique, "launchType": "FARGATE", **places}
    run = lambda **more: ecs.run_task(tags=[{"key": "a", "value": "2"}], **wanted, **more)["tasks"][0]["taskArn"]
    plain, full = run(), run(propagateTags="TASK_DEFINITION", enableECSManagedTags=True)
    shown = ecs.describe_tasks(cluster=cluster, tasks=[plain, full], include=["TAGS"])["tasks"]
    tags = {task["taskArn"]: {tag["key"]: tag["value"] for tag in task["tags"]} for task in shown}
    assert tags[plain] == {"a": "2"}
    assert tags[full] == {"a": "2", "from": "definition", "aws:ecs:clusterName": cluster}


def test_tags_by_arn(ecs, cluster, definition, cloud):
    arn = f"arn:aws:ecs:{cloud.region}:{cloud.account}:cluster/{cluster}"
    for one_arn in (arn, definition):
        ecs.tag_resource(resourceArn=one_arn, tags=[{"key": "a", "value": "1"}])
        ecs.tag_resource(resourceArn=one_arn, tags=[{"key": "a", "value": "2"}])
        assert ecs.list_tags_for_resource(resourceArn=one_arn)["tags"] == [{"key": "a", "value": "2"}]
        ecs.untag_resource(resourceArn=one_arn, tagKeys=["a"])
        assert ecs.list_tags_for_resource(resourceArn=one_arn)["tags"] == []
        many = lambda one_arn=one_arn: [
            ecs.tag_resource(resourceArn=one_arn, tags=[{"key": f"{n}{i}", "value": ""} for i in range(30)])
            for n in "ab"
        ]
        assert code_of(many) == "InvalidParameterException"
    absent = arn.replace(cluster, "none")
    assert code_of(lambda: ecs.list_tags_for_resource(resourceArn=absent)) == "ClusterNotFoundException"
    assert code_of(lambda: ecs.list_tags_for_resource(resourceArn="nonsense")) == "InvalidParameterException"


def test_definition_in_use_stays(ecs, vpc, cluster, definition, cloud):
    """DELETE_IN_PROGRESS until the last service is gone."""
    ecs.create_service(**service(cluster, definition, vpc))
    ecs.deregister_task_definition(taskDefinition=definition)
    ecs.delete_task_definitions(taskDefinitions=[definition])
    state = lambda: ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["status"]
    assert state() == "DELETE_IN_PROGRESS" and state() == "DELETE_IN_PROGRESS"
    ecs.delete_service(cluster=cluster, service="s", force=True)
    until("the definition goes", lambda: absent(state))


def absent(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] == "ClientException"
    return False


def test_container_instances_are_of_a_cluster(client):
    """Each operation on container instances looks for the cluster first; moto crashes without one."""
    ecs, none = client("ecs"), {"cluster": "none-such"}
    for call in (
        lambda: ecs.describe_container_instances(containerInstances=["a"], **none),
        lambda: ecs.deregister_container_instance(containerInstance="a", **none),
        lambda: ecs.update_container_instances_state(containerInstances=["a"], status="DRAINING", **none),
        lambda: ecs.register_container_instance(**none),
        lambda: ecs.put_attributes(attributes=[{"name": "a"}], **none),
        lambda: ecs.delete_attributes(attributes=[{"name": "a"}], **none),
    ):
        assert code_of(call) == "ClusterNotFoundException"


def test_capacity_provider_in_use_stays(ecs, vpc, cluster, definition):
    ecs.create_service(**service(cluster, definition, vpc, launchType=None, capacityProviderStrategy=STRATEGY))
    put = lambda *names: ecs.put_cluster_capacity_providers(
        cluster=cluster, capacityProviders=list(names), defaultCapacityProviderStrategy=[]
    )
    assert code_of(lambda: put("FARGATE_SPOT")) == "ResourceInUseException"
    assert put("FARGATE")["cluster"]["capacityProviders"] == ["FARGATE"]
