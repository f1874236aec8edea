# SPDX-License-Identifier: MIT
"""The API gateway's data path, from outside: what passes, and how it fails when one part is missing or not ready.

The stack is made with boto3 in the sample network; behind the load balancer stands a small server of the test in
place of a task (test_tasks.py runs the same way to a real one).
"""

import http.client
import http.server
import json
import socket
import threading
import types

import pytest

from practice import emulator
from practice.data import gateway
from practice.rules import eni

pytestmark = pytest.mark.usefixtures("sample")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers what it was asked; the path chooses misbehaviour."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.path)
        if self.path.startswith("/garbage"):
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            self.close_connection = True
            return
        if self.path.startswith("/silent"):
            self.server.stop.wait(10)
            return
        data = json.dumps(
            {
                "method": self.command,
                "path": self.path,
                "headers": list(self.headers.items()),
                "body": body.decode("latin-1"),
            }
        ).encode()
        if self.path.startswith("/large"):
            data = b"x" * (gateway.MAX_BYTES + 1)
        status = 204 if self.path.startswith("/empty") else 200
        self.send_response(status)
        self.send_header("X-Backend", "echo")
        self.send_header("Keep-Alive", "timeout=5")
        self.send_header("Access-Control-Allow-Origin", "https://backend.example")
        if self.path.startswith("/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            return
        if self.path.startswith("/short"):
            self.send_header("Content-Length", "999")
            self.close_connection = True
        elif status == 200:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status == 200 and self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_PATCH = handle_any


class Backend:
    """Stands for cloud.tasks with one task: connections to it end at the echo server."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.daemon_threads = True
        self.server.seen, self.server.stop = [], threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.states = {}
        self.fault = None
        self.targets = types.SimpleNamespace(
            health=lambda arn, ip, port: (self.states.get(ip, "unused"), "", ""),
            watch=lambda *_: None,
            unwatch=lambda *_: None,
        )

    def at(self, _):
        return None

    def connect(self, ip, port, timeout):
        assert timeout > 0
        if self.fault:
            raise self.fault
        return socket.create_connection(self.server.server_address, timeout=timeout)

    def close(self):
        self.server.stop.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sample(cloud):
    if not hasattr(cloud, "sample"):
        pytest.skip("this run has no sample world (PRACTICE_TEST_PARTS)")


@pytest.fixture
def backend(cloud, monkeypatch):
    made = Backend()
    monkeypatch.setattr(cloud, "tasks", made)
    yield made
    made.close()


class Stack:
    """API -> link -> load balancer -> one target, all made through the AWS APIs; parts can be taken away again."""

    def __init__(self, cloud, client, unique, backend):
        self.cloud, self.backend = cloud, backend
        self.apigw, self.elb, self.ec2 = client("apigatewayv2"), client("elbv2"), client("ec2")
        prod = cloud.sample["prod"]
        self.subnets = [prod.subnets["prod-private-a"], prod.subnets["prod-private-c"]]
        self.group = {name: self._group(f"{unique}-{name}", prod.vpc) for name in ("link", "alb", "task")}
        self.open("link", "alb", 80)
        self.open("alb", "task", 3000)
        self.interface = eni.create(
            cloud.account, cloud.region, self.subnets[0], [self.group["task"]], unique
        )
        self.ip = self.interface.private_ip_address
        self.alb = self.elb.create_load_balancer(
            Name=unique, Scheme="internal", Subnets=self.subnets, SecurityGroups=[self.group["alb"]]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        self.target_group = self.elb.create_target_group(
            Name=unique, Protocol="HTTP", Port=3000, VpcId=prod.vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": self.target_group}
        self.listener = self.elb.create_listener(
            LoadBalancerArn=self.alb, Protocol="HTTP", Port=80, DefaultActions=[action]
        )["Listeners"][0]["ListenerArn"]
        self.elb.register_targets(TargetGroupArn=self.target_group, Targets=[{"Id": self.ip, "Port": 3000}])
        backend.states[self.ip] = "healthy"
        self.link = self.apigw.create_vpc_link(
            Name=unique, SubnetIds=self.subnets, SecurityGroupIds=[self.group["link"]]
        )["VpcLinkId"]
        made = self.apigw.create_api(Name=unique, ProtocolType="HTTP")
        self.api, self.endpoint = made["ApiId"], made["ApiEndpoint"]
        self.integration = self.apigw.create_integration(
            ApiId=self.api,
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            ConnectionType="VPC_LINK",
            ConnectionId=self.link,
            IntegrationUri=self.listener,
            PayloadFormatVersion="1.0",
            TimeoutInMillis=30000,
        )["IntegrationId"]
        self.route = self.apigw.create_route(
            ApiId=self.api, RouteKey="$default", Target=f"integrations/{self.integration}"
        )["RouteId"]
        self.apigw.create_stage(ApiId=self.api, StageName="$default", AutoDeploy=True)

    def _group(self, name, vpc):
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]

    def _permission(self, source, port):
        pairs = [{"GroupId": self.group[source]}]
        return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}]

    def open(self, source, target, port):
        self.ec2.authorize_security_group_ingress(
            GroupId=self.group[target], IpPermissions=self._permission(source, port)
        )

    def close(self, source, target, port):
        self.ec2.revoke_security_group_ingress(
            GroupId=self.group[target], IpPermissions=self._permission(source, port)
        )

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.cloud.config.port, timeout=20)

    @property
    def host(self):
        return f"{self.api}.execute-api.localhost:{self.cloud.config.port}"

    def ask(self, path="/", method="GET", body=None, connection=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        own = connection or self.connection()
        try:
            own.request(method, path, body=body, headers={"Host": self.host} | headers)
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            if connection is None:
                own.close()

    def fails(self, path="/", **options):
        """Status and message of an error in API Gateway's own form."""
        status, headers, body = self.ask(path, **options)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(body)["message"]

    def page(self, path="/"):
        """Status and title of an error page in the load balancer's form."""
        status, headers, body = self.ask(path)
        assert (headers["Server"], headers["Content-Type"]) == ("awselb/2.0", "text/html"), body
        return status, body.decode().partition("<title>")[2].partition("</title>")[0]

    def stored(self, service):
        return emulator.backend(service, self.cloud.account, self.cloud.region)


@pytest.fixture
def stack(cloud, client, unique, backend):
    return Stack(cloud, client, unique, backend)


def seen(answer):
    """What the backend received, header names in lower case."""
    value = json.loads(answer[2])
    return value | {"headers": {name.lower(): text for name, text in value["headers"]}}


NOT_FOUND = (404, "Not Found")
UNAVAILABLE = (503, "Service Unavailable")
INTERNAL = (500, "Internal Server Error")


# ---- what passes


def test_api_endpoint_is_an_address_of_this_machine(stack):
    assert stack.endpoint == f"http://{stack.host}"
    assert stack.apigw.get_api(ApiId=stack.api)["ApiEndpoint"] == stack.endpoint


def test_request_and_answer_pass_through(stack):
    answer = stack.ask("/forest/a%2Fb?x=%20y&x=2", method="POST", body=b"\x00caf\xe9", X_Own="1")
    got = seen(answer)
    assert (answer[0], got["method"], got["path"]) == (200, "POST", "/forest/a%2Fb?x=%20y&x=2")
    assert got["body"] == "\x00café" and got["headers"]["x-own"] == "1"
    assert answer[1]["X-Backend"] == "echo" and answer[1]["apigw-requestid"]


def test_gateway_and_balancer_name_the_client(stack):
    headers = seen(stack.ask("/", X_Forwarded_For="203.0.113.5", X_Forwarded_Proto="gopher"))["headers"]
    assert headers["x-forwarded-for"] == "203.0.113.5, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "80")
    assert headers["host"] == stack.host and f"host={stack.host}" in headers["forwarded"]
    assert headers["via"] == "HTTP/1.1 AmazonAPIGateway" and headers["x-amzn-trace-id"].startswith("Root=1-")


def test_headers_of_one_connection_stay_there(stack):
    answer = stack.ask(
        "/", Connection="keep-alive, X-Private", X_Private="1", TE="trailers", Keep_Alive="300"
    )
    headers = seen(answer)["headers"]
    assert not {"x-private", "te", "keep-alive", "connection", "transfer-encoding"} & set(headers)
    assert answer[1]["Keep-Alive"] is None


def test_path_form_is_the_same_api(stack):
    for path, expected in (("/hello?q=1", "/hello?q=1"), ("", "/"), ("?q=2", "/?q=2")):
        answer = stack.ask(f"/_gateway/{stack.api}{path}", Host="127.0.0.1")
        assert seen(answer)["path"] == expected
        assert seen(answer)["headers"]["host"] == stack.host


def test_chunked_answer_arrives_whole(stack):
    status, headers, body = stack.ask("/chunked")
    assert (status, body, headers["Content-Length"]) == (200, b"hello world", "11")


def test_chunked_request_arrives_whole(stack):
    got = seen(stack.ask("/", method="POST", body=iter([b"hel", b"lo"])))
    assert (got["body"], got["headers"]["content-length"]) == ("hello", "5")


def test_one_connection_serves_many_requests(stack):
    connection = stack.connection()
    assert stack.ask("/", connection=connection)[0] == 200
    first = connection.sock
    assert stack.ask("/empty", connection=connection)[0] == 204
    assert stack.ask("/", method="HEAD", connection=connection)[2] == b""
    assert stack.ask("/", connection=connection)[0] == 200
    assert connection.sock is first
    connection.close()


def test_named_stage_is_part_of_the_path(stack):
    stack.apigw.create_stage(ApiId=stack.api, StageName="v1", AutoDeploy=True)
    route = f"integrations/{stack.integration}"
    stack.apigw.create_route(ApiId=stack.api, RouteKey="GET /hello", Target=route)
    assert seen(stack.ask("/v1/hello"))["path"] == "/v1/hello", "the stage's name goes on to the backend"


# ---- errors of the gateway itself (aws.md 5)


def test_unknown_api(stack):
    assert stack.fails(Host=f"nosuchapi.execute-api.localhost:{stack.cloud.config.port}") == NOT_FOUND


def test_no_stage(stack):
    stack.apigw.delete_stage(ApiId=stack.api, StageName="$default")
    assert stack.fails() == NOT_FOUND


def test_stage_that_was_never_deployed(stack):
    stack.apigw.delete_stage(ApiId=stack.api, StageName="$default")
    stack.apigw.create_stage(ApiId=stack.api, StageName="$default")
    assert stack.fails() == NOT_FOUND
    deployment = stack.apigw.create_deployment(ApiId=stack.api, StageName="$default")["DeploymentId"]
    assert stack.apigw.get_stage(ApiId=stack.api, StageName="$default")["DeploymentId"] == deployment
    assert stack.ask("/")[0] == 200


def test_no_route(stack):
    stack.apigw.delete_route(ApiId=stack.api, RouteId=stack.route)
    assert stack.fails() == NOT_FOUND


def test_disabled_endpoint(stack):
    stack.apigw.update_api(ApiId=stack.api, DisableExecuteApiEndpoint=True)
    assert stack.fails() == NOT_FOUND


def test_route_without_integration(stack):
    stack.stored("apigatewayv2").apis[stack.api].integrations.clear()
    assert stack.fails() == INTERNAL


def test_deleted_listener(stack):
    stack.elb.delete_listener(ListenerArn=stack.listener)
    assert stack.fails() == INTERNAL


def test_deleted_link(stack):
    stack.stored("apigatewayv2").vpc_links.clear()
    assert stack.fails() == INTERNAL


@pytest.mark.parametrize("status", ["PENDING", "DELETING", "FAILED", "INACTIVE"])
def test_link_that_is_not_available(stack, status):
    stack.stored("apigatewayv2").vpc_links[stack.link].status = status
    assert stack.fails() == UNAVAILABLE


def test_balancer_that_is_still_being_made(stack):
    stack.stored("elbv2").load_balancers[stack.alb].state = "provisioning"
    assert stack.fails() == UNAVAILABLE


def test_link_that_may_not_reach_the_balancer(stack):
    stack.close("link", "alb", 80)
    assert stack.fails() == UNAVAILABLE
    assert stack.backend.server.seen == []


def test_backend_that_is_too_slow(stack):
    stack.apigw.update_integration(ApiId=stack.api, IntegrationId=stack.integration, TimeoutInMillis=300)
    assert stack.fails("/silent") == UNAVAILABLE


def test_request_body_beyond_10_mb(stack):
    connection = stack.connection()
    body = b"x" * (gateway.MAX_BYTES + 1)
    assert stack.fails("/", method="POST", body=body, connection=connection) == (
        413,
        "Request Entity Too Large",
    )
    assert stack.backend.server.seen == []
    assert stack.ask("/", connection=connection)[0] == 200, "the connection is still in step"
    connection.close()


def test_answer_beyond_10_mb(stack):
    assert stack.fails("/large") == INTERNAL


# ---- errors of the load balancer pass as they are


def test_no_registered_target(stack):
    stack.elb.deregister_targets(TargetGroupArn=stack.target_group, Targets=[{"Id": stack.ip, "Port": 3000}])
    assert stack.page() == (503, "503 Service Temporarily Unavailable")


def test_target_in_its_first_checks_gets_nothing(stack):
    stack.backend.states[stack.ip] = "initial"
    assert stack.page() == (503, "503 Service Temporarily Unavailable")


def test_all_targets_unhealthy_fails_open(stack):
    """ELB guide: "If a target group contains only unhealthy registered targets, [it] routes requests to all"."""
    stack.backend.states[stack.ip] = "unhealthy"
    assert stack.ask()[0] == 200


def test_target_refuses_the_connection(stack):
    stack.backend.fault = ConnectionRefusedError()
    assert stack.page() == (502, "502 Bad Gateway")


def test_target_does_not_answer_the_connection(stack):
    stack.backend.fault = TimeoutError()
    assert stack.page() == (504, "504 Gateway Time-out")


def test_target_that_the_balancer_may_not_reach(stack):
    stack.close("alb", "task", 3000)
    assert stack.page() == (504, "504 Gateway Time-out")
    assert stack.backend.server.seen == []


@pytest.mark.parametrize("path", ["/garbage", "/short"])
def test_target_that_breaks_off(stack, path):
    assert stack.page(path) == (502, "502 Bad Gateway")


# ---- CORS (aws.md 8: leave it unset)

ORIGIN = "https://app.forestadmin.com"


def test_without_configuration_the_backend_speaks(stack):
    status, headers, _ = stack.ask("/", method="OPTIONS", Origin=ORIGIN, Access_Control_Request_Method="GET")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://backend.example")


def test_configuration_answers_the_preflight_itself(stack):
    cors = {
        "AllowOrigins": [ORIGIN],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["authorization"],
        "MaxAge": 60,
    }
    stack.apigw.update_api(ApiId=stack.api, CorsConfiguration=cors)
    ask = {"method": "OPTIONS", "Access_Control_Request_Method": "GET"}
    status, headers, _ = stack.ask("/", Origin=ORIGIN, **ask)
    assert (status, headers["access-control-allow-origin"], headers["access-control-allow-methods"]) == (
        204,
        ORIGIN,
        "GET",
    )
    status, headers, _ = stack.ask("/", Origin="https://evil.example", **ask)
    assert (status, headers["access-control-allow-origin"]) == (204, None)
    assert stack.backend.server.seen == [], "the backend is not asked"


def test_configuration_hides_the_backends_headers(stack):
    stack.apigw.update_api(ApiId=stack.api, CorsConfiguration={"AllowOrigins": ["https://*"]})
    assert stack.ask("/", Origin=ORIGIN)[1]["access-control-allow-origin"] == ORIGIN
    assert stack.ask("/", Origin="http://app.example")[1]["access-control-allow-origin"] is None


# ---- which route (API Gateway guide, "Routing API requests")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/pets/test/5", "ANY /{proxy+}"),
        ("POST", "/", "$default"),
        ("GET", "/pets/dog/1/", "GET /pets/dog/1"),
        ("GET", "/petsXdog/1", "ANY /{proxy+}"),
    ],
)
def test_the_most_specific_route_is_chosen(method, path, expected):
    keys = ["$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1"]
    routes = {key: types.SimpleNamespace(route_key=key) for key in keys}
    assert gateway.match_route(types.SimpleNamespace(routes=routes), method, path).route_key == expected
