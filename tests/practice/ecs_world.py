# SPDX-License-Identifier: MIT
"""What the tests of tasks, services and targets stand on, made by boto3 alone: one network with a way out, roles, a
cluster, an image of the tiny server, and for each test its own target group, log group and service."""

import http.client
import json
import time

from images import Image, compile_tiny, push, tar

PORT = 3000
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
DEADLINE_S = 40


def until(what, condition, deadline=DEADLINE_S):
    """Polls until the condition gives something true, and returns it."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {deadline} s: {what}")


class World:
    """Shared by a test session."""

    def __init__(self, cloud, client, folder):
        self.cloud, self.client = cloud, client
        self.ecs, self.ec2, self.elb, self.iam = (client(s) for s in ("ecs", "ec2", "elbv2", "iam"))
        self.ecr, self.secrets, self.logs = (client(s) for s in ("ecr", "secretsmanager", "logs"))
        self.program = compile_tiny(folder)
        self._network()
        self.execution_role = self.role("t-exec", [MANAGED])
        self.task_role = self.role("t-task", [])
        self.ecs.create_cluster(
            clusterName="t-cluster",
            capacityProviders=["FARGATE", "FARGATE_SPOT"],
            defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
        )
        self.repository = self.ecr.create_repository(repositoryName="t-tiny")["repository"]["repositoryUri"]
        self.image = self.push(self.tree())

    def tree(self, extra=None):
        passwd = b"root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n"
        return Image(
            [
                tar(
                    {
                        "bin/tiny": self.program,
                        "etc/passwd": passwd,
                        "etc/group": b"root:x:0:\nnode:x:1001:\nmore:x:7:node\n",
                        "tmp": ("dir", 0o1777),
                    }
                ),
                tar(extra or {"app/file": b"from the image"}),
            ],
            {
                "Env": ["PATH=/bin", "FROM_IMAGE=1", "BOTH=image"],
                "Entrypoint": ["tiny"],
                "Cmd": ["serve", str(PORT)],
                "User": "node",
                "WorkingDir": "/app",
            },
        )

    def push(self, image):
        return f"{self.repository}@{push(self.ecr, 't-tiny', image, tag=None)}"

    def _network(self):
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.77.{i}.0/24", AvailabilityZone=z)["Subnet"][
                "SubnetId"
            ]
            for i, z in enumerate(zones)
        ]
        self.isolated = ec2.create_subnet(
            VpcId=self.vpc, CidrBlock="10.77.9.0/24", AvailabilityZone=zones[0]
        )["Subnet"]["SubnetId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        for subnet in self.subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        self.lb_group = ec2.create_security_group(GroupName="t-lb", Description="d", VpcId=self.vpc)[
            "GroupId"
        ]
        self.task_group = ec2.create_security_group(GroupName="t-task", Description="d", VpcId=self.vpc)[
            "GroupId"
        ]
        ec2.authorize_security_group_ingress(
            GroupId=self.task_group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": PORT,
                    "ToPort": PORT,
                    "UserIdGroupPairs": [{"GroupId": self.lb_group}],
                }
            ],
        )

    def role(self, name, managed, policy=None, trust=TRUST):
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for one in managed:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=one)
        if policy:
            self.iam.put_role_policy(
                RoleName=name,
                PolicyName="p",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": policy}),
            )
        return arn


class Stack:
    """One test's log group, target group with load balancer, task definitions and service."""

    def __init__(self, world, name):
        self.world, self.name, self.ecs = world, name, world.ecs
        self.group = f"/ecs/{name}"
        world.logs.create_log_group(logGroupName=self.group)
        self.stop_of = []

    def network(self, **changes):
        w = self.world
        return {
            "awsvpcConfiguration": {
                "subnets": w.subnets,
                "securityGroups": [w.task_group],
                "assignPublicIp": "ENABLED",
                **changes,
            }
        }

    def target_group(self, listener=True, **settings):
        elb, w = self.world.elb, self.world
        arn = elb.create_target_group(
            Name=self.name,
            Protocol="HTTP",
            Port=PORT,
            VpcId=w.vpc,
            TargetType="ip",
            **{
                "HealthCheckPath": "/",
                "HealthCheckIntervalSeconds": 5,
                "HealthCheckTimeoutSeconds": 2,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 2,
                "Matcher": {"HttpCode": "200"},
                **settings,
            },
        )["TargetGroups"][0]["TargetGroupArn"]
        if listener:
            self.balancer = elb.create_load_balancer(
                Name=self.name, Subnets=w.subnets, SecurityGroups=[w.lb_group], Scheme="internal"
            )["LoadBalancers"][0]["LoadBalancerArn"]
            self.listener = elb.create_listener(
                LoadBalancerArn=self.balancer,
                Protocol="HTTP",
                Port=80,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
            )["Listeners"][0]["ListenerArn"]
        self.target = arn
        return arn

    def define(self, container=None, **task):
        """Registers a task definition; returns its ARN."""
        w = self.world
        definition = {
            "name": "app",
            "image": w.image,
            "essential": True,
            "stopTimeout": 5,
            "portMappings": [{"containerPort": PORT, "protocol": "tcp"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.group,
                    "awslogs-region": w.cloud.region,
                    "awslogs-stream-prefix": "ecs",
                },
            },
            **(container or {}),
        }
        settings = {
            "family": self.name,
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": w.execution_role,
            "taskRoleArn": w.task_role,
            "containerDefinitions": [definition],
            **task,
        }
        return self.ecs.register_task_definition(**settings)["taskDefinition"]["taskDefinitionArn"]

    def serve(self, definition, balanced=True, **changes):
        """CreateService with the product's settings."""
        settings = {
            "cluster": "t-cluster",
            "serviceName": self.name,
            "taskDefinition": definition,
            "desiredCount": 1,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
            "networkConfiguration": self.network(),
            "deploymentConfiguration": {
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
            **changes,
        }
        if balanced:
            settings.setdefault(
                "loadBalancers",
                [{"targetGroupArn": self.target, "containerName": "app", "containerPort": PORT}],
            )
        return self.ecs.create_service(**settings)["service"]

    def service(self):
        return self.ecs.describe_services(cluster="t-cluster", services=[self.name])["services"][0]

    def update(self, **changes):
        return self.ecs.update_service(cluster="t-cluster", service=self.name, **changes)["service"]

    def events(self):
        return [event["message"] for event in self.service()["events"]]

    def primary(self):
        return self.service()["deployments"][0]

    def completed(self):
        return until(
            f"deployment completed; {self.events()[:4]}",
            lambda: (
                (d := self.service()["deployments"])[0]["rolloutState"] == "COMPLETED"
                and len(d) == 1
                and d[0]
            ),
        )

    def tasks(self, status="RUNNING"):
        arns = self.ecs.list_tasks(cluster="t-cluster", serviceName=self.name, desiredStatus=status)[
            "taskArns"
        ]
        return self.ecs.describe_tasks(cluster="t-cluster", tasks=arns)["tasks"] if arns else []

    def run(self, definition, **changes):
        """RunTask; the description of its task."""
        settings = {
            "cluster": "t-cluster",
            "taskDefinition": definition,
            "launchType": "FARGATE",
            "networkConfiguration": self.network(),
            **changes,
        }
        self.stop_of.append(arn := self.ecs.run_task(**settings)["tasks"][0]["taskArn"])
        return arn

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="t-cluster", tasks=[arn])["tasks"][0]

    def reached(self, arn, status):
        def there():
            task = self.task(arn)
            assert status == "STOPPED" or task["desiredStatus"] == "RUNNING", (
                f"it stopped: {task['stoppedReason']}"
            )
            return task["lastStatus"] == status and task

        return until(f"task {status}", there)

    def get(self, task, path):
        """GET from the task, as the load balancer reaches it: (status, body)."""
        address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
        connection = http.client.HTTPConnection(address, PORT, timeout=5)
        connection.sock = until("the program listens", lambda: self._connect(address))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _connect(self, address):
        """RUNNING means that the program runs, not that it listens already."""
        try:
            return self.world.cloud.tasks.connect(address, PORT, timeout=2)
        except ConnectionRefusedError:
            return None

    def lines(self, task):
        stream = f"ecs/app/{task['taskArn'].rsplit('/', 1)[1]}"
        found = self.world.logs.get_log_events(
            logGroupName=self.group, logStreamName=stream, startFromHead=True
        )
        return [event["message"] for event in found["events"]]

    def health(self):
        found = self.world.elb.describe_target_health(TargetGroupArn=self.target)["TargetHealthDescriptions"]
        return [d["TargetHealth"] for d in found]

    def close(self):
        """Stops what the test left running."""
        found = self.ecs.describe_services(cluster="t-cluster", services=[self.name])["services"]
        if found and found[0]["status"] == "ACTIVE":
            self.ecs.delete_service(cluster="t-cluster", service=self.name, force=True)
        for arn in self.stop_of:
            self.ecs.stop_task(cluster="t-cluster", task=arn)
