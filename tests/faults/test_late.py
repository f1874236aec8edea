# SPDX-License-Identifier: MIT
"""What comes when nobody looks for it any more: a request of a run that was killed is done after the next run has
looked for what it makes."""

import threading

import pytest
from calm import RUN_SECONDS, assert_done, judge_gone, run
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
