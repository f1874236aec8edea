# SPDX-License-Identifier: MIT
"""Deletions in the wrong order, refused as AWS refuses them (aws.md 6). What interfaces hold is in eni.py."""

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before


# ReleaseAddress while a NAT gateway (or anything) holds it: AuthFailure for interfaces of AWS services, else
# InvalidIPAddress.InUse (aws.md 6).
@before("ec2", "ReleaseAddress")
def address_in_use(_cloud: Cloud, call: Call) -> None:
    for address in emulator.backend("ec2", call.account, call.region).addresses:
        if address.allocation_id != call.params.get("AllocationId") or not address.association_id:
            continue
        if address.eni is not None and address.eni.requester_managed:
            raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")
        raise AwsError(
            "InvalidIPAddress.InUse", f"The address with allocation id [{address.allocation_id}] is in use"
        )


# DisassociateAddress of an address that a NAT gateway holds.
@before("ec2", "DisassociateAddress")
def address_of_a_service(_cloud: Cloud, call: Call) -> None:
    for address in emulator.backend("ec2", call.account, call.region).addresses:
        association = call.params.get("AssociationId")
        if (
            association
            and address.association_id == association
            and address.eni
            and address.eni.requester_managed
        ):
            raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")


# DetachInternetGateway while the VPC has mapped public addresses: NAT gateways, internet-facing load balancers.
@before("ec2", "DetachInternetGateway")
def mapped_public_addresses(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    vpc, wanted = call.params["VpcId"], call.params["InternetGatewayId"]
    attached = next((igw.vpc for igw in ec2.internet_gateways.values() if igw.id == wanted), None)
    if attached is None or attached.id != vpc:
        return  # moto says that it is not there or not attached
    mapped = any(address.eni is not None and address.eni.vpc_id == vpc for address in ec2.addresses)
    elbv2 = emulator.backend("elbv2", call.account, call.region)
    mapped |= any(b.vpc_id == vpc and b.scheme != "internal" for b in elbv2.load_balancers.values())
    if mapped:
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before "
            "detaching the gateway.",
        )


# DeleteRouteTable: the main table goes only with its VPC.
@before("ec2", "DeleteRouteTable")
def main_route_table(_cloud: Cloud, call: Call) -> None:
    table = emulator.backend("ec2", call.account, call.region).route_tables.get(call.params["RouteTableId"])
    if table and table.main_association_id is not None:
        raise AwsError(
            "DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted."
        )


# DeleteVpc: refused while it holds interfaces, gateways, endpoints or security groups of its own.
@before("ec2", "DeleteVpc")
def vpc_in_use(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    vpc = call.params["VpcId"]
    held = any(subnet.vpc_id == vpc for zone in ec2.subnets.values() for subnet in zone.values())
    held |= any(igw.vpc and igw.vpc.id == vpc for igw in ec2.internet_gateways.values())
    held |= any(group.name != "default" for group in ec2.groups.get(vpc, {}).values())
    held |= any(
        endpoint.vpc_id == vpc and endpoint.state != "deleted" for endpoint in ec2.vpc_end_points.values()
    )
    if held:
        raise AwsError("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")


# ECS DeleteCluster: ClusterContainsServicesException while a service is not INACTIVE (aws.md 2.11).
@before("ecs", "DeleteCluster")
def cluster_with_services(_cloud: Cloud, call: Call) -> None:
    ecs = emulator.backend("ecs", call.account, call.region)
    name = call.params["cluster"].rpartition("/")[2]
    if any(s.cluster_name == name and s.status != "INACTIVE" for s in ecs.services.values()):
        raise AwsError(
            "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
        )


# IAM DeletePolicy while it is attached, or is somebody's permissions boundary: DeleteConflict, 409.
@before("iam", "DeletePolicy")
def policy_attached(_cloud: Cloud, call: Call) -> None:
    iam, arn = emulator.backend("iam", call.account, here()), call.params["PolicyArn"]
    policy = iam.managed_policies.get(arn)
    bounds = [getattr(one, "permissions_boundary_arn", None) for one in [*iam.roles.values(), *iam.users.values()]]
    if policy and (policy.attachment_count > 0 or arn in bounds):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)


# API Gateway DeleteIntegration while a route targets it: ConflictException, 409.
@before("apigatewayv2", "DeleteIntegration")
def integration_of_a_route(_cloud: Cloud, call: Call) -> None:
    api = emulator.backend("apigatewayv2", call.account, call.region).apis.get(call.params["ApiId"])
    target = f"integrations/{call.params['IntegrationId']}"
    if api and any(route.target == target for route in api.routes.values()):
        raise AwsError(
            "ConflictException",
            f"Cannot delete Integration '{call.params['IntegrationId']}', it is referenced by a Route.",
            409,
        )
