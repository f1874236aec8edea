# SPDX-License-Identifier: MIT
"""API Gateway v2: what it refuses, its states, deployments, statuses (API reference, developer guide, aws.md 2.10)."""

import pytest
from botocore.exceptions import ClientError
from conftest import code_of, status_of

NONE = "nothing1"


@pytest.fixture
def gateway(client):
    return client("apigatewayv2")


@pytest.fixture
def api(gateway, unique):
    return gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]


@pytest.fixture
def link(gateway, vpc, unique):
    return gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])["VpcLinkId"]


@pytest.fixture
def listener(client, vpc, unique):
    elb = client("elbv2")
    arn = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    return elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=action)["Listeners"][0][
        "ListenerArn"
    ]


HTTP = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": "https://example.com",
        "PayloadFormatVersion": "1.0"}  # fmt: skip


# (claim, operation, parameters) that are BadRequestException, 400. "API" stands for an API's id.
BAD = [
    ("an HTTP API has a name", "create_api", {"Name": "", "ProtocolType": "HTTP"}),
    ("a name of at most 128", "create_api", {"Name": "x" * 129, "ProtocolType": "HTTP"}),
    ("a WebSocket API needs its selection expression", "create_api", {"Name": "x", "ProtocolType": "WEBSOCKET"}),
    ("the only selection expression of HTTP APIs", "create_api",
     {"Name": "x", "ProtocolType": "HTTP", "RouteSelectionExpression": "$request.body.action"}),
    ("no API key source for HTTP APIs", "create_api",
     {"Name": "x", "ProtocolType": "HTTP", "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey2"}),
    ("credentials do not go with every origin", "create_api",
     {"Name": "x", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowCredentials": True, "AllowOrigins": ["*"]}}),
    ("tags of at most 50", "create_api",
     {"Name": "x", "ProtocolType": "HTTP", "Tags": {f"k{i}": "" for i in range(51)}}),
    ("AWS's own tags", "create_api", {"Name": "x", "ProtocolType": "HTTP", "Tags": {"aws:x": "y"}}),
    ("an integration of HTTP APIs is a proxy", "create_integration",
     {"ApiId": "API", **HTTP, "IntegrationType": "HTTP"}),
    ("no mock in HTTP APIs", "create_integration", {"ApiId": "API", "IntegrationType": "MOCK"}),
    ("its payload format is 1.0 over HTTP", "create_integration",
     {"ApiId": "API", **HTTP, "PayloadFormatVersion": "2.0"}),
    ("the payload format must be given", "create_integration",
     {"ApiId": "API", "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "IntegrationUri": "https://e.com"}),
    ("it has a method", "create_integration", {"ApiId": "API", **HTTP, "IntegrationMethod": ""}),
    ("a known method", "create_integration", {"ApiId": "API", **HTTP, "IntegrationMethod": "FETCH"}),
    ("it has a URI", "create_integration",
     {"ApiId": "API", "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "PayloadFormatVersion": "1.0"}),
    ("a URI of HTTP", "create_integration", {"ApiId": "API", **HTTP, "IntegrationUri": "ftp://example.com"}),
    ("a URI at all", "create_integration", {"ApiId": "API", **HTTP, "IntegrationUri": "nonsense"}),
    ("a VPC link that exists", "create_integration",
     {"ApiId": "API", **HTTP, "ConnectionType": "VPC_LINK", "ConnectionId": NONE}),
    ("a VPC link at all", "create_integration", {"ApiId": "API", **HTTP, "ConnectionType": "VPC_LINK"}),
    ("a route key has a form", "create_route", {"ApiId": "API", "RouteKey": "GET"}),
    ("a known method in a route key", "create_route", {"ApiId": "API", "RouteKey": "FETCH /x"}),
    ("a path in a route key", "create_route", {"ApiId": "API", "RouteKey": "GET x"}),
    ("only one greedy part", "create_route", {"ApiId": "API", "RouteKey": "ANY /{a+}/{b+}"}),
    ("a target that exists", "create_route", {"ApiId": "API", "RouteKey": "GET /x", "Target": f"integrations/{NONE}"}),
    ("a target's form", "create_route", {"ApiId": "API", "RouteKey": "GET /x", "Target": NONE}),
    ("a JWT route needs its authorizer", "create_route",
     {"ApiId": "API", "RouteKey": "GET /x", "AuthorizationType": "JWT"}),
    ("an authorizer that exists", "create_route",
     {"ApiId": "API", "RouteKey": "GET /x", "AuthorizationType": "JWT", "AuthorizerId": NONE}),
    ("no API keys in HTTP APIs", "create_route", {"ApiId": "API", "RouteKey": "GET /x", "ApiKeyRequired": True}),
    ("a stage name's letters", "create_stage", {"ApiId": "API", "StageName": "a b"}),
    ("a stage name's length", "create_stage", {"ApiId": "API", "StageName": "x" * 129}),
    ("a stage's log has a group and a format", "create_stage",
     {"ApiId": "API", "StageName": "x",
      "AccessLogSettings": {"DestinationArn": "nonsense", "Format": "$context.requestId"}}),
    ("a stage's log has a format", "create_stage",
     {"ApiId": "API", "StageName": "x",
      "AccessLogSettings": {"DestinationArn": "arn:aws:logs:eu-west-3:123456789012:log-group:x"}}),
    ("auto deployment does not go with a deployment", "create_stage",
     {"ApiId": "API", "StageName": "x", "AutoDeploy": True, "DeploymentId": "abc123"}),
    ("throttling is not negative", "create_stage",
     {"ApiId": "API", "StageName": "x", "DefaultRouteSettings": {"ThrottlingBurstLimit": -1}}),
    ("a link has a name", "create_vpc_link", {"Name": "", "SubnetIds": ["subnet-1"]}),
    ("a link's name of at most 128", "create_vpc_link", {"Name": "x" * 129, "SubnetIds": ["subnet-1"]}),
    ("a link has subnets", "create_vpc_link", {"Name": "x", "SubnetIds": []}),
    ("a link's subnets exist", "create_vpc_link", {"Name": "x", "SubnetIds": ["subnet-00000000000000000"]}),
    ("a page has at least one item", "get_apis", {"MaxResults": "0"}),
    ("a page is a number", "get_apis", {"MaxResults": "many"}),
    ("a token is one of ours", "get_apis", {"NextToken": "nonsense"}),
    ("a token is one of ours", "get_vpc_links", {"NextToken": "nonsense"}),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "operation", "params"), BAD, ids=[row[0] for row in BAD])
def test_bad_request(gateway, api, claim, operation, params):
    params = {name: api if value == "API" else value for name, value in params.items()}
    call = lambda: getattr(gateway, operation)(**params)
    assert (code_of(call), status_of(call)) == ("BadRequestException", 400)


@pytest.mark.parametrize("limit", [49, 30001])
def test_timeout_of_an_integration(client, api, limit):
    """50 ms to 30 s (quotas of HTTP APIs). boto3 would refuse it by itself."""
    plain = client("apigatewayv2", parameter_validation=False)
    call = lambda: plain.create_integration(ApiId=api, **HTTP, TimeoutInMillis=limit)
    assert code_of(call) == "BadRequestException"


def test_subnets_of_one_vpc_and_their_groups(client, gateway, vpc, unique):
    ec2 = client("ec2")
    other = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    far = ec2.create_subnet(VpcId=other, CidrBlock="10.41.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=other)["GroupId"]
    for wanted in (
        {"SubnetIds": [vpc["subnets"][0], far]},
        {"SubnetIds": vpc["subnets"], "SecurityGroupIds": [group]},
        {"SubnetIds": vpc["subnets"], "SecurityGroupIds": ["sg-00000000000000000"]},
    ):
        call = lambda wanted=wanted: gateway.create_vpc_link(Name=unique, **wanted)
        assert code_of(call) == "BadRequestException"


# (operation, parameters): NotFoundException, 404
ABSENT = [
    ("get_api", {"ApiId": NONE}), ("update_api", {"ApiId": NONE, "Name": "x"}), ("delete_api", {"ApiId": NONE}),
    ("create_integration", {"ApiId": NONE, **HTTP}), ("create_route", {"ApiId": NONE, "RouteKey": "$default"}),
    ("create_deployment", {"ApiId": NONE}), ("get_deployments", {"ApiId": NONE}),
    ("get_stages", {"ApiId": NONE}), ("get_routes", {"ApiId": NONE}), ("get_integrations", {"ApiId": NONE}),
    ("get_deployment", {"ApiId": "API", "DeploymentId": NONE}),
    ("delete_deployment", {"ApiId": "API", "DeploymentId": NONE}),
    ("create_stage", {"ApiId": "API", "StageName": "x", "DeploymentId": NONE}),
    ("get_stage", {"ApiId": "API", "StageName": "x"}), ("update_stage", {"ApiId": "API", "StageName": "x"}),
    ("delete_stage", {"ApiId": "API", "StageName": "x"}),
    ("get_route", {"ApiId": "API", "RouteId": NONE}), ("update_route", {"ApiId": "API", "RouteId": NONE}),
    ("delete_route", {"ApiId": "API", "RouteId": NONE}),
    ("get_integration", {"ApiId": "API", "IntegrationId": NONE}),
    ("update_integration", {"ApiId": "API", "IntegrationId": NONE, "Description": "x"}),
    ("delete_integration", {"ApiId": "API", "IntegrationId": NONE}),
    ("get_vpc_link", {"VpcLinkId": NONE}), ("update_vpc_link", {"VpcLinkId": NONE, "Name": "x"}),
    ("delete_vpc_link", {"VpcLinkId": NONE}), ("get_authorizer", {"ApiId": "API", "AuthorizerId": NONE}),
    ("delete_cors_configuration", {"ApiId": NONE}),
    ("get_tags", {"ResourceArn": f"arn:aws:apigateway:eu-west-3::/apis/{NONE}"}),
    ("tag_resource", {"ResourceArn": f"arn:aws:apigateway:eu-west-3::/apis/{NONE}", "Tags": {"a": "b"}}),
    ("tag_resource", {"ResourceArn": f"arn:aws:apigateway:eu-west-3::/vpclinks/{NONE}", "Tags": {"a": "b"}}),
    ("untag_resource", {"ResourceArn": f"arn:aws:apigateway:eu-west-3::/apis/{NONE}", "TagKeys": ["a"]}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "params"), ABSENT, ids=[f"{row[0]}-{i}" for i, row in enumerate(ABSENT)])
def test_absent(gateway, api, operation, params):
    params = {name: api if value == "API" else value for name, value in params.items()}
    call = lambda: getattr(gateway, operation)(**params)
    assert (code_of(call), status_of(call)) == ("NotFoundException", 404)


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def test_statuses_of_success(gateway, vpc, unique):
    """201 for what is made, 204 for what is gone, 202 for a link that is going (API reference)."""
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")
    stage = gateway.create_stage(ApiId=api["ApiId"], StageName="s")
    integration = gateway.create_integration(ApiId=api["ApiId"], **HTTP)
    route = gateway.create_route(ApiId=api["ApiId"], RouteKey="$default")
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])
    tagged = gateway.tag_resource(ResourceArn=f"arn:aws:apigateway:eu-west-3::/apis/{api['ApiId']}", Tags={"a": "b"})
    assert {status(a) for a in (api, stage, integration, route, link, tagged)} == {201}
    assert status(gateway.get_api(ApiId=api["ApiId"])) == 200
    assert status(gateway.update_api(ApiId=api["ApiId"], Description="d")) == 200
    assert status(gateway.delete_vpc_link(VpcLinkId=link["VpcLinkId"])) == 202
    assert status(gateway.delete_route(ApiId=api["ApiId"], RouteId=route["RouteId"])) == 204
    assert status(gateway.delete_stage(ApiId=api["ApiId"], StageName="s")) == 204
    assert status(gateway.delete_api(ApiId=api["ApiId"])) == 204


def test_defaults_of_an_api(gateway, cloud, unique):
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    assert api["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    assert api["ApiEndpoint"].count(api["ApiId"]) == 1 and not api["DisableExecuteApiEndpoint"]
    twin = gateway.create_api(Name=unique, ProtocolType="HTTP")
    assert twin["ApiId"] != api["ApiId"], "names are not unique"
    integration = gateway.create_integration(ApiId=api["ApiId"], **HTTP)
    assert (integration["ConnectionType"], integration["TimeoutInMillis"]) == ("INTERNET", 30000)
    route = gateway.create_route(ApiId=api["ApiId"], RouteKey="GET /x")
    assert (route["AuthorizationType"], route["ApiKeyRequired"]) == ("NONE", False)


def test_quick_create(gateway, unique):
    """A target makes the integration, the $default route and a $default stage that deploys by itself."""
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Target="https://example.com")["ApiId"]
    assert [r["RouteKey"] for r in gateway.get_routes(ApiId=api)["Items"]] == ["$default"]
    assert gateway.get_integrations(ApiId=api)["Items"][0]["IntegrationUri"] == "https://example.com"
    assert gateway.get_stage(ApiId=api, StageName="$default")["AutoDeploy"]


def test_update_keeps_what_is_not_given(gateway, api):
    integration = gateway.create_integration(ApiId=api, **HTTP, Description="one")["IntegrationId"]
    changed = gateway.update_integration(ApiId=api, IntegrationId=integration, Description="two")
    assert (changed["Description"], changed["IntegrationUri"]) == ("two", "https://example.com")
    route = gateway.create_route(ApiId=api, RouteKey="GET /x", Target=f"integrations/{integration}")["RouteId"]
    other = gateway.create_route(ApiId=api, RouteKey="GET /y")["RouteId"]
    assert gateway.update_route(ApiId=api, RouteId=route, OperationName="o")["Target"] == f"integrations/{integration}"
    duplicate = lambda: gateway.update_route(ApiId=api, RouteId=other, RouteKey="GET /x")
    assert code_of(duplicate) == "ConflictException"


def test_deletes_in_order(gateway, api):
    """An integration stays while a route leads to it; a deployment while a stage shows it."""
    integration = gateway.create_integration(ApiId=api, **HTTP)["IntegrationId"]
    route = gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")["RouteId"]
    delete = lambda: gateway.delete_integration(ApiId=api, IntegrationId=integration)
    assert (code_of(delete), status_of(delete)) == ("ConflictException", 409)
    deployment = gateway.create_deployment(ApiId=api)["DeploymentId"]
    gateway.create_stage(ApiId=api, StageName="s", DeploymentId=deployment)
    assert code_of(lambda: gateway.delete_deployment(ApiId=api, DeploymentId=deployment)) == "BadRequestException"
    gateway.delete_stage(ApiId=api, StageName="s")
    gateway.delete_deployment(ApiId=api, DeploymentId=deployment)
    gateway.delete_route(ApiId=api, RouteId=route)
    delete()


def test_deployments(gateway, api):
    """A stage shows the deployment that it was given; one with auto deployment makes one at each change."""
    create = lambda **more: gateway.create_deployment(ApiId=api, **more)
    integration = gateway.create_integration(ApiId=api, **HTTP)["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    made = create(Description="first")
    assert (made["DeploymentStatus"], made["AutoDeployed"], status(made)) == ("DEPLOYED", False, 201)
    gateway.create_stage(ApiId=api, StageName="s", DeploymentId=made["DeploymentId"])
    second = create(StageName="s")["DeploymentId"]
    assert gateway.get_stage(ApiId=api, StageName="s")["DeploymentId"] == second
    assert code_of(lambda: create(StageName="none")) == "NotFoundException"
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    first = stage["DeploymentId"]
    assert stage["LastDeploymentStatusMessage"] == f"Successfully deployed stage with deployment ID '{first}'"
    gateway.create_route(ApiId=api, RouteKey="GET /x", Target=f"integrations/{integration}")
    assert gateway.get_stage(ApiId=api, StageName="$default")["DeploymentId"] != first
    ids = {d["DeploymentId"] for d in gateway.get_deployments(ApiId=api)["Items"]}
    assert {made["DeploymentId"], second, first} <= ids
    assert gateway.get_deployment(ApiId=api, DeploymentId=first)["AutoDeployed"]
    manual = lambda: gateway.create_deployment(ApiId=api, StageName="$default")
    assert code_of(manual) == "BadRequestException"  # it deploys by itself


def test_link_in_its_states(cloud, client, gateway, vpc, link, unique, at_scale, monkeypatch):
    monkeypatch.setattr(cloud.config, "throttling", False)  # other tests delete links at this scale, too
    at_scale(1)
    made = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"], Tags={"a": "b"})
    assert (made["VpcLinkStatus"], made["VpcLinkVersion"]) == ("PENDING", "V2")
    shown = lambda: gateway.get_vpc_link(VpcLinkId=made["VpcLinkId"])
    assert shown()["VpcLinkStatus"] == "PENDING" and shown()["SecurityGroupIds"] == []
    here = [{"Name": "description", "Values": [f"VPC link {made['VpcLinkId']}"]}]
    assert len(client("ec2").describe_network_interfaces(Filters=here)["NetworkInterfaces"]) == 2
    at_scale(0)
    assert shown()["VpcLinkStatus"] == "AVAILABLE"
    at_scale(1)
    gateway.delete_vpc_link(VpcLinkId=made["VpcLinkId"])
    assert shown()["VpcLinkStatus"] == "DELETING"
    at_scale(0)
    assert code_of(shown) == "NotFoundException"


def test_link_in_use(gateway, api, link, listener):
    """Referenced by an integration it stays."""
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", ConnectionType="VPC_LINK", ConnectionId=link,
        IntegrationUri=listener, PayloadFormatVersion="1.0",
    )["IntegrationId"]  # fmt: skip
    delete = lambda: gateway.delete_vpc_link(VpcLinkId=link)
    assert code_of(delete) in ("BadRequestException", "ConflictException")
    gateway.delete_integration(ApiId=api, IntegrationId=integration)
    delete()


def test_link_has_at_most_ten_subnets(client, gateway, unique):
    ec2 = client("ec2")
    network = ec2.create_vpc(CidrBlock="10.44.0.0/16")["Vpc"]["VpcId"]
    make = lambda n: ec2.create_subnet(VpcId=network, CidrBlock=f"10.44.{n}.0/24")["Subnet"]["SubnetId"]
    subnets = [make(n) for n in range(11)]
    with pytest.raises(ClientError, match="at most 10"):
        gateway.create_vpc_link(Name=unique, SubnetIds=subnets)
    assert gateway.create_vpc_link(Name=unique, SubnetIds=subnets[:10])["VpcLinkId"]


def test_link_changes_its_name_only(gateway, link):
    assert gateway.update_vpc_link(VpcLinkId=link, Name="new")["Name"] == "new"
    assert gateway.get_vpc_link(VpcLinkId=link)["Name"] == "new"


def test_tags_of_everything(gateway, vpc, unique):
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Tags={"a": "1"})["ApiId"]
    gateway.create_stage(ApiId=api, StageName="$default", Tags={"a": "2"})
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"], Tags={"a": "3"})["VpcLinkId"]
    prefix = "arn:aws:apigateway:eu-west-3::"
    arns = [f"{prefix}/apis/{api}", f"{prefix}/apis/{api}/stages/$default", f"{prefix}/vpclinks/{link}"]
    assert [gateway.get_tags(ResourceArn=arn)["Tags"]["a"] for arn in arns] == ["1", "2", "3"]
    for arn in arns:
        gateway.tag_resource(ResourceArn=arn, Tags={"b": "x"})
        gateway.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert gateway.get_api(ApiId=api)["Tags"] == {"b": "x"}
    assert gateway.get_stage(ApiId=api, StageName="$default")["Tags"] == {"b": "x"}
    assert gateway.get_vpc_link(VpcLinkId=link)["Tags"] == {"b": "x"}
    for i in (0, 1, 2):
        many = lambda i=i: gateway.tag_resource(ResourceArn=arns[i], Tags={f"k{n}": "" for n in range(50)})
        assert code_of(many) == "BadRequestException"


def test_pages(gateway, unique):
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    for i in range(5):
        gateway.create_route(ApiId=api, RouteKey=f"GET /{i}")
    first = gateway.get_routes(ApiId=api, MaxResults="2")
    assert len(first["Items"]) == 2 and first["NextToken"]
    pages = gateway.get_paginator("get_routes").paginate(ApiId=api, PaginationConfig={"PageSize": 2})
    assert [len(page["Items"]) for page in pages] == [2, 2, 1]
