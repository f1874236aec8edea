# SPDX-License-Identifier: MIT
"""The final state of AWS, read with boto3 as its owner would, attribute by attribute (product.md, aws.md 2, 8, 11)."""

import json

import pytest
from shared import arn
from world import ACCOUNT, REGION

VPC = "vpc-f6f0beb95192f1673"
SUBNETS = {"subnet-f7efd6461743d1013", "subnet-dc458fa7d2f4a8261"}
DATABASE_GROUP = "sg-10bfbda020d10b0f5"
NAME = "forestadmin-storefront-admin"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def aws(applied):
    """The client factory, once the setup is there."""
    return applied.world.client


@pytest.fixture(scope="module")
def stack(aws):
    """The id in our tags: uuid-shaped, the same on everything."""
    tags = aws("apigatewayv2").get_apis()["Items"][0]["Tags"]
    assert len(tags["forestadmin:stack"]) == 36
    return tags["forestadmin:stack"]


@pytest.fixture(scope="module")
def groups(aws):
    """{"link" | "alb" | "task": the security group}."""
    found = aws("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["SecurityGroups"]
    return {kind: next(g for g in found if g["GroupName"] == f"{NAME}-{kind}") for kind in ("link", "alb", "task")}


@pytest.fixture(scope="module")
def balancer(aws):
    return aws("elbv2").describe_load_balancers(Names=[NAME])["LoadBalancers"][0]


@pytest.fixture(scope="module")
def listener(aws, balancer):
    found = aws("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def targets(aws, balancer):
    found = aws("elbv2").describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def service(aws):
    return aws("ecs").describe_services(cluster=NAME, services=[NAME], include=["TAGS"])["services"][0]


@pytest.fixture(scope="module")
def definition(aws, service):
    answer = aws("ecs").describe_task_definition(taskDefinition=service["taskDefinition"], include=["TAGS"])
    return answer["taskDefinition"] | {"tags": answer["tags"]}


@pytest.fixture(scope="module")
def secret(aws):
    return aws("secretsmanager").describe_secret(SecretId=f"{NAME}/env")


@pytest.fixture(scope="module")
def api(aws):
    found = aws("apigatewayv2").get_apis()["Items"]
    return next(one for one in found if one["Name"] == NAME)


def pairs(tags):
    """Tags of any service's spelling as a dictionary."""
    if isinstance(tags, dict):
        return tags
    return {t.get("Key", t.get("key")): t.get("Value", t.get("value")) for t in tags}


def rules(aws, group):
    """The rules of a group as (direction, protocol, from, to, peer), with their tags."""
    found = aws("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {
        ("out" if r["IsEgress"] else "in", r["IpProtocol"], r["FromPort"], r["ToPort"],
         r.get("CidrIpv4") or r.get("CidrIpv6") or r["ReferencedGroupInfo"]["GroupId"]): pairs(r["Tags"])
        for r in found["SecurityGroupRules"]
    }  # fmt: skip


# ---- network


def test_three_chained_groups(aws, groups):
    """link -> load balancer :80 -> task :3000 -> 443 and the database's group: exactly these rules, nothing else."""
    link, alb, task = (groups[kind]["GroupId"] for kind in ("link", "alb", "task"))
    assert set(rules(aws, link)) == {("out", "tcp", 80, 80, alb)}
    assert set(rules(aws, alb)) == {("in", "tcp", 80, 80, link), ("out", "tcp", 3000, 3000, task)}
    assert set(rules(aws, task)) == {
        ("in", "tcp", 3000, 3000, alb),
        ("out", "tcp", 443, 443, ANYWHERE),
        ("out", "tcp", 5432, 5432, DATABASE_GROUP),
    }


def test_rule_on_the_database_group(aws, groups, stack):
    """The database's group has got one rule, from the task's group, with our tag; its own rule is as it was."""
    found = rules(aws, DATABASE_GROUP)
    ours = {rule: tags for rule, tags in found.items() if tags.get("forestadmin:stack") == stack}
    assert set(ours) == {("in", "tcp", 5432, 5432, groups["task"]["GroupId"])}
    foreign = {rule: tags for rule, tags in found.items() if "forestadmin:stack" not in tags}
    assert len(foreign) == 2  # the storefront's own servers, and the egress that every group is born with


def test_every_rule_has_our_tags(aws, groups, stack):
    """Security group rules are resources of their own, and tagged like the rest."""
    for group in groups.values():
        for rule, tags in rules(aws, group["GroupId"]).items():
            assert tags.get("forestadmin:stack") == stack, (group["GroupName"], rule)


def test_vpc_link(aws, groups):
    """The VPC link stands in the private subnets, only in zones where VPC links work, with its own group."""
    link = next(one for one in aws("apigatewayv2").get_vpc_links()["Items"] if one["Name"] == NAME)
    assert link["VpcLinkStatus"] == "AVAILABLE"
    assert set(link["SubnetIds"]) == SUBNETS
    assert link["SecurityGroupIds"] == [groups["link"]["GroupId"]]
    subnets = aws("ec2").describe_subnets(SubnetIds=link["SubnetIds"])["Subnets"]
    assert {subnet["AvailabilityZoneId"] for subnet in subnets} == {"euw3-az1", "euw3-az3"}


# ---- load balancer


def test_load_balancer(balancer, groups):
    """Internal, of type application, IPv4, with its own group, in both subnets, one of each zone."""
    assert balancer["Scheme"] == "internal"
    assert balancer["Type"] == "application"
    assert balancer["IpAddressType"] == "ipv4"
    assert balancer["SecurityGroups"] == [groups["alb"]["GroupId"]]
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == SUBNETS
    assert len({zone["ZoneName"] for zone in balancer["AvailabilityZones"]}) == 2
    assert balancer["VpcId"] == VPC
    assert balancer["State"]["Code"] == "active"


def test_load_balancer_attributes(aws, balancer):
    """Not protected from deletion (destroy must work), idle for 60 s, bad headers dropped."""
    found = aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    values = pairs(found)
    assert values["deletion_protection.enabled"] == "false"
    assert values["idle_timeout.timeout_seconds"] == "60"


def test_listener(listener, targets):
    """HTTP on port 80, forwarding to the one target group."""
    assert (listener["Protocol"], listener["Port"]) == ("HTTP", 80)
    (action,) = listener["DefaultActions"]
    assert (action["Type"], action["TargetGroupArn"]) == ("forward", targets["TargetGroupArn"])


def test_health_check(targets):
    """Tuned for fast deploys: every 5 s, 4 s to answer, 2 good ones in, 3 bad ones out, / must say 200."""
    assert targets["HealthCheckIntervalSeconds"] == 5
    assert targets["HealthCheckTimeoutSeconds"] == 4
    assert (targets["HealthyThresholdCount"], targets["UnhealthyThresholdCount"]) == (2, 3)
    assert (targets["HealthCheckProtocol"], targets["HealthCheckPort"]) == ("HTTP", "traffic-port")
    assert (targets["HealthCheckPath"], targets["Matcher"]) == ("/", {"HttpCode": "200"})


def test_target_group(aws, targets):
    """Addresses on port 3000 of the VPC, drained for 30 s; its name holds at most 32 characters."""
    assert (targets["TargetType"], targets["Protocol"], targets["Port"]) == ("ip", "HTTP", 3000)
    assert targets["VpcId"] == VPC
    assert len(targets["TargetGroupName"]) <= 32
    found = aws("elbv2").describe_target_group_attributes(TargetGroupArn=targets["TargetGroupArn"])["Attributes"]
    assert pairs(found)["deregistration_delay.timeout_seconds"] == "30"


def test_one_healthy_target(aws, targets):
    """The container is a healthy target, with a private address."""
    health = aws("elbv2").describe_target_health(TargetGroupArn=targets["TargetGroupArn"])
    (target,) = health["TargetHealthDescriptions"]
    assert target["TargetHealth"]["State"] == "healthy"
    assert target["Target"]["Id"].startswith("10.20.")


# ---- address


def test_api(api):
    """An HTTP API without a CORS configuration of its own, which would hide the agent's."""
    assert api["ProtocolType"] == "HTTP"
    assert "CorsConfiguration" not in api
    assert not api.get("DisableExecuteApiEndpoint")


def test_route_stage_and_integration(aws, api, listener):
    """One $default route to one integration: HTTP_PROXY, any method, over the link to the listener's ARN."""
    v2 = aws("apigatewayv2")
    (integration,) = v2.get_integrations(ApiId=api["ApiId"])["Items"]
    (route,) = v2.get_routes(ApiId=api["ApiId"])["Items"]
    (stage,) = v2.get_stages(ApiId=api["ApiId"])["Items"]
    link = next(one for one in v2.get_vpc_links()["Items"] if one["Name"] == NAME)
    assert (integration["IntegrationType"], integration["IntegrationMethod"]) == ("HTTP_PROXY", "ANY")
    assert (integration["ConnectionType"], integration["ConnectionId"]) == ("VPC_LINK", link["VpcLinkId"])
    assert integration["IntegrationUri"] == listener["ListenerArn"]
    assert integration["PayloadFormatVersion"] == "1.0"
    assert integration["TimeoutInMillis"] <= 30000
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$default", "NONE")
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)


# ---- roles


def test_roles_trust_ecs_tasks_of_this_account_only(aws):
    """Both roles can be taken by ECS tasks of this account and region, and by nothing else."""
    for kind in ("exec", "task"):
        role = aws("iam").get_role(RoleName=f"{NAME}-{kind}-{REGION}")["Role"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"},
            },
        }


def test_execution_role_has_least_privilege(aws, secret):
    """It may pull this image, write to this log group, read this secret. "*" stands for GetAuthorizationToken only."""
    iam = aws("iam")
    role = f"{NAME}-exec-{REGION}"
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    allowed = {}
    for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]:
        assert set(statement) == {"Effect", "Action", "Resource"} and statement["Effect"] == "Allow"
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        allowed |= dict.fromkeys(actions, statement["Resource"])
    repository, log = arn("ecr", f"repository/{NAME}"), arn("logs", f"log-group:/ecs/{NAME}:*")
    assert allowed == {
        "ecr:GetAuthorizationToken": "*",
        "ecr:BatchCheckLayerAvailability": repository,
        "ecr:GetDownloadUrlForLayer": repository,
        "ecr:BatchGetImage": repository,
        "logs:CreateLogStream": log,
        "logs:PutLogEvents": log,
        "secretsmanager:GetSecretValue": secret["ARN"],
    }


def test_task_role_has_no_rights(aws):
    """The backend calls no AWS API, so its role has no policy at all."""
    role = f"{NAME}-task-{REGION}"
    assert aws("iam").list_role_policies(RoleName=role)["PolicyNames"] == []
    assert aws("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


# ---- container


def test_repository(aws):
    """Tags are immutable, images are scanned on push, and old ones expire."""
    (repository,) = aws("ecr").describe_repositories(repositoryNames=[NAME])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    text = aws("ecr").get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"]
    (rule,) = json.loads(text)["rules"]
    assert rule["action"] == {"type": "expire"}
    assert (rule["selection"]["countType"], rule["selection"]["countNumber"]) == ("imageCountMoreThan", 20)


def test_image_is_pinned_by_digest(aws, definition):
    """The task runs the image of our repository by the digest that the registry has for its tag."""
    (image,) = aws("ecr").describe_images(repositoryName=NAME)["imageDetails"]
    (container,) = definition["containerDefinitions"]
    assert container["image"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}@{image['imageDigest']}"
    assert len(image["imageTags"]) == 1


def test_task_definition(definition):
    """Fargate, awsvpc, the size and platform of the answers, two different roles."""
    assert definition["requiresCompatibilities"] == ["FARGATE"]
    assert definition["networkMode"] == "awsvpc"
    assert (definition["cpu"], definition["memory"]) == ("256", "512")
    assert definition["runtimePlatform"] == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
    assert definition["executionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{NAME}-exec-{REGION}"
    assert definition["taskRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{NAME}-task-{REGION}"


def test_secrets_are_pinned_by_version(definition, secret):
    """The three secrets come by ARN, key and version; none of them is in the plain environment."""
    (container,) = definition["containerDefinitions"]
    (version,) = (v for v, stages in secret["VersionIdsToStages"].items() if "AWSCURRENT" in stages)
    keys = ("FOREST_ENV_SECRET", "FOREST_AUTH_SECRET", "POSTGRESQL_URL")
    assert {s["name"]: s["valueFrom"] for s in container["secrets"]} == {
        key: f"{secret['ARN']}:{key}::{version}" for key in keys
    }
    environment = pairs([{"Key": e["name"], "Value": e["value"]} for e in container["environment"]])
    assert not set(environment) & set(keys)
    assert (environment["PORT"], environment["NODE_ENV"]) == ("3000", "production")
    assert environment["DATABASE_SSL_MODE"] == "preferred"


def test_container_writes_to_our_log_group(aws, definition):
    """awslogs with group, region and the stream prefix that Fargate demands; the group keeps 30 days."""
    (container,) = definition["containerDefinitions"]
    log = container["logConfiguration"]
    assert log["logDriver"] == "awslogs"
    assert log["options"]["awslogs-group"] == f"/ecs/{NAME}"
    assert log["options"]["awslogs-region"] == REGION
    assert log["options"]["awslogs-stream-prefix"]
    (group,) = aws("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/{NAME}")["logGroups"]
    assert group["retentionInDays"] == 30
    streams = aws("logs").describe_log_streams(logGroupName=f"/ecs/{NAME}")["logStreams"]
    assert streams[0]["logStreamName"].startswith(log["options"]["awslogs-stream-prefix"] + "/backend/")


def test_container_port_and_stop(definition):
    """Port 3000 only, an init process, and less time to stop than a Fargate task has."""
    (container,) = definition["containerDefinitions"]
    ports = [(p["containerPort"], p["protocol"]) for p in container["portMappings"]]
    assert ports == [(3000, "tcp")]
    assert container["essential"] is True
    assert container["linuxParameters"]["initProcessEnabled"] is True
    assert 2 <= container["stopTimeout"] <= 120


def test_cluster(aws):
    """Fargate providers, FARGATE by default, Container Insights off."""
    (cluster,) = aws("ecs").describe_clusters(clusters=[NAME], include=["SETTINGS"])["clusters"]
    assert cluster["status"] == "ACTIVE"
    assert set(cluster["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}
    assert [s["capacityProvider"] for s in cluster["defaultCapacityProviderStrategy"]] == ["FARGATE"]
    assert {"name": "containerInsights", "value": "disabled"} in cluster["settings"]


def test_service_network(service, groups):
    """Private subnets, the task's group, no public address."""
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert set(network["subnets"]) == SUBNETS
    assert network["securityGroups"] == [groups["task"]["GroupId"]]
    assert network["assignPublicIp"] == "DISABLED"


def test_service_deploys_safely(service, targets):
    """Circuit breaker with rollback, 100/200 percent, 60 s of grace, FARGATE by capacity provider, one task."""
    deployment = service["deploymentConfiguration"]
    breaker = deployment["deploymentCircuitBreaker"]
    assert (breaker["enable"], breaker["rollback"]) == (True, True)
    assert (deployment["minimumHealthyPercent"], deployment["maximumPercent"]) == (100, 200)
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert [s["capacityProvider"] for s in service["capacityProviderStrategy"]] == ["FARGATE"]
    assert "launchType" not in service
    assert (service["desiredCount"], service["runningCount"]) == (1, 1)
    assert service["loadBalancers"] == [
        {"targetGroupArn": targets["TargetGroupArn"], "containerName": "backend", "containerPort": 3000}
    ]
    assert service["enableECSManagedTags"] is True
    assert service["propagateTags"] == "SERVICE"
    assert not service.get("enableExecuteCommand")


def test_secret_has_the_three_keys(applied, world):
    """The JSON secret: what was given for two of them, 64 hex characters made up for the third."""
    value = applied.secret()
    assert set(value) == {"FOREST_ENV_SECRET", "FOREST_AUTH_SECRET", "POSTGRESQL_URL"}
    assert value["FOREST_ENV_SECRET"] == world.env["FOREST_ENV_SECRET"]
    assert value["POSTGRESQL_URL"] == world.env["POSTGRESQL_URL"]
    assert len(bytes.fromhex(value["FOREST_AUTH_SECRET"])) == 32


# ---- tags


def test_everything_has_its_tags(aws, stack, balancer, listener, targets, service, definition, secret, api, groups):
    """Every resource has the stack, the setup, its step, a readable name and the user's own tags."""
    ecs, elb, iam = aws("ecs"), aws("elbv2"), aws("iam")
    found = {
        "api": api["Tags"],
        "vpc-link": next(one for one in aws("apigatewayv2").get_vpc_links()["Items"] if one["Name"] == NAME)["Tags"],
        "stage": aws("apigatewayv2").get_stage(ApiId=api["ApiId"], StageName="$default")["Tags"],
        "cluster": ecs.describe_clusters(clusters=[NAME], include=["TAGS"])["clusters"][0]["tags"],
        "service": service["tags"],
        "task-definition": definition["tags"],
        "secret": secret["Tags"],
        "repository": aws("ecr").list_tags_for_resource(resourceArn=arn("ecr", f"repository/{NAME}"))["tags"],
        "log-group": aws("logs").list_tags_for_resource(resourceArn=arn("logs", f"log-group:/ecs/{NAME}"))["tags"],
    }
    for kind in ("exec", "task"):
        found[f"{kind}-role"] = iam.get_role(RoleName=f"{NAME}-{kind}-{REGION}")["Role"]["Tags"]
    for kind, group in groups.items():
        found[f"{kind}-group"] = group["Tags"]
    of = {"load-balancer": balancer["LoadBalancerArn"], "listener": listener["ListenerArn"],
          "target-group": targets["TargetGroupArn"]}  # fmt: skip
    for step, one in of.items():
        found[step] = elb.describe_tags(ResourceArns=[one])["TagDescriptions"][0]["Tags"]
    for step, tags in found.items():
        values = pairs(tags)
        assert values["forestadmin:stack"] == stack, step
        assert values["forestadmin:setup"] == "storefront-admin", step
        assert values["forestadmin:resource"] == step
        assert values["Name"].removeprefix("/ecs/").startswith(NAME[:27]), step
        assert (values["Team"], values["CostCenter"]) == ("back-office", "FR-042"), step


def test_running_task_has_the_tags(aws, service, stack):
    """The task carries the service's tags, so that its cost is found too."""
    (task,) = aws("ecs").list_tasks(cluster=NAME, serviceName=NAME)["taskArns"]
    found = aws("ecs").describe_tasks(cluster=NAME, tasks=[task], include=["TAGS"])["tasks"][0]
    assert pairs(found["tags"]).get("forestadmin:stack") == stack
