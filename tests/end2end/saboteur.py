# SPDX-License-Identifier: MIT
"""A proxy in the program's own run: before (or after) it passes a call on, it sends the same call broken in many ways.

Order: Saboteur(world, rows), url is what the program gets as AWS_ENDPOINT_URL, results says what became of each bug,
stop(). Each row of planted.py is sent once, with the first call of its operation that it can change, in the state that
the program has made by then. What the cloud refuses has no effect, so the program's run must end as without it.
"""

import re
import threading
import time
from dataclasses import dataclass, field

from botocore.parsers import ResponseParserError, create_parser
from botocore.session import Session
from mutator import Mutator

PATH = "(path)"  # in the body that a change gets: the request's path
SERVICES = {
    "elasticloadbalancing": "elbv2",
    "apigateway": "apigatewayv2",
    "tagging": "resourcegroupstaggingapi",
    "monitoring": "cloudwatch",
}


PROTOCOLS = ("ec2", "query", "json", "rest-json")  # those that the program speaks


@dataclass
class Bug:
    """One planted bug: change(body, context) is the broken body, or None when this call cannot carry it."""

    operation: str
    says: str
    change: object
    codes: str  # what AWS refuses it with, one of them
    after: bool = False  # sent when the right call has been answered well


@dataclass
class Result:
    operation: str
    says: str
    status: int
    code: str
    codes: str

    @property
    def refused(self):
        return 400 <= self.status < 500 and self.code in self.codes.split()

    def __str__(self):
        return f"{self.operation}, {self.says}: {self.status} {self.code}, not {self.codes}"


@dataclass
class Foreign:
    """What a broken call may name instead of its own: things of the sample world's other networks."""

    world: object
    found: dict = field(default_factory=dict)

    def get(self, name):
        if not self.found:
            ec2 = self.world.client("ec2")
            vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
            here = [{"Name": "vpc-id", "Values": [vpc]}]
            there = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
            self.found = {
                "subnet": ec2.describe_subnets(Filters=here)["Subnets"][0]["SubnetId"],
                "group": ec2.describe_security_groups(Filters=here)["SecurityGroups"][0]["GroupId"],
                "table": ec2.describe_route_tables(Filters=here)["RouteTables"][0]["RouteTableId"],
                "gateway": ec2.describe_internet_gateways(Filters=there)["InternetGateways"][0]["InternetGatewayId"],
            }
        return self.found[name]


class Saboteur(Mutator):
    def __init__(self, world, rows):
        super().__init__(world)
        self.results, self.operations = [], set()
        self.foreign = Foreign(world)
        self._rows = {}
        for row in rows:
            self._rows.setdefault(row.operation, []).append(row)
        self._lock = threading.Lock()
        self._session = Session()
        self._general = set()

    def left(self):
        """The rows that no call of the program could carry."""
        return [row for rows in self._rows.values() for row in rows]

    def meet(self, sent):
        service = SERVICES.get(sent.signing_name, sent.signing_name)
        operation = self.name_of(service, sent)
        self.operations.add((service, operation))
        self._plant(sent, service, operation, after=False)
        self._whatever(sent, service, operation)
        answer = super().meet(sent)
        if answer[0] < 300:
            self._plant(sent, service, operation, after=True)
        return answer

    def name_of(self, service, sent):
        """botocore's name of the operation; of REST calls by method and path."""
        if service != "apigatewayv2":
            return sent.operation
        model = self._session.get_service_model(service)
        path = sent.path.partition("?")[0]
        for name in model.operation_names:
            http = model.operation_model(name).http
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(http["requestUri"].partition("?")[0]))
            if http["method"] == sent.method and re.fullmatch(pattern, path):
                return name
        return sent.operation

    def _plant(self, sent, service, operation, after):
        key = f"{service}.{operation}"
        with self._lock:
            mine = [row for row in self._rows.get(key, []) if row.after == after]
            chosen = []
            for row in mine:
                body = row.change(sent.body | {PATH: sent.path}, self.foreign)
                if body is not None:
                    chosen.append((row, body))
                    self._rows[key].remove(row)
        for row, body in chosen:
            path = body.pop(PATH, None)
            answer = self._unthrottled(sent, body, path)
            self._note(service, operation, row.says, row.codes, answer)

    def _unthrottled(self, sent, body, path):
        """What the cloud says besides "too fast", which it may say to so many calls."""
        end = time.monotonic() + 60
        while (answer := self.forward(sent, body, path))[0] == 429 and time.monotonic() < end:
            time.sleep(0.05)  # a bucket fills by time alone
        return answer

    def _whatever(self, sent, service, operation):
        """What any call can have wrong: its signature, a member that nobody knows, one that is missing."""
        with self._lock:
            if (service, operation) in self._general:
                return
            self._general.add((service, operation))
        answer = self.forward(sent, sent.body, secret="not-the-secret")
        self._note(service, operation, "signed with the wrong secret", WRONG_SECRET, answer)
        if sent.form or service != "apigatewayv2":
            answer = self.forward(sent, sent.body | {"NoSuchMember": "x"})
            self._note(service, operation, "a member that does not exist", WRONG_MEMBER, answer)
        for name in self._required(service, operation, sent):
            body = {k: v for k, v in sent.body.items() if not (k == name or k.startswith(f"{name}."))}
            if body != sent.body:
                answer = self.forward(sent, body)
                self._note(service, operation, f"without {name}", MISSING, answer)

    def _required(self, service, operation, sent):
        """How the members that the model requires are spelt on the wire."""
        shape = self._session.get_service_model(service).operation_model(operation).input_shape
        names = []
        for name in shape.required_members if shape is not None else ():
            member = shape.members[name]
            wire = member.serialization.get("name", name)
            if sent.form and service == "ec2":
                wire = member.serialization.get("queryName") or wire[:1].upper() + wire[1:]
            names.append(wire)
        return names

    def note(self, operation, says, status, code, codes):
        with self._lock:
            self.results.append(Result(operation, says, status, code, codes))

    def _note(self, service, operation, says, codes, answer):
        status, body, headers = answer
        model = self._session.get_service_model(service)
        response = {"headers": {k.lower(): v for k, v in headers.items()}, "body": body, "status_code": status}
        code = ""
        if status >= 300:
            try:
                spoken = model.metadata.get("protocols") or [model.protocol]
                parser = create_parser(next(one for one in PROTOCOLS if one in spoken))
                parsed = parser.parse(response, model.operation_model(operation).output_shape)
                code = parsed["Error"]["Code"]
            except ResponseParserError:
                code = f"unreadable: {body[:200]!r}"
        self.note(f"{service}.{operation}", says, status, code, codes)


WRONG_SECRET = "SignatureDoesNotMatch InvalidSignatureException AuthFailure"
WRONG_MEMBER = "UnknownParameter MalformedInput SerializationException"
MISSING = (
    "MissingParameter ValidationError ValidationException InvalidParameterException SerializationException "
    "ClientException InvalidParameterValue BadRequestException"
)
