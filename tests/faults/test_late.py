# SPDX-License-Identifier: MIT
"""What comes when nobody looks for it any more: a request of a run that was killed is done after the next run has
looked for what it makes."""

import threading
import time

import pytest
from calm import RUN_SECONDS, SETTLED, assert_done, command, judge_gone, run
from gate import HOLD, Gate


class LateAssociations:
    """At the first delete of a route table its associations are there again. The subnets, which would take them along,
    stay as long as they do, as on AWS when interfaces linger in them."""

    def __init__(self, setup):
        self.ec2 = setup.world.client("ec2")
        mine = [{"Name": "tag:forestadmin:setup", "Values": [setup.name]}]
        self.subnets = {
            table["RouteTableId"]: [a["SubnetId"] for a in table["Associations"]]
            for table in self.ec2.describe_route_tables(Filters=mine)["RouteTables"]
        }
        self.late, self.dropped, self.gate = set(), set(), None
        self._first = threading.Lock()  # of the requests that come at the same time, held by one for good

    def rule(self, request):
        if request.operation == "DeleteSubnet":
            return HOLD
        if request.operation == "DeleteRouteTable" and self._first.acquire(blocking=False):
            table = next(name for name in self.subnets if name in request.body.decode())
            for subnet in self.subnets[table]:
                made = self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
                self.late.add(made["AssociationId"])
        if request.operation == "DisassociateRouteTable":
            self.dropped |= {name for name in self.late if name in request.body.decode()}
            if self.late and self.dropped == self.late:
                self.gate.release()
        return None


@pytest.mark.slow
def test_associations_of_a_route_table(calm_vpc):
    """destroy lets them go, too, and the table with them."""
    setup = calm_vpc.setup()
    calm_vpc.begin(setup)
    setup.apply(check=0, timeout=RUN_SECONDS)
    late = LateAssociations(setup)
    with Gate(setup.world.port, late.rule) as late.gate:
        assert_done(run(setup, late.gate, "destroy"))
    assert len(late.late) == 2 and late.dropped == late.late
    judge_gone(setup)


LATE = {"operation": "apigatewayv2.CreateApi", "do": "delay", "seconds": 5, "when": "before", "count": 1}


def wait(true):
    deadline = time.monotonic() + RUN_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_a_create_that_is_done_after_the_kill(calm):
    """An API is made seconds after the run that asked for it was killed, when the next one looks already. Names of APIs
    are not unique: only a longer look keeps it from making a second one."""
    setup = calm.setup()
    calm.begin(setup)
    calm.world.control("faults", [LATE])
    program = setup.start(*command(setup, "apply"), env=SETTLED)
    wait(lambda: calm.world.control("faults")[0]["hits"])
    assert program.poll() is None
    program.kill()
    program.communicate()
    setup.resume(env={"FOREST_SETUP_SETTLE_MS": "30000"}, check=0, timeout=RUN_SECONDS)
    wait(lambda: any(c["operation"] == "CreateApi" and c.get("fault") for c in calm.world.traffic()))
    calm.judge_made(setup)
    calm.end(setup)
