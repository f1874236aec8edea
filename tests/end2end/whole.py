# SPDX-License-Identifier: MIT
"""What a destroy could delete too early: each deletion of a setup that runs, and what AWS refuses it with.

Order: Whole(setup) looks its things up by their names; each row of WHOLE is (operation, what it says, deletion, codes).
A deletion of something that this setup does not have raises LookupError.
"""


class Whole:
    def __init__(self, setup):
        self.world, self.name, self.base = setup.world, setup.name, f"forestadmin-{setup.name}"

    def __getattr__(self, service):
        return self.world.client(service.replace("_", "-"))

    def one(self, found):
        """The only one of them that belongs to the setup."""
        return next(iter(found), None) or self.nothing()

    def nothing(self):
        raise LookupError(self.name)

    def group(self, end):
        named = [{"Name": "group-name", "Values": [f"{self.base}-{end}"]}]
        return self.one(self.ec2.describe_security_groups(Filters=named)["SecurityGroups"])["GroupId"]

    def tagged(self, operation, key):
        """EC2's things with the setup's tag."""
        mine = [{"Name": "tag:forestadmin:setup", "Values": [self.name]}]
        return getattr(self.ec2, operation)(Filters=mine)[key]

    def own_network(self):
        return self.one(self.tagged("describe_vpcs", "Vpcs"))["VpcId"]

    def public_subnet(self):
        nat = self.one(self.tagged("describe_nat_gateways", "NatGateways"))
        return nat["SubnetId"]

    def private_subnet(self):
        """One where load balancer, link and tasks have their interfaces; there are others, which are empty."""
        mine = {s["SubnetId"] for s in self.tagged("describe_subnets", "Subnets")} - {self.public_subnet()}
        interfaces = self.ec2.describe_network_interfaces()["NetworkInterfaces"]
        return self.one([one for one in interfaces if one["SubnetId"] in mine])["SubnetId"]

    def targets(self):
        groups = self.elbv2.describe_target_groups()["TargetGroups"]
        return self.one([g for g in groups if g["TargetGroupName"].startswith(self.base)])["TargetGroupArn"]

    def api(self):
        return self.one([a for a in self.apigatewayv2.get_apis()["Items"] if a["Name"] == self.base])["ApiId"]

    def integration(self):
        return self.one(self.apigatewayv2.get_integrations(ApiId=self.api())["Items"])["IntegrationId"]

    def link(self):
        return self.one([a for a in self.apigatewayv2.get_vpc_links()["Items"] if a["Name"] == self.base])["VpcLinkId"]

    def deployment(self):
        stage = self.apigatewayv2.get_stage(ApiId=self.api(), StageName="$default")
        return stage["DeploymentId"]

    def definition(self):
        found = self.ecs.list_task_definitions(familyPrefix=self.base, sort="DESC")["taskDefinitionArns"]
        return self.one(found)


WHOLE = [
    *((f"ec2.DeleteSecurityGroup {end}", "in use", lambda w, end=end: w.ec2.delete_security_group(
        GroupId=w.group(end)), "DependencyViolation") for end in ("task", "alb", "link")),
    ("elbv2.DeleteTargetGroup", "before its listener", lambda w: w.elbv2.delete_target_group(
        TargetGroupArn=w.targets()), "ResourceInUse"),
    ("apigatewayv2.DeleteVpcLink", "before the integration", lambda w: w.apigatewayv2.delete_vpc_link(
        VpcLinkId=w.link()), "BadRequestException ConflictException"),
    ("apigatewayv2.DeleteIntegration", "before its route", lambda w: w.apigatewayv2.delete_integration(
        ApiId=w.api(), IntegrationId=w.integration()), "ConflictException"),
    ("ecs.DeleteCluster", "before its service", lambda w: w.ecs.delete_cluster(cluster=w.base),
     "ClusterContainsServicesException"),
    ("ecs.DeleteService", "while it runs", lambda w: w.ecs.delete_service(cluster=w.base, service=w.base),
     "InvalidParameterException"),
    ("ecs.DeleteTaskDefinitions", "before it is deregistered", lambda w: deleted(w.ecs.delete_task_definitions(
        taskDefinitions=[w.definition()])), "ClientException InvalidParameterException"),
    ("iam.DeleteRole", "before its policy", lambda w: w.iam.delete_role(RoleName=f"{w.base}-exec-eu-west-3"),
     "DeleteConflict"),
    ("ecr.DeleteRepository", "with its image", lambda w: w.ecr.delete_repository(repositoryName=w.base),
     "RepositoryNotEmptyException"),
    ("ec2.DeleteVpc", "before everything in it", lambda w: w.ec2.delete_vpc(VpcId=w.own_network()),
     "DependencyViolation"),
    ("ec2.DeleteSubnet", "before the NAT gateway in it", lambda w: w.ec2.delete_subnet(SubnetId=w.public_subnet()),
     "DependencyViolation"),
    ("ec2.DeleteSubnet", "before the interfaces in it", lambda w: w.ec2.delete_subnet(SubnetId=w.private_subnet()),
     "DependencyViolation"),
    ("ec2.DetachInternetGateway", "before the NAT gateway", lambda w: w.ec2.detach_internet_gateway(
        InternetGatewayId=w.one(w.tagged("describe_internet_gateways", "InternetGateways"))["InternetGatewayId"],
        VpcId=w.own_network()), "DependencyViolation"),
    ("ec2.DeleteInternetGateway", "before it is detached", lambda w: w.ec2.delete_internet_gateway(
        InternetGatewayId=w.one(w.tagged("describe_internet_gateways", "InternetGateways"))["InternetGatewayId"]),
     "DependencyViolation"),
    ("ec2.ReleaseAddress", "before the NAT gateway", lambda w: w.ec2.release_address(
        AllocationId=w.one(w.tagged("describe_addresses", "Addresses"))["AllocationId"]),
     "AuthFailure InvalidIPAddress.InUse"),
    ("ec2.DeleteRouteTable", "before its associations", lambda w: w.ec2.delete_route_table(
        RouteTableId=w.one(w.tagged("describe_route_tables", "RouteTables"))["RouteTableId"]), "DependencyViolation"),
    ("ec2.DisassociateRouteTable", "the main one", lambda w: w.ec2.disassociate_route_table(
        AssociationId=main_table(w)["Associations"][0]["RouteTableAssociationId"]), "InvalidParameterValue"),
    ("ec2.DeleteRouteTable", "the main one", lambda w: w.ec2.delete_route_table(
        RouteTableId=main_table(w)["RouteTableId"]), "DependencyViolation"),
]  # fmt: skip

# When it is gone: the secret's name is not free before its recovery window has ended.
AFTERWARDS = [
    ("secretsmanager.CreateSecret", "in its recovery window", lambda w: w.secretsmanager.create_secret(
        Name=f"{w.base}/env", SecretString="x"), "InvalidRequestException"),
    ("secretsmanager.PutSecretValue", "in its recovery window", lambda w: w.secretsmanager.put_secret_value(
        SecretId=f"{w.base}/env", SecretString="x"), "InvalidRequestException"),
]  # fmt: skip


def main_table(whole):
    here = [{"Name": "vpc-id", "Values": [whole.own_network()]}, {"Name": "association.main", "Values": ["true"]}]
    return whole.one(whole.ec2.describe_route_tables(Filters=here)["RouteTables"])


def deleted(answer):
    """DeleteTaskDefinitions answers 200 and lists what it has refused."""
    from botocore.exceptions import ClientError

    for failure in answer["failures"]:
        error = {"Error": {"Code": "ClientException", "Message": failure["reason"]},
                 "ResponseMetadata": {"HTTPStatusCode": 400}}  # fmt: skip
        raise ClientError(error, "DeleteTaskDefinitions")
