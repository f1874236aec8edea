# SPDX-License-Identifier: MIT
"""The bugs that saboteur.py plants into the program's calls, by operation, and what AWS refuses each with.

A row's change gets the body as it is on the wire (form fields or JSON) and the sample world's other things, and returns
the broken body, or None when this call cannot carry the bug. WHOLE holds what is tried when everything is there, before
a destroy begins: deletions in the wrong order. UNBROKEN names the rules that the program's calls cannot break, and why.
"""

from changes import again, both, drop, field, foreign, only, other_end, put, second_rule
from planted_services import SERVICES
from saboteur import Bug

TYPE, FIRST_KEY = "TagSpecification.1.ResourceType", "TagSpecification.1.Tag.1.Key"
EC2_MAKES = {
    "CreateSecurityGroup": "vpc", "AuthorizeSecurityGroupIngress": "vpc", "AuthorizeSecurityGroupEgress": "vpc",
    "CreateVpc": "subnet", "CreateSubnet": "vpc", "CreateInternetGateway": "vpc", "AllocateAddress": "vpc",
    "CreateNatGateway": "nat-gateway", "CreateRouteTable": "vpc", "CreateVpcEndpoint": "vpc",
}  # fmt: skip
EC2_READS = (
    "DescribeVpcs", "DescribeSubnets", "DescribeRouteTables", "DescribeNatGateways", "DescribeSecurityGroups",
    "DescribeSecurityGroupRules", "DescribeInternetGateways", "DescribeAddresses",
)  # fmt: skip



def main_table(body, there):
    """The main table of the VPC that the subnet is in."""
    ec2 = there.world.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=[body["SubnetId"]])["Subnets"][0]["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    return body | {"RouteTableId": ec2.describe_route_tables(Filters=here)["RouteTables"][0]["RouteTableId"]}


NETWORK = [
    *(Bug(f"ec2.{one}", "tags for another type", field(TYPE, kind), "InvalidParameterValue")
      for one, kind in EC2_MAKES.items()),
    *(Bug(f"ec2.{one}", "a tag of AWS's own", field(FIRST_KEY, "aws:x"), "InvalidParameterValue")
      for one in EC2_MAKES),
    *(Bug(f"ec2.{one}", "only asked", put(DryRun="true"), "DryRunOperation") for one in EC2_MAKES),
    *(Bug(f"ec2.{one}", "a filter that does not exist", field("Filter.1.Name", "no-such"), "InvalidParameterValue")
      for one in EC2_READS),
    Bug("ec2.DescribeNatGateways", "one that does not exist", lambda *_: {
        "Action": "DescribeNatGateways", "Version": "2016-11-15", "NatGatewayId.1": "nat-0123456789abcdef0"},
        "NatGatewayNotFound"),
    Bug("ec2.DescribeVpcs", "by its name, in pages", lambda *_: {
        "Action": "DescribeVpcs", "Version": "2016-11-15", "VpcId.1": "vpc-0123456789abcdef0", "MaxResults": "5"},
        "InvalidParameterCombination"),
    Bug("ec2.CreateVpc", "a range too large", put(CidrBlock="10.0.0.0/8"), "InvalidVpc.Range"),
    Bug("ec2.CreateVpc", "no range", put(CidrBlock="ten"), "InvalidParameterValue"),
    Bug("ec2.ModifyVpcAttribute", "two attributes at once", both(
        field("EnableDnsSupport.Value", "true"), field("EnableDnsHostnames.Value", "true")),
        "InvalidParameterCombination"),
    Bug("ec2.ModifyVpcAttribute", "a VPC that is not there", put(VpcId="vpc-0123456789abcdef0"),
        "InvalidVpcID.NotFound"),
    Bug("ec2.CreateSubnet", "a range outside of the VPC", put(CidrBlock="192.168.0.0/24"), "InvalidSubnet.Range"),
    Bug("ec2.CreateSubnet", "a range too small", put(CidrBlock="10.77.0.0/29"), "InvalidSubnet.Range"),
    Bug("ec2.CreateSubnet", "a zone of another region", put(AvailabilityZoneId="use1-az1"), "InvalidParameterValue"),
    Bug("ec2.CreateSubnet", "two zones", put(AvailabilityZone="eu-west-3a"),
        "InvalidParameterCombination InvalidParameterValue"),
    Bug("ec2.CreateSubnet", "made twice", again, "InvalidSubnet.Conflict", after=True),
    Bug("ec2.AttachInternetGateway", "attached twice", again, "Resource.AlreadyAssociated", after=True),
    Bug("ec2.AttachInternetGateway", "a second gateway for the VPC", foreign("InternetGatewayId", "gateway"),
        "Resource.AlreadyAssociated InvalidParameterValue", after=True),
    Bug("ec2.CreateNatGateway", "no address", drop("AllocationId"), "MissingParameter"),
    Bug("ec2.CreateNatGateway", "a subnet that is not there", put(SubnetId="subnet-0123456789abcdef0"),
        "InvalidSubnetID.NotFound NatGatewayNotFound"),
    Bug("ec2.CreateNatGateway", "a token too long", put(ClientToken="t" * 65), "InvalidClientToken"),
    Bug("ec2.CreateNatGateway", "the same token, another subnet", foreign("SubnetId", "subnet"),
        "IdempotentParameterMismatch", after=True),
    Bug("ec2.CreateNatGateway", "the address once more", put(ClientToken="other"),
        "Resource.AlreadyAssociated", after=True),
    Bug("ec2.CreateRouteTable", "the same token, another VPC", lambda body, there: body | {
        "VpcId": there.world.client("ec2").describe_subnets(SubnetIds=[there.get("subnet")])["Subnets"][0]["VpcId"]},
        "IdempotentParameterMismatch", after=True),
    Bug("ec2.CreateRoute", "a gateway that is not there", only("GatewayId", put(GatewayId="igw-0123456789abcdef0")),
        "InvalidGatewayID.NotFound InvalidInternetGatewayID.NotFound"),
    Bug("ec2.CreateRoute", "another VPC's gateway", only("GatewayId", foreign("GatewayId", "gateway")),
        "InvalidParameterValue"),
    Bug("ec2.CreateRoute", "a NAT gateway that is not there", only(
        "NatGatewayId", put(NatGatewayId="nat-0123456789abcdef0")), "InvalidNatGatewayID.NotFound"),
    Bug("ec2.CreateRoute", "no destination", drop("DestinationCidrBlock"), "MissingParameter"),
    Bug("ec2.CreateRoute", "what is local", put(DestinationCidrBlock="10.77.0.0/24"),
        "InvalidParameterValue RouteAlreadyExists"),
    Bug("ec2.CreateRoute", "made twice", again, "RouteAlreadyExists", after=True),
    Bug("ec2.AssociateRouteTable", "another VPC's subnet", foreign("SubnetId", "subnet"), "InvalidParameterValue"),
    Bug("ec2.AssociateRouteTable", "another table for the same subnet", main_table, "Resource.AlreadyAssociated",
        after=True),
    Bug("ec2.DescribeAvailabilityZones", "a zone that does not exist", field("ZoneName.1", "eu-west-3z"),
        "InvalidParameterValue"),
    Bug("ec2.CreateVpcEndpoint", "a service that does not exist", put(ServiceName="com.amazonaws.eu-west-3.s33"),
        "InvalidServiceName"),
    Bug("ec2.CreateVpcEndpoint", "another VPC's table", lambda body, there: body | {
        "RouteTableId.1": there.get("table"), "ClientToken": "x"}, "InvalidRouteTableId.NotFound InvalidParameter "
        "InvalidParameterValue InvalidRouteTableID.NotFound"),
    Bug("ec2.CreateVpcEndpoint", "the same route twice", put(ClientToken="other"), "RouteAlreadyExists", after=True),
    Bug("ec2.CreateVpcEndpoint", "the same token, another policy", put(PolicyDocument="{}"),
        "IdempotentParameterMismatch", after=True),
    Bug("ec2.DeleteRoute", "the local route", put(DestinationCidrBlock="10.77.0.0/20"), "InvalidParameterValue"),
    Bug("ec2.DeleteRoute", "deleted twice", again, "InvalidRoute.NotFound", after=True),
    Bug("ec2.DisassociateRouteTable", "dissociated twice", again, "InvalidAssociationID.NotFound", after=True),
    Bug("ec2.DeleteNatGateway", "one that is not there", put(NatGatewayId="nat-0123456789abcdef0"),
        "NatGatewayNotFound"),
    Bug("ec2.ReleaseAddress", "by its address", both(drop("AllocationId"), put(PublicIp="203.0.113.9")),
        "InvalidParameterValue AuthFailure InvalidAddress.NotFound"),
    Bug("ec2.ReleaseAddress", "released twice", again, "InvalidAllocationID.NotFound", after=True),
    Bug("ec2.DetachInternetGateway", "detached twice", again, "Gateway.NotAttached", after=True),
    Bug("ec2.DeleteInternetGateway", "deleted twice", again, "InvalidInternetGatewayID.NotFound", after=True),
    Bug("ec2.DeleteSubnet", "deleted twice", again, "InvalidSubnetID.NotFound", after=True),
    Bug("ec2.DeleteVpc", "deleted twice", again, "InvalidVpcID.NotFound", after=True),
]  # fmt: skip

BOTH = ("ec2.AuthorizeSecurityGroupIngress", "ec2.AuthorizeSecurityGroupEgress")
GROUPS = [
    Bug("ec2.CreateSecurityGroup", "a tag with an escape", field("TagSpecification.1.Tag.1.Value", "\x1b[1m"),
        "InvalidParameterValue"),
    Bug("ec2.CreateSecurityGroup", "a name like an identifier", put(GroupName="sg-x"), "InvalidParameterValue"),
    Bug("ec2.CreateSecurityGroup", "a VPC that is not there", put(VpcId="vpc-0123456789abcdef0"),
        "InvalidVpcID.NotFound"),
    Bug("ec2.CreateSecurityGroup", "no VPC's identifier", put(VpcId="prod"),
        "InvalidVpcID.Malformed InvalidVpcId.Malformed"),
    Bug("ec2.CreateSecurityGroup", "made twice", again, "InvalidGroup.Duplicate", after=True),
    Bug("ec2.CreateSecurityGroup", "made twice, in capitals", lambda body, _: body | {
        "GroupName": body["GroupName"].upper()}, "InvalidGroup.Duplicate", after=True),
    *(Bug(one, "authorized twice", again, "InvalidPermission.Duplicate", after=True) for one in BOTH),
    *(Bug(one, "a protocol that does not exist", field("IpPermissions.1.IpProtocol", "smoke"), "InvalidParameterValue")
      for one in BOTH),
    *(Bug(one, "ports in the wrong order", both(
        field("IpPermissions.1.FromPort", "9"), field("IpPermissions.1.ToPort", "8")), "InvalidParameterValue")
      for one in BOTH),
    *(Bug(one, "another VPC's group", only(
        "IpPermissions.1.Groups", foreign("IpPermissions.1.Groups.1.GroupId", "group")),
          "InvalidGroup.NotFound") for one in BOTH),
    *(Bug(one, "a description of other signs", only("IpPermissions.1.Groups", field(
        "IpPermissions.1.Groups.1.Description", "<odd>")), "InvalidParameterValue") for one in BOTH),
    *(Bug(one, "no rule", drop("IpPermissions"), "MissingParameter InvalidParameterCombination InvalidRequest")
      for one in BOTH),
    *(Bug(one, "the same rule twice in it", second_rule(same=True), "InvalidParameterValue") for one in BOTH),
    *(Bug(one, "a good rule and a bad one", second_rule(same=False), "InvalidParameterValue") for one in BOTH),
    *(Bug(one, "a prefix list that is not there", other_end("PrefixListIds.1.PrefixListId", "pl-0123456789abcdef0"),
          "InvalidPrefixListID.NotFound InvalidPrefixListId.NotFound") for one in BOTH),
    *(Bug(f"ec2.RevokeSecurityGroup{way}", "a rule that is not there",
          field("SecurityGroupRuleId.1", "sgr-0123456789abcdef0"), "InvalidSecurityGroupRuleId.NotFound")
      for way in ("Ingress", "Egress")),
    *(Bug(f"ec2.RevokeSecurityGroup{way}", "no rule", drop("SecurityGroupRuleId"),
          "MissingParameter InvalidParameterCombination InvalidRequest") for way in ("Ingress", "Egress")),
    *(Bug(f"ec2.RevokeSecurityGroup{way}", "revoked twice", again, "InvalidSecurityGroupRuleId.NotFound", after=True)
      for way in ("Ingress", "Egress")),
    Bug("ec2.DeleteSecurityGroup", "deleted twice", again, "InvalidGroup.NotFound", after=True),
]  # fmt: skip

BALANCING = [
    Bug("elbv2.CreateLoadBalancer", "one subnet", drop("Subnets.member.2"), "ValidationError"),
    Bug("elbv2.CreateLoadBalancer", "no subnets", drop("Subnets"), "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.CreateLoadBalancer", "subnets twice", field(
        "SubnetMappings.member.1.SubnetId", "subnet-0123456789abcdef0"), "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.CreateLoadBalancer", "subnets of two VPCs", lambda body, there: body | {
        "Subnets.member.2": there.get("subnet")}, "InvalidConfigurationRequest InvalidSubnet ValidationError"),
    Bug("elbv2.CreateLoadBalancer", "another VPC's group", foreign("SecurityGroups.member.1", "group"),
        "InvalidSecurityGroup InvalidConfigurationRequest"),
    Bug("elbv2.CreateLoadBalancer", "a name too long", put(Name="x" * 33), "ValidationError"),
    Bug("elbv2.CreateLoadBalancer", "a tag of AWS's own", field("Tags.member.1.Key", "aws:x"), "ValidationError"),
    Bug("elbv2.CreateLoadBalancer", "a tag twice", lambda body, _: body | {
        "Tags.member.2.Key": body["Tags.member.1.Key"]}, "DuplicateTagKeys"),
    Bug("elbv2.CreateLoadBalancer", "made again otherwise", put(Scheme="internet-facing"),
        "DuplicateLoadBalancerName InvalidSubnet", after=True),
    Bug("elbv2.CreateLoadBalancer", "made again with another group", foreign("SecurityGroups.member.1", "group"),
        "DuplicateLoadBalancerName InvalidSecurityGroup InvalidConfigurationRequest", after=True),
    Bug("elbv2.CreateTargetGroup", "a timeout above the interval", put(HealthCheckTimeoutSeconds="30"),
        "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.CreateTargetGroup", "a matcher that is no status", field("Matcher.HttpCode", "99"),
        "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.CreateTargetGroup", "a path without its slash", put(HealthCheckPath="health"), "ValidationError"),
    Bug("elbv2.CreateTargetGroup", "a name that ends with a dash", put(Name="x-"), "ValidationError"),
    Bug("elbv2.CreateTargetGroup", "made again otherwise", put(Port="3001"), "DuplicateTargetGroupName", after=True),
    Bug("elbv2.CreateListener", "no action's group", field(
        "DefaultActions.member.1.TargetGroupArn",
        "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/x/0123456789abcdef"), "TargetGroupNotFound"),
    Bug("elbv2.CreateListener", "an action without its group", drop("DefaultActions.member.1.TargetGroupArn"),
        "ValidationError InvalidLoadBalancerAction"),
    Bug("elbv2.CreateListener", "HTTPS without a certificate", put(Protocol="HTTPS", Port="443"),
        "ValidationError CertificateNotFound"),
    Bug("elbv2.CreateListener", "a redirect to itself", both(drop("DefaultActions"), field(
        "DefaultActions.member.1.Type", "redirect"), field(
        "DefaultActions.member.1.RedirectConfig.StatusCode", "HTTP_301")),
        "InvalidLoadBalancerAction ValidationError"),
    Bug("elbv2.CreateListener", "a name in place of the balancer's ARN", put(LoadBalancerArn="forestadmin"),
        "ValidationError"),
    Bug("elbv2.CreateListener", "made again otherwise", both(drop("DefaultActions"), field(
        "DefaultActions.member.1.Type", "fixed-response"), field(
        "DefaultActions.member.1.FixedResponseConfig.StatusCode", "404")), "DuplicateListener", after=True),
    Bug("elbv2.ModifyLoadBalancerAttributes", "a timeout of 4001 s", field("Attributes.member.1.Value", "4001"),
        "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.ModifyTargetGroupAttributes", "an attribute that does not exist", field(
        "Attributes.member.1.Key", "no.such"), "ValidationError InvalidConfigurationRequest"),
    Bug("elbv2.DescribeTargetGroups", "by name and by ARN", both(field("Names.member.1", "x"), field(
        "TargetGroupArns.member.1",
        "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/x/0123456789abcdef")), "ValidationError"),
    Bug("elbv2.DescribeTags", "21 resources", lambda body, _: body | {
        f"ResourceArns.member.{i}": body["ResourceArns.member.1"] for i in range(1, 22)},
        "ValidationError TooManyResources InvalidParameterValue"),
    Bug("elbv2.DeleteListener", "deleted twice", again, "ListenerNotFound", after=True),
]  # fmt: skip

ROWS = [*NETWORK, *GROUPS, *BALANCING, *SERVICES]
