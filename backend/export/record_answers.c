// SPDX-License-Identifier: MIT
// What AWS would answer to the calls that the steps make, as little as they read of it. Ids are
// replaced by references after the step has run (record.c), so any text will do.
#include "backend/export/record_answers.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

// Query protocols: what stands inside <ActionResponse>.
static const struct {
    const char *action, *text;
} xml_answers[] = {
    {"CreateVpc", "<vpc><vpcId>x</vpcId></vpc>"},
    {"ModifyVpcAttribute", ""},
    {"CreateSubnet", "<subnet><subnetId>x</subnetId></subnet>"},
    {"CreateInternetGateway",
     "<internetGateway><internetGatewayId>x</internetGatewayId></internetGateway>"},
    {"AttachInternetGateway", ""},
    {"AllocateAddress", "<allocationId>x</allocationId>"},
    {"CreateNatGateway", "<natGateway><natGatewayId>x</natGatewayId></natGateway>"},
    {"CreateRouteTable", "<routeTable><routeTableId>x</routeTableId></routeTable>"},
    {"CreateRoute", ""},
    {"AssociateRouteTable", "<associationId>x</associationId>"},
    {"CreateVpcEndpoint", "<vpcEndpoint><vpcEndpointId>x</vpcEndpointId></vpcEndpoint>"},
    {"CreateSecurityGroup", "<groupId>x</groupId>"},
    {"DescribeSecurityGroupRules", ""},
    {"CreateRole", "<CreateRoleResult><Role><Arn>x</Arn></Role></CreateRoleResult>"},
    {"PutRolePolicy", ""},
    {"CreateLoadBalancer",
     "<CreateLoadBalancerResult><LoadBalancers><member><LoadBalancerArn>x</LoadBalancerArn>"
     "</member></LoadBalancers></CreateLoadBalancerResult>"},
    {"DescribeLoadBalancers",
     "<DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>x</LoadBalancerArn>"
     "<State><Code>active</Code></State></member></LoadBalancers></DescribeLoadBalancersResult>"},
    {"ModifyLoadBalancerAttributes", ""},
    {"CreateTargetGroup",
     "<CreateTargetGroupResult><TargetGroups><member><TargetGroupArn>x</TargetGroupArn></member>"
     "</TargetGroups></CreateTargetGroupResult>"},
    {"ModifyTargetGroupAttributes", ""},
    {"CreateListener",
     "<CreateListenerResult><Listeners><member><ListenerArn>x</ListenerArn></member></Listeners>"
     "</CreateListenerResult>"},
};

static const struct {
    const char *action, *text;
} json_answers[] = {
    {"CreateKey", "{\"KeyMetadata\":{\"KeyId\":\"x\",\"Arn\":\"x\",\"KeyState\":\"Enabled\"}}"},
    {"EnableKeyRotation", "{}"},
    {"CreateAlias", "{}"},
    {"CreateSecret", "{\"ARN\":\"x\"}"},
    {"CreateLogGroup", "{}"},
    {"PutRetentionPolicy", "{}"},
    {"CreateRepository", "{\"repository\":{\"repositoryArn\":\"x\",\"repositoryUri\":\"x\"}}"},
    {"PutLifecyclePolicy", "{}"},
    {"CreateCluster", "{\"cluster\":{\"clusterArn\":\"x\"}}"},
    {"RegisterTaskDefinition", "{\"taskDefinition\":{\"taskDefinitionArn\":\"x\"}}"},
    {"CreateService", "{\"service\":{\"serviceArn\":\"x\"}}"},
    {"RegisterScalableTarget", "{}"},
    {"PutScalingPolicy", "{}"},
    {"CreateApi", "{\"apiId\":\"x\",\"apiEndpoint\":\"x\"}"},
    {"CreateVpcLink", "{\"vpcLinkId\":\"x\"}"},
    {"CreateIntegration", "{\"integrationId\":\"x\"}"},
    {"GetVpcLinks", "{\"items\":[]}"},
    {"CreateRoute", "{\"routeId\":\"x\"}"},
    {"CreateStage", "{}"},
};

bool record_answer(const char *action, bool xml, struct str *out)
{
    for (size_t i = 0; xml && i < ARRAY_LEN(xml_answers); i++)
        if (str_eq(xml_answers[i].action, action)) {
            str_addf(out, "<%sResponse>%s</%sResponse>", action, xml_answers[i].text, action);
            return true;
        }
    for (size_t i = 0; !xml && i < ARRAY_LEN(json_answers); i++)
        if (str_eq(json_answers[i].action, action)) {
            str_add(out, json_answers[i].text);
            return true;
        }
    return false;
}
