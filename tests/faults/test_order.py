# SPDX-License-Identifier: MIT
"""Before a request that changes AWS is sent, its intent is in the journal and on the disk: watched from outside.

strace shows every write and fsync of the journal and every request, in the order in which the kernel saw them. A step
is straight-line code of one thread, so the record that allows a thread's request is the last one that this thread has
written: an intent, the start of an undo, or "done", which says that the thing is there but not ready yet (attributes
are set then, and set again by a resume); and an fsync of the journal that began after that write has ended before the
request is sent.
"""

import json
import re

import pytest
from calm import SETTLED, command, judge_gone
from gate import LEASE
from inventory import MAKE, READ
from strace import trace, why_not
from tally import Tally

SENDING = ("sendto", "sendmsg", "write", "writev")
NAMES = (*SENDING, "fsync", "fdatasync")
RECORD = re.compile(r'"(\{.*\})\\n"')
HEAD = re.compile(r'"(POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\\r\\n')
TARGET = re.compile(r"X-Amz-Target: [\w.]*?\.(\w+)\\r\\n", re.IGNORECASE)
FORM = re.compile(r"x-www-form-urlencoded")
ACTION = re.compile(r'(?:"|\\r\\n)Action=(\w+)&')
# Their bodies say whether it is the lease.
LOGS = ("CreateLogGroup", "DeleteLogGroup", "TagResource", "UntagResource")
ALLOWING = ("intent", "undo", "done")
SIGNED = "AWS4-HMAC-SHA256"
LONG = 6000

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def record_of(call):
    """The journal's record that this call writes, or None."""
    if call.name != "write" or "/journal>" not in call.arguments:
        return None
    found = RECORD.search(call.arguments)
    assert found, f"a write to the journal that is no record: {call.arguments[:300]}"
    return json.loads(json.loads(f'"{found[1]}"'))


def requests_of(calls):
    """(the call that sends the head, the request's name) of each AWS request. A body comes with a call of its own, and
    a form's action with it. The lease of the setup is no step and left out: it is taken before the first of them."""
    heads = {}
    for call in calls:
        if call.name not in SENDING:
            continue
        head, action = HEAD.search(call.arguments), ACTION.search(call.arguments)
        if head and SIGNED in call.arguments:
            target = TARGET.search(call.arguments)
            name = target[1] if target else f"{head[1]} {head[2]}"
            if FORM.search(call.arguments) or name in LOGS:
                heads[call.thread] = (call, name)
            else:
                yield call, name
        elif call.thread in heads and descriptor(call) == descriptor(heads[call.thread][0]):
            begun, name = heads.pop(call.thread)
            if not LEASE.search(call.arguments):
                yield begun, action[1] if action else name


def descriptor(call):
    return call.arguments.partition(",")[0]


def watch(calls, tally):
    """Every changing request has its intent on the disk."""
    last, syncs, written = {}, [], []
    names = {call: name for call, name in requests_of(calls) if not READ.match(name)}
    for call in calls:
        if call.name in ("fsync", "fdatasync") and "/journal>" in call.arguments:
            syncs.append(call)
        elif record := record_of(call):
            last[call.thread] = (call, record)
            written.append((call, record))
        elif call in names:
            tally.point()
            why = refusal(last.get(call.thread), syncs, call, names[call])
            if why:
                tally.wrong(names[call], why)
    for call, record in written:
        if not any(one.began > call.began and one.result == "0" for one in syncs):
            tally.wrong(record["type"], "the record was never synced")
    return written


def refusal(allowed, syncs, request, name):
    if allowed is None:
        return "sent without a record"
    write, record = allowed
    if record["type"] not in ALLOWING or (record["type"] == "done" and MAKE.match(name)):
        return f"sent after {record['type']} of {record.get('step')}, which allows nothing"
    if not any(
        one.began > write.began and one.ended is not None and one.ended < request.began and one.result == "0"
        for one in syncs
    ):
        return f"sent before the intent of {record['step']} was on the disk"
    return None


def test_the_intent_is_on_the_disk_before_the_request(calm):
    """Every changing request of an apply and of a destroy."""
    setup = calm.setup()
    for verb, least in (("apply", 25), ("destroy", 20)):
        tally = Tally(f"order of intent, fsync and request in {verb}")
        calm.begin(setup)
        done, calls = trace(setup, command(setup, verb), NAMES, SETTLED, LONG)
        assert done.returncode == 0, done.stderr[-3000:]
        written = watch(calls, tally)
        assert written[-1][1]["type"] == "outcome", written[-1][1]
        tally.finish(least)
    judge_gone(setup)


@pytest.mark.slow
def test_the_same_with_everything(calm_vpc):
    """With a VPC of its own, a key and scaling."""
    setup = calm_vpc.setup()
    for verb, least in (("apply", 50), ("destroy", 40)):
        tally = Tally(f"order of intent, fsync and request in {verb} of everything")
        calm_vpc.begin(setup)
        done, calls = trace(setup, command(setup, verb), NAMES, SETTLED, LONG)
        assert done.returncode == 0, done.stderr[-3000:]
        watch(calls, tally)
        tally.finish(least)
    judge_gone(setup)
