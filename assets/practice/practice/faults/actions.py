# SPDX-License-Identifier: MIT
"""What a fault does to an API call: the error or the broken answer in place of the right one.

before() is asked when the call is known to be good and nothing has been done; after() with the right answer, when
everything has been done. Both return the answer to send, or None. Codes are those of aws.md 0.3, 0.4 and 5; what AWS
says when a quota is reached comes from the services' API references unless marked (unverified).
"""

from collections.abc import Callable

from practice.errors import Answer, AwsError, render
from practice.faults import stale
from practice.faults.fault import Book, Fault
from practice.faults.wire import Broken, sleep
from practice.identify import Call

THROTTLE = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "query": ("Throttling", 400, "Rate exceeded"),
    "json": ("ThrottlingException", 400, "Rate exceeded"),
    "rest-json": ("TooManyRequestsException", 429, "Too Many Requests"),
}
DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "query": ("AccessDenied", 403),
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
}
SERVER_ERROR = {
    "ec2": {500: "InternalError", 503: "Unavailable"},
    "query": {500: "InternalFailure", 503: "ServiceUnavailable"},
    "json": {500: "InternalFailure", 503: "ServiceUnavailableException"},
    "rest-json": {500: "InternalServerErrorException", 503: "ServiceUnavailableException"},
}
EXPIRED = {
    "ec2": ("RequestExpired", 400),
    "query": ("ExpiredToken", 403),
    "json": ("ExpiredTokenException", 400),
    "rest-json": ("ExpiredTokenException", 403),
}
QUOTA = {
    "ec2.CreateVpc": ("VpcLimitExceeded", "The maximum number of VPCs has been reached."),
    "ec2.CreateSubnet": ("SubnetLimitExceeded", "The maximum number of subnets has been reached."),
    "ec2.AllocateAddress": ("AddressLimitExceeded", "The maximum number of addresses has been reached."),
    "ec2.CreateNatGateway": (
        "NatGatewayLimitExceeded",
        "Performing this operation would exceed the limit of 5 NAT gateways",
    ),
    "ec2.CreateInternetGateway": (
        "InternetGatewayLimitExceeded",
        "The maximum number of internet gateways has been reached.",
    ),
    "ec2.CreateRouteTable": (
        "RouteTableLimitExceeded",
        "The maximum number of route tables has been reached.",
    ),
    "ec2.CreateRoute": ("RouteLimitExceeded", "The maximum number of routes has been reached."),
    "ec2.CreateSecurityGroup": (
        "SecurityGroupLimitExceeded",
        "The maximum number of security groups for VPC has been reached.",
    ),
    "ec2.AuthorizeSecurityGroupIngress": (
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ),
    "ec2.AuthorizeSecurityGroupEgress": (
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ),
    "ec2.CreateVpcEndpoint": (
        "VpcEndpointLimitExceeded",
        "The maximum number of VPC endpoints has been reached.",
    ),
    "elbv2.CreateLoadBalancer": (
        "TooManyLoadBalancers",
        "The maximum number of load balancers has been reached",
    ),
    "elbv2.CreateTargetGroup": (
        "TooManyTargetGroups",
        "The maximum number of target groups has been reached",
    ),
    "elbv2.CreateListener": ("TooManyListeners", "The maximum number of listeners has been reached"),
    "iam.CreateRole": ("LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"),
    "iam.CreatePolicy": ("LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: 1500"),
    "iam.AttachRolePolicy": ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"),
    # aws.md 5: "limit" in a BadRequest (unverified which code)
    "apigatewayv2.CreateVpcLink": (
        "BadRequestException",
        "The maximum number of VPC links for this account has been reached: limit 10",
    ),
    "apigatewayv2.CreateApi": (
        "TooManyRequestsException",
        "The API limit of this account has been reached: limit 600",
    ),
    "ecs.CreateCluster": ("LimitExceededException", "The limit of clusters has been exceeded."),
    "ecs.CreateService": (
        "LimitExceededException",
        "The limit of services for the cluster has been exceeded.",
    ),
    "ecs.RegisterTaskDefinition": (
        "LimitExceededException",
        "The limit of task definitions has been exceeded.",
    ),
    "ecr.CreateRepository": (
        "LimitExceededException",
        "The repository limit of this registry has been reached: 100000",
    ),
    "kms.CreateKey": ("LimitExceededException", "The number of customer master keys has reached its limit."),
    "secretsmanager.CreateSecret": ("LimitExceededException", "You have exceeded the limit of secrets."),
    "logs.CreateLogGroup": ("LimitExceededException", "Resource limit exceeded."),
    "application-autoscaling.RegisterScalableTarget": (
        "LimitExceededException",
        "The maximum number of scalable targets has been reached.",
    ),
}
PORTAL = (
    b"<!DOCTYPE html>\n<html><head><title>Guest network</title></head><body><h1>Welcome</h1>"
    b"<p>Please accept our terms to use this network.</p></body></html>\n"
)
GATEWAY_ERROR = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"</body>\r\n</html>\r\n"
)
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]><a>&c;&d;</a>'
)


def before(book: Book, call: Call, stopped: Callable[[], bool]) -> Answer | None:
    fault = book.take("before", str(call), call.account, call.region, call.params)
    if fault is None:
        return None
    if fault.do == "delay":  # the work itself begins late
        call.fault = f"delay before (fault {fault.id})"
        sleep(float(fault.option("seconds", 1.0)), stopped)
        return None
    return _meet(fault, call, None)


def after(book: Book, call: Call, answer: Answer) -> Answer | None:
    # Kept for later stale answers, whether or not a fault waits for them: it may come tomorrow.
    earlier = stale.remember(call, answer)
    fault = book.take("after", str(call), call.account, call.region, call.params)
    if fault is None:
        return None
    if fault.do == "stale":
        call.fault = "stale"
        return stale.answer(call, earlier, answer)
    return _meet(fault, call, answer)


def _meet(fault: Fault, call: Call, answer: Answer | None) -> Answer | None:
    call.fault = f"{fault.do} {fault.when} (fault {fault.id})"
    error = _error(fault, call)
    if error is not None:
        made = render(call, error)
        if fault.option("retry_after_ms", None) is not None:
            made.headers.append(("x-amz-retry-after", str(fault.options["retry_after_ms"])))
        return made
    if fault.do in ("failed-state", "repeat-token"):
        from practice.faults import resources

        assert answer is not None  # these happen after the effect only
        return resources.change(fault, call, answer)
    return _broken(fault, call, answer)


def _error(fault: Fault, call: Call) -> AwsError | None:
    """The AWS error of a fault, None when it is none."""
    protocol = call.protocol
    if fault.do == "error":
        found = (
            fault.option("code", "InternalFailure"),
            fault.option("status", 400),
            "The request has failed.",
        )
    elif fault.do == "throttle":
        found = THROTTLE[protocol]
    elif fault.do == "server-error":
        status = fault.option("status", 500)
        known = SERVER_ERROR[protocol]
        found = (known.get(status, known[503]), status, "The request processing has failed; try again later.")
    elif fault.do == "expired":
        found = (*EXPIRED[protocol], "The security token included in the request is expired")
    elif fault.do == "denied":
        found = (*DENIED[protocol], denial(call))
    elif fault.do == "quota":
        code, text = QUOTA.get(str(call), (THROTTLE[protocol][0], "The quota of this account is reached."))
        found = (code, 409 if call.service == "iam" else 400, text)
    else:
        return None
    code, status, text = found
    return AwsError(fault.option("code", code), fault.option("message", text), fault.option("status", status))


def denial(call: Call) -> str:
    """AWS's sentence for the first thing that the call needs, naming the resource as the policies' judge does."""
    from practice import emulator
    from practice.permissions import actions, judge

    with emulator.lock:
        wanted = actions.needs(call) or [actions.Need(actions.iam_action(call), "*")]
        need = wanted[0]
        return judge.sentence(call, need, f"because no identity-based policy allows the {need.action} action")


def _broken(fault: Fault, call: Call, answer: Answer | None) -> Answer:
    """An answer that is not one of AWS's, or does not arrive."""
    kind = [("Content-Type", "text/html; charset=utf-8")]
    right = answer or Answer(
        200, [("Content-Type", "text/xml" if call.protocol in ("ec2", "query") else "application/json")]
    )
    if fault.do == "html":
        status = fault.option("status", 502)
        return Answer(status, kind, PORTAL if status == 200 else GATEWAY_ERROR)
    if fault.do == "redirect":
        return Answer(
            fault.option("status", 302), [*kind, ("Location", "http://portal.example/login")], PORTAL
        )
    if fault.do == "empty":
        return Answer(fault.option("status", 200), right.headers, b"")
    if fault.do == "garbage":
        xml = call.protocol in ("ec2", "query")
        body = right.body[: len(right.body) // 2] or (
            b'<?xml version="1.0"?><Create' if xml else b'{"unfinished": '
        )
        return Answer(fault.option("status", right.status), right.headers, body)
    if fault.do == "entities":
        return Answer(200, [("Content-Type", "text/xml")], ENTITIES)
    body = right.body or b'{"message": "this body is cut off on its way"}'
    return Broken(
        right.status,
        right.headers,
        body,
        how=fault.do,
        seconds=float(fault.option("seconds", 1.0 if fault.do == "delay" else 0)),
        rate=float(fault.option("bytes_per_second", 1)),
    )
