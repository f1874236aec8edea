# SPDX-License-Identifier: MIT
"""What the AWS provider would read: read(type, import id) asks AWS with boto3 as the provider's Read does and gives the
arguments under their Terraform names. An argument that is not in the answer is one that the provider does not read."""

import json


def tags(found, key="Key", value="Value"):
    return {tag[key]: tag[value] for tag in found if not tag[key].startswith("aws:")}


class Reader:
    def __init__(self, client):
        self.client = client  # client("ec2")

    def read(self, kind, identity):
        return getattr(self, kind.removeprefix("aws_"))(identity)

    def ec2(self, operation, key, **arguments):
        (one,) = getattr(self.client("ec2"), operation)(**arguments)[key]
        return one

    # ---- network

    def vpc(self, identity):
        one = self.ec2("describe_vpcs", "Vpcs", VpcIds=[identity])
        attribute = lambda name: self.client("ec2").describe_vpc_attribute(VpcId=identity, Attribute=name)  # noqa: E731
        return {
            "id": identity, "cidr_block": one["CidrBlock"], "instance_tenancy": one["InstanceTenancy"],
            "enable_dns_support": attribute("enableDnsSupport")["EnableDnsSupport"]["Value"],
            "enable_dns_hostnames": attribute("enableDnsHostnames")["EnableDnsHostnames"]["Value"],
            "tags": tags(one["Tags"]),
        }  # fmt: skip

    def subnet(self, identity):
        one = self.ec2("describe_subnets", "Subnets", SubnetIds=[identity])
        return {
            "id": identity, "vpc_id": one["VpcId"], "cidr_block": one["CidrBlock"],
            "availability_zone_id": one["AvailabilityZoneId"], "tags": tags(one["Tags"]),
            "map_public_ip_on_launch": one["MapPublicIpOnLaunch"],
            "assign_ipv6_address_on_creation": one.get("AssignIpv6AddressOnCreation", False),
        }  # fmt: skip

    def internet_gateway(self, identity):
        one = self.ec2(
            "describe_internet_gateways",
            "InternetGateways",
            InternetGatewayIds=[identity],
        )
        return {
            "id": identity,
            "vpc_id": one["Attachments"][0]["VpcId"],
            "tags": tags(one["Tags"]),
        }

    def eip(self, identity):
        one = self.ec2("describe_addresses", "Addresses", AllocationIds=[identity])
        return {
            "id": identity,
            "allocation_id": identity,
            "domain": one["Domain"],
            "tags": tags(one["Tags"]),
        }

    def nat_gateway(self, identity):
        one = self.ec2("describe_nat_gateways", "NatGateways", NatGatewayIds=[identity])
        return {
            "id": identity, "subnet_id": one["SubnetId"], "connectivity_type": one["ConnectivityType"],
            "allocation_id": one["NatGatewayAddresses"][0]["AllocationId"], "tags": tags(one["Tags"]),
        }  # fmt: skip

    def route_table(self, identity):
        one = self.ec2("describe_route_tables", "RouteTables", RouteTableIds=[identity])
        return {"id": identity, "vpc_id": one["VpcId"], "tags": tags(one["Tags"])}

    def route(self, identity):
        table, _, destination = identity.partition("_")
        one = self.ec2("describe_route_tables", "RouteTables", RouteTableIds=[table])
        (route,) = [r for r in one["Routes"] if r.get("DestinationCidrBlock") == destination]
        found = {"route_table_id": table, "destination_cidr_block": destination}
        if "NatGatewayId" in route:
            return found | {"nat_gateway_id": route["NatGatewayId"]}
        return found | {"gateway_id": route["GatewayId"]}

    def route_table_association(self, identity):
        subnet, _, table = identity.partition("/")
        one = self.ec2("describe_route_tables", "RouteTables", RouteTableIds=[table])
        assert any(a.get("SubnetId") == subnet for a in one["Associations"]), identity
        return {"subnet_id": subnet, "route_table_id": table}

    def vpc_endpoint(self, identity):
        one = self.ec2("describe_vpc_endpoints", "VpcEndpoints", VpcEndpointIds=[identity])
        return {
            "id": identity, "vpc_id": one["VpcId"], "vpc_endpoint_type": one["VpcEndpointType"],
            "service_name": one["ServiceName"], "route_table_ids": one["RouteTableIds"], "tags": tags(one["Tags"]),
        }  # fmt: skip

    def security_group(self, identity):
        one = self.ec2("describe_security_groups", "SecurityGroups", GroupIds=[identity])
        return {
            "id": identity, "name": one["GroupName"], "description": one["Description"], "vpc_id": one["VpcId"],
            "tags": tags(one["Tags"]),
        }  # fmt: skip

    def rule(self, identity, egress):
        one = self.ec2(
            "describe_security_group_rules",
            "SecurityGroupRules",
            SecurityGroupRuleIds=[identity],
        )
        assert one["IsEgress"] == egress, identity
        found = {
            "security_group_id": one["GroupId"], "ip_protocol": one["IpProtocol"], "from_port": one["FromPort"],
            "to_port": one["ToPort"], "description": one.get("Description"), "tags": tags(one.get("Tags", [])),
        }  # fmt: skip
        if "ReferencedGroupInfo" in one:
            found["referenced_security_group_id"] = one["ReferencedGroupInfo"]["GroupId"]
        if "CidrIpv4" in one:
            found["cidr_ipv4"] = one["CidrIpv4"]
        return found

    def vpc_security_group_ingress_rule(self, identity):
        return self.rule(identity, False)

    def vpc_security_group_egress_rule(self, identity):
        return self.rule(identity, True)

    # ---- permissions, secret, image

    def iam_role(self, identity):
        one = self.client("iam").get_role(RoleName=identity)["Role"]
        found = {
            "name": one["RoleName"], "arn": one["Arn"], "description": one["Description"], "path": one["Path"],
            "max_session_duration": one["MaxSessionDuration"], "tags": tags(one["Tags"]),
            "assume_role_policy": json.dumps(one["AssumeRolePolicyDocument"]),
        }  # fmt: skip
        if "PermissionsBoundary" in one:
            found["permissions_boundary"] = one["PermissionsBoundary"]["PermissionsBoundaryArn"]
        return found

    def iam_role_policy(self, identity):
        role, _, name = identity.partition(":")
        one = self.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": json.dumps(one["PolicyDocument"])}

    def kms_key(self, identity):
        kms = self.client("kms")
        one = kms.describe_key(KeyId=identity)["KeyMetadata"]
        return {
            "key_id": one["KeyId"], "arn": one["Arn"], "description": one["Description"],
            "is_enabled": one["Enabled"], "key_usage": one["KeyUsage"], "customer_master_key_spec": one["KeySpec"],
            "enable_key_rotation": kms.get_key_rotation_status(KeyId=identity)["KeyRotationEnabled"],
            "policy": kms.get_key_policy(KeyId=identity, PolicyName="default")["Policy"],
            "tags": tags(kms.list_resource_tags(KeyId=identity)["Tags"], "TagKey", "TagValue"),
        }  # fmt: skip

    def kms_alias(self, identity):
        return {
            "name": identity,
            "target_key_id": self.client("kms").describe_key(KeyId=identity)["KeyMetadata"]["KeyId"],
        }

    def secretsmanager_secret(self, identity):
        one = self.client("secretsmanager").describe_secret(SecretId=identity)
        found = {
            "arn": one["ARN"],
            "name": one["Name"],
            "description": one["Description"],
            "tags": tags(one["Tags"]),
        }
        return found | ({"kms_key_id": one["KmsKeyId"]} if "KmsKeyId" in one else {})

    def cloudwatch_log_group(self, identity):
        logs = self.client("logs")
        (one,) = [
            g
            for g in logs.describe_log_groups(logGroupNamePrefix=identity)["logGroups"]
            if g["logGroupName"] == identity
        ]
        arn = one["arn"].removesuffix(":*")
        found = {
            "name": identity, "arn": arn, "retention_in_days": one["retentionInDays"],
            "tags": logs.list_tags_for_resource(resourceArn=arn)["tags"],
        }  # fmt: skip
        return found | ({"kms_key_id": one["kmsKeyId"]} if "kmsKeyId" in one else {})

    def ecr_repository(self, identity):
        ecr = self.client("ecr")
        (one,) = ecr.describe_repositories(repositoryNames=[identity])["repositories"]
        encryption = one["encryptionConfiguration"]
        return {
            "name": identity, "arn": one["repositoryArn"], "repository_url": one["repositoryUri"],
            "image_tag_mutability": one["imageTagMutability"],
            "image_scanning_configuration": {"scan_on_push": one["imageScanningConfiguration"]["scanOnPush"]},
            "encryption_configuration": {"encryption_type": encryption["encryptionType"]}
            | ({"kms_key": encryption["kmsKey"]} if "kmsKey" in encryption else {}),
            "tags": tags(ecr.list_tags_for_resource(resourceArn=one["repositoryArn"])["tags"]),
        }  # fmt: skip

    def ecr_lifecycle_policy(self, identity):
        one = self.client("ecr").get_lifecycle_policy(repositoryName=identity)
        return {"repository": identity, "policy": one["lifecyclePolicyText"]}

    # ---- service

    def cluster(self, identity):
        (one,) = self.client("ecs").describe_clusters(clusters=[identity], include=["TAGS", "SETTINGS"])[
            "clusters"
        ]
        return one

    def ecs_cluster(self, identity):
        one = self.cluster(identity)
        (setting,) = one["settings"]
        return {
            "name": identity,
            "arn": one["clusterArn"],
            "setting": setting,
            "tags": tags(one["tags"], "key", "value"),
        }

    def ecs_cluster_capacity_providers(self, identity):
        one = self.cluster(identity)
        (strategy,) = one["defaultCapacityProviderStrategy"]
        return {
            "cluster_name": identity, "capacity_providers": one["capacityProviders"],
            "default_capacity_provider_strategy": {
                "capacity_provider": strategy["capacityProvider"], "base": strategy["base"],
                "weight": strategy["weight"],
            },
        }  # fmt: skip

    def ecs_task_definition(self, identity):
        answer = self.client("ecs").describe_task_definition(taskDefinition=identity, include=["TAGS"])
        one = answer["taskDefinition"]
        platform = one["runtimePlatform"]
        return {
            "family": one["family"], "revision": one["revision"], "network_mode": one["networkMode"],
            "cpu": one["cpu"], "memory": one["memory"], "execution_role_arn": one["executionRoleArn"],
            "task_role_arn": one["taskRoleArn"], "requires_compatibilities": one["requiresCompatibilities"],
            "runtime_platform": {
                "cpu_architecture": platform["cpuArchitecture"],
                "operating_system_family": platform["operatingSystemFamily"],
            },
            "container_definitions": json.dumps(one["containerDefinitions"]),
            "tags": tags(answer["tags"], "key", "value"),
        }  # fmt: skip

    def ecs_service(self, identity):
        cluster, _, name = identity.partition("/")
        (one,) = self.client("ecs").describe_services(cluster=cluster, services=[name], include=["TAGS"])[
            "services"
        ]
        network = one["networkConfiguration"]["awsvpcConfiguration"]
        deployment = one["deploymentConfiguration"]
        (strategy,) = one["capacityProviderStrategy"]
        (target,) = one["loadBalancers"]
        return {
            "id": one["serviceArn"], "name": name, "cluster": one["clusterArn"],
            # an import has no other form to keep to
            "task_definition": one["taskDefinition"].rpartition("/")[2],
            "desired_count": one["desiredCount"], "platform_version": one["platformVersion"],
            "propagate_tags": one["propagateTags"], "enable_ecs_managed_tags": one["enableECSManagedTags"],
            "enable_execute_command": one["enableExecuteCommand"],
            "scheduling_strategy": one["schedulingStrategy"],
            "availability_zone_rebalancing": one["availabilityZoneRebalancing"],
            "health_check_grace_period_seconds": one["healthCheckGracePeriodSeconds"],
            "deployment_minimum_healthy_percent": deployment["minimumHealthyPercent"],
            "deployment_maximum_percent": deployment["maximumPercent"],
            "deployment_circuit_breaker": {
                name: deployment["deploymentCircuitBreaker"][name] for name in ("enable", "rollback")
            },
            "capacity_provider_strategy": {
                "capacity_provider": strategy["capacityProvider"], "base": strategy["base"],
                "weight": strategy["weight"],
            },
            "network_configuration": {
                "subnets": network["subnets"], "security_groups": network["securityGroups"],
                "assign_public_ip": network["assignPublicIp"] == "ENABLED",
            },
            "load_balancer": {
                "target_group_arn": target["targetGroupArn"], "container_name": target["containerName"],
                "container_port": target["containerPort"],
            },
            "tags": tags(one["tags"], "key", "value"),
        }  # fmt: skip

    def appautoscaling_target(self, identity):
        space, resource, dimension = (
            identity.split("/", 1)[0],
            identity.split("/", 1)[1].rpartition("/")[0],
            identity.rpartition("/")[2],
        )
        scaling = self.client("application-autoscaling")
        (one,) = scaling.describe_scalable_targets(ServiceNamespace=space, ResourceIds=[resource])[
            "ScalableTargets"
        ]
        return {
            "service_namespace": space, "resource_id": resource, "scalable_dimension": dimension,
            "min_capacity": one["MinCapacity"], "max_capacity": one["MaxCapacity"],
            "tags": scaling.list_tags_for_resource(ResourceARN=one["ScalableTargetARN"])["Tags"],
        }  # fmt: skip

    def appautoscaling_policy(self, identity):
        rest, _, name = identity.rpartition("/")
        found = self.appautoscaling_target(rest)
        (one,) = self.client("application-autoscaling").describe_scaling_policies(
            ServiceNamespace="ecs", PolicyNames=[name], ResourceId=found["resource_id"]
        )["ScalingPolicies"]
        tracking = one["TargetTrackingScalingPolicyConfiguration"]
        return {
            "name": name, "policy_type": one["PolicyType"], "service_namespace": "ecs",
            "resource_id": one["ResourceId"], "scalable_dimension": one["ScalableDimension"],
            "target_tracking_scaling_policy_configuration": {
                "target_value": tracking["TargetValue"], "scale_in_cooldown": tracking["ScaleInCooldown"],
                "scale_out_cooldown": tracking["ScaleOutCooldown"],
                "predefined_metric_specification": {
                    "predefined_metric_type": tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
                },
            },
        }  # fmt: skip

    # ---- address

    def elb_tags(self, arn):
        (one,) = self.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return tags(one["Tags"])

    def lb(self, identity):
        elb = self.client("elbv2")
        (one,) = elb.describe_load_balancers(LoadBalancerArns=[identity])["LoadBalancers"]
        found = elb.describe_load_balancer_attributes(LoadBalancerArn=identity)["Attributes"]
        attributes = {a["Key"]: a["Value"] for a in found}
        return {
            "arn": identity, "name": one["LoadBalancerName"], "internal": one["Scheme"] == "internal",
            "load_balancer_type": one["Type"], "ip_address_type": one["IpAddressType"],
            "subnets": [zone["SubnetId"] for zone in one["AvailabilityZones"]],
            "security_groups": one["SecurityGroups"],
            "idle_timeout": int(attributes["idle_timeout.timeout_seconds"]),
            "drop_invalid_header_fields": attributes["routing.http.drop_invalid_header_fields.enabled"] == "true",
            "enable_deletion_protection": attributes["deletion_protection.enabled"] == "true",
            "enable_http2": attributes["routing.http2.enabled"] == "true",
            "desync_mitigation_mode": attributes["routing.http.desync_mitigation_mode"],
            "preserve_host_header": attributes["routing.http.preserve_host_header.enabled"] == "true",
            "xff_header_processing_mode": attributes["routing.http.xff_header_processing.mode"],
            "enable_xff_client_port": attributes["routing.http.xff_client_port.enabled"] == "true",
            "enable_tls_version_and_cipher_suite_headers":
                attributes["routing.http.x_amzn_tls_version_and_cipher_suite.enabled"] == "true",
            "enable_waf_fail_open": attributes["waf.fail_open.enabled"] == "true",
            "enable_zonal_shift": attributes["zonal_shift.config.enabled"] == "true",
            "client_keep_alive": int(attributes["client_keep_alive.seconds"]),
            "tags": self.elb_tags(identity),
        }  # fmt: skip

    def lb_target_group(self, identity):
        elb = self.client("elbv2")
        (one,) = elb.describe_target_groups(TargetGroupArns=[identity])["TargetGroups"]
        found = elb.describe_target_group_attributes(TargetGroupArn=identity)["Attributes"]
        attributes = {a["Key"]: a["Value"] for a in found}
        return {
            "arn": identity, "name": one["TargetGroupName"], "vpc_id": one["VpcId"], "target_type": one["TargetType"],
            "ip_address_type": one["IpAddressType"], "protocol": one["Protocol"], "port": one["Port"],
            "deregistration_delay": int(attributes["deregistration_delay.timeout_seconds"]),
            "slow_start": int(attributes["slow_start.duration_seconds"]),
            "health_check": {
                "enabled": one["HealthCheckEnabled"], "path": one["HealthCheckPath"],
                "protocol": one["HealthCheckProtocol"], "port": one["HealthCheckPort"],
                "matcher": one["Matcher"]["HttpCode"], "interval": one["HealthCheckIntervalSeconds"],
                "timeout": one["HealthCheckTimeoutSeconds"], "healthy_threshold": one["HealthyThresholdCount"],
                "unhealthy_threshold": one["UnhealthyThresholdCount"],
            },
            "tags": self.elb_tags(identity),
        }  # fmt: skip

    def lb_listener(self, identity):
        (one,) = self.client("elbv2").describe_listeners(ListenerArns=[identity])["Listeners"]
        (action,) = one["DefaultActions"]
        return {
            "arn": identity, "load_balancer_arn": one["LoadBalancerArn"], "protocol": one["Protocol"],
            "port": one["Port"], "tags": self.elb_tags(identity),
            "default_action": {"type": action["Type"], "target_group_arn": action["TargetGroupArn"]},
        }  # fmt: skip

    def apigatewayv2_api(self, identity):
        one = self.client("apigatewayv2").get_api(ApiId=identity)
        return {
            "id": identity, "api_endpoint": one["ApiEndpoint"], "name": one["Name"],
            "protocol_type": one["ProtocolType"], "description": one["Description"], "tags": one["Tags"],
            "route_selection_expression": one["RouteSelectionExpression"],
            "api_key_selection_expression": one["ApiKeySelectionExpression"],
            "disable_execute_api_endpoint": one["DisableExecuteApiEndpoint"],
            "cors_configuration": one.get("CorsConfiguration"),
        }  # fmt: skip

    def apigatewayv2_vpc_link(self, identity):
        one = self.client("apigatewayv2").get_vpc_link(VpcLinkId=identity)
        return {
            "id": identity, "name": one["Name"], "subnet_ids": one["SubnetIds"],
            "security_group_ids": one["SecurityGroupIds"], "tags": one["Tags"],
        }  # fmt: skip

    def apigatewayv2_integration(self, identity):
        api, _, integration = identity.partition("/")
        one = self.client("apigatewayv2").get_integration(ApiId=api, IntegrationId=integration)
        return {
            "id": integration, "api_id": api, "description": one["Description"],
            "integration_type": one["IntegrationType"], "integration_method": one["IntegrationMethod"],
            "integration_uri": one["IntegrationUri"], "connection_type": one["ConnectionType"],
            "connection_id": one["ConnectionId"], "payload_format_version": one["PayloadFormatVersion"],
            "timeout_milliseconds": one["TimeoutInMillis"],
        }  # fmt: skip

    def apigatewayv2_route(self, identity):
        api, _, route = identity.partition("/")
        one = self.client("apigatewayv2").get_route(ApiId=api, RouteId=route)
        return {
            "api_id": api, "route_key": one["RouteKey"], "target": one["Target"],
            "authorization_type": one["AuthorizationType"],
        }  # fmt: skip

    def apigatewayv2_stage(self, identity):
        api, _, stage = identity.partition("/")
        one = self.client("apigatewayv2").get_stage(ApiId=api, StageName=stage)
        return {
            "api_id": api,
            "name": stage,
            "auto_deploy": one["AutoDeploy"],
            "tags": one.get("Tags", {}),
        }
