# SPDX-License-Identifier: MIT
"""Things of somebody else that look like ours, where AWS lets names repeat: never adopted, changed or deleted, also
when a crash has left it open whether ours was made, so that it is looked for.
"""

import json

import pytest
from calm import RUN_SECONDS, SETTLED, assert_done, judge_gone, run
from crash import text
from gate import AFTER, BEFORE, Gate
from tally import Tally

OTHER = {
    "forestadmin:stack": "00000000-1111-2222-3333-444444444444",
    "forestadmin:setup": "another",
    "forestadmin:resource": "api",
}
MADE = ("apigateway.POST /v2/apis", "apigateway.POST /v2/vpclinks")


def links_stand(gateway, name):
    links = [link for link in gateway.get_vpc_links()["Items"] if link["Name"] == name]
    return all(link["VpcLinkStatus"] == "AVAILABLE" for link in links)


def lookalikes(world, name, subnets):
    """An API and a VPC link of our name, once without tags and once with those of another setup: their ids."""
    gateway, ids = world.client("apigatewayv2"), []

    def make_link(tags):
        try:
            return gateway.create_vpc_link(Name=name, SubnetIds=subnets, SecurityGroupIds=[], Tags=tags)
        except gateway.exceptions.TooManyRequestsException:
            return None

    for tags in ({}, {"Name": name}, OTHER):
        ids.append(gateway.create_api(Name=name, ProtocolType="HTTP", Tags=tags)["ApiId"])
        ids.append(world.until("CreateVpcLink is not throttled", lambda given=tags: make_link(given))["VpcLinkId"])
    world.until("the links are there", lambda: links_stand(gateway, name), 120)
    return ids


def state(world, name):
    """What is there of that name and not ours, in every attribute, with what is below it."""
    gateway = world.client("apigatewayv2")
    found = []
    for api in gateway.get_apis()["Items"]:
        if api["Name"] == name and api.get("Tags", {}).get("forestadmin:setup") != name.removeprefix(
            "forestadmin-"
        ):
            below = [read(ApiId=api["ApiId"])["Items"] for read in
                     (gateway.get_routes, gateway.get_integrations, gateway.get_stages)]  # fmt: skip
            found.append([api, below])
    for link in gateway.get_vpc_links()["Items"]:
        if link["Name"] == name and link.get("Tags", {}).get("forestadmin:setup") != name.removeprefix(
            "forestadmin-"
        ):
            found.append(link)
    return sorted(json.dumps(one, default=str, sort_keys=True) for one in found)


def judge_theirs(setup, ids, theirs):
    """None of them is in our records, and all are as they were."""
    adopted = [one for one in ids if one.encode() in text(setup)]
    assert not adopted, f"taken for ours: {adopted}"
    now = state(setup.world, f"forestadmin-{setup.name}")
    assert now == theirs, f"changed: {[one for one in now if one not in theirs]}, was {theirs}"


@pytest.mark.parametrize("how", [pytest.param(BEFORE, marks=pytest.mark.slow), AFTER])
def test_lookalikes_are_left_alone(calm, how):
    """Killed at the creations of API and link, before and after; resumed; destroyed: theirs are as they were."""
    tally = Tally(f"things that look like ours, killed {how} ours was made")
    setup = calm.setup()
    name = f"forestadmin-{setup.name}"
    ids = lookalikes(calm.world, name, setup.answers["network"]["subnets"])
    theirs = state(calm.world, name)
    assert len(theirs) == 6, theirs
    calm.begin(setup)
    met = set()
    with Gate(
        calm.world.port, lambda request: how if request.name in MADE and request.name not in met else None
    ) as g:
        for verb in ("apply", "resume", "resume"):
            try:
                ended = run(setup, g, verb)
            finally:  # what was wrong says more than that it did not end
                judge_theirs(setup, ids, theirs)
            if not g.killed:
                break
            met.add(g.killed.name)
    # Both requests may be on their way when the first one kills: then the second is made, and there is no third run.
    assert met and met <= set(MADE), met
    assert_done(ended)
    with tally.judging("after resume"):
        calm.judge_made(setup)
        judge_theirs(setup, ids, theirs)
    setup.destroy(env=SETTLED, check=0, timeout=RUN_SECONDS)
    with tally.judging("after destroy"):
        judge_gone(setup)
        judge_theirs(setup, ids, theirs)
    tally.finish(2)
