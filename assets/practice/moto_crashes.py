# SPDX-License-Identifier: MIT
"""Calls on which moto 5.2.5 breaks with a Python exception where AWS answers with an error of the service.

Read by moto_bugs.py. They are calls about things that are not there, or without an optional member. forest-setup makes
none of them; in the practice cloud they come out as InternalFailure and count as errors of the emulator, if no rule
answers in moto's place (those have "answered" beside them).
"""

TRANSIT = "tgw-0123456789abcdef0"
ATTACHMENT, TABLE = "tgw-attach-0123456789abcdef0", "tgw-rtb-0123456789abcdef0"
KEY = "12345678-1234-1234-1234-123456789012"
NO_ARN = "arn:aws:rds:eu-west-3:123456789012:snapshot:none"

# (service, method of boto3, parameters, exception, what AWS answers)
CRASHES = [
    ("rds", "describe_db_proxy_targets", {"DBProxyName": "none"}, KeyError, "DBProxyNotFoundFault"),
    ("rds", "describe_db_proxy_target_groups", {"DBProxyName": "none"}, KeyError, "DBProxyNotFoundFault"),
    ("rds", "register_db_proxy_targets", {"DBProxyName": "none"}, KeyError, "DBProxyNotFoundFault"),
    ("rds", "deregister_db_proxy_targets", {"DBProxyName": "none"}, KeyError, "DBProxyNotFoundFault"),
    ("rds", "modify_db_proxy_target_group", {"DBProxyName": "none", "TargetGroupName": "x"}, KeyError,
     "DBProxyNotFoundFault"),
    ("rds", "delete_db_proxy", {"DBProxyName": "none"}, KeyError, "DBProxyNotFoundFault"),
    ("rds", "describe_option_groups", {}, KeyError, "a list; answered"),
    ("rds", "promote_read_replica", {"DBInstanceIdentifier": "none"}, KeyError, "DBInstanceNotFound"),
    ("rds", "promote_read_replica_db_cluster", {"DBClusterIdentifier": "none"}, KeyError, "DBClusterNotFoundFault"),
    ("rds", "restore_db_instance_to_point_in_time", {"TargetDBInstanceIdentifier": "none"}, IndexError,
     "InvalidParameterCombination"),
    ("ec2", "delete_transit_gateway", {"TransitGatewayId": TRANSIT}, KeyError, "InvalidTransitGatewayID.NotFound"),
    ("ec2", "modify_transit_gateway", {"TransitGatewayId": TRANSIT}, KeyError, "InvalidTransitGatewayID.NotFound"),
    ("ec2", "delete_transit_gateway_vpc_attachment", {"TransitGatewayAttachmentId": ATTACHMENT}, KeyError,
     "InvalidTransitGatewayAttachmentID.NotFound"),
    ("ec2", "modify_transit_gateway_vpc_attachment", {"TransitGatewayAttachmentId": ATTACHMENT}, KeyError,
     "InvalidTransitGatewayAttachmentID.NotFound"),
    ("ec2", "delete_transit_gateway_route_table", {"TransitGatewayRouteTableId": TABLE}, KeyError,
     "InvalidRouteTableID.NotFound"),
    ("ec2", "create_transit_gateway_route",
     {"TransitGatewayRouteTableId": TABLE, "DestinationCidrBlock": "10.0.0.0/8"}, KeyError,
     "InvalidRouteTableID.NotFound"),
    ("ec2", "associate_transit_gateway_route_table",
     {"TransitGatewayRouteTableId": TABLE, "TransitGatewayAttachmentId": ATTACHMENT}, KeyError,
     "InvalidTransitGatewayAttachmentID.NotFound"),
    ("logs", "start_query", {"startTime": 1, "endTime": 2, "queryString": "fields @message"}, TypeError,
     "InvalidParameterException"),
    ("logs", "get_query_results", {"queryId": "none"}, KeyError, "ResourceNotFoundException"),
    ("ecs", "create_capacity_provider", {"name": "x"}, TypeError, "ClientException"),
    ("ecs", "update_capacity_provider", {"name": "none", "autoScalingGroupProvider": {}}, AttributeError,
     "ClientException"),
    ("ecs", "delete_capacity_provider", {"capacityProvider": "none"}, AttributeError, "ClientException"),
    ("kms", "list_grants", {"KeyId": KEY}, KeyError, "NotFoundException; answered"),
    ("kms", "create_grant", {"KeyId": KEY, "GranteePrincipal": "x", "Operations": ["Encrypt"]}, KeyError,
     "NotFoundException; answered"),
    ("kms", "generate_random", {}, TypeError, "ValidationException; answered"),
    ("secretsmanager", "list_secrets", {"NextToken": "x"}, ValueError, "InvalidNextTokenException; answered"),
]  # fmt: skip
