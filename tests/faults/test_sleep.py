# SPDX-License-Identifier: MIT
"""A laptop that sleeps while the program waits: awake again it goes on, after signing in again when that is needed.

Asleep is SIGSTOP, awake SIGCONT: the clocks that count sleep go on, connections die, the lease and the login end
meanwhile, as they do behind a closed lid.
"""

import os
import pty
import select
import signal
import time

import pytest
from calm import RUN_SECONDS, SETTLED, command
from crash import lines_of_apply
from inventory import of_lease

LEASE_MS = 2000
SHORT = SETTLED | {"FOREST_SETUP_LEASE_MS": str(LEASE_MS)}


def is_waiting(world):
    """The link was made and is looked at again and again: a wait is under way."""
    looks = [c for c in world.traffic() if c["operation"] == "GetVpcLink"]
    return len(looks) >= 2


def sleep_past(program, lease_ms):
    """Stops it for longer than its lease lasts."""
    program.send_signal(signal.SIGSTOP)
    awake = time.monotonic() + lease_ms * 1.4 / 1000
    while time.monotonic() < awake:
        time.sleep(0.05)  # asleep: the time that passes is what is tested
    program.send_signal(signal.SIGCONT)


@pytest.fixture
def slow(calm):
    """A setup whose waits last some seconds."""
    setup = calm.setup()
    calm.begin(setup)
    calm.world.configure(time_scale=0.05, latency_ms=0)
    yield setup
    calm.world.configure(time_scale=0, latency_ms=0)
    calm.end(setup)


@pytest.mark.slow
def test_asleep_in_the_middle_of_a_wait(calm, slow, tried):
    """Asleep for longer than the lease lasts: awake it takes the lease up again before it writes, and ends as if it
    had never slept, each thing made once."""
    world = calm.world
    program = slow.start(*command(slow, "apply"), env=SHORT)
    world.until("it waits for the link", lambda: is_waiting(world) or program.poll() is not None, RUN_SECONDS)
    assert program.poll() is None, program.communicate()
    mark = world.mark()
    sleep_past(program, LEASE_MS)
    out, err = program.communicate(timeout=RUN_SECONDS)
    assert program.returncode == 0, out + err
    renewed = [c for c in world.traffic(mark) if of_lease(c) and c["operation"] == "TagResource"]
    assert renewed, "the lease was renewed when it was awake"
    calm.judge_made(slow)
    tried("rows")


class Pty:
    """The program on a terminal of its own, read as it writes."""

    def __init__(self, setup, *args, env):
        self.ours, theirs = pty.openpty()
        self.text = ""
        self.program = setup.start(*args, env=env, stdin=theirs)
        os.close(theirs)

    def read(self):
        """What it has written to stdout and stderr so far."""
        for stream in (self.program.stdout, self.program.stderr):
            while select.select([stream], [], [], 0)[0]:
                data = os.read(stream.fileno(), 65536)
                if not data:
                    break
                self.text += data.decode(errors="replace")
        return self.text

    def close(self):
        os.close(self.ours)


def test_asleep_until_the_login_expires(calm, slow, tried):
    """Asleep until lease and login have ended: awake it says so and pauses; somebody signs in, it sees that it is the
    same account, takes the lease up again and goes on to the end."""
    world = calm.world
    slow.change(aws={"profile": "work"})
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None, "AWS_PROFILE": None}
    terminal = Pty(slow, *command(slow, "apply"), env=SHORT | keys)
    program = terminal.program
    try:
        world.until("it waits for the link", lambda: is_waiting(world) or program.poll() is not None, RUN_SECONDS)
        assert program.poll() is None, terminal.read()
        program.send_signal(signal.SIGSTOP)
        world.control("faults", [{"operation": "*", "do": "expired", "count": 0}])
        sleep_past(program, LEASE_MS)
        world.until("it pauses", lambda: "paused: the AWS login of profile work" in terminal.read(), RUN_SECONDS)
        assert program.poll() is None
        before = lines_of_apply(slow)
        world.control("faults", {"clear": True})
        world.until("it has ended", lambda: terminal.read() and program.poll() is not None, RUN_SECONDS)
    finally:
        world.control("faults", {"clear": True})
        terminal.close()
        if program.poll() is None:
            program.kill()
    text = terminal.read()
    assert program.returncode == 0, text
    assert "signed in again to account 123456789012; going on" in text
    assert lines_of_apply(slow) > before
    calm.judge_made(slow)
    tried("rows")


@pytest.mark.slow
def test_without_a_terminal_it_stops_and_can_be_resumed(calm, slow, tried):
    """In a pipeline nobody signs in: exit 4 with cause and remedy, and resume ends as if nothing had happened."""
    world = calm.world
    slow.change(aws={"profile": "work"})
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None, "AWS_PROFILE": None}
    program = slow.start(*command(slow, "apply"), env=SHORT | keys)
    world.until("it waits for the link", lambda: is_waiting(world) or program.poll() is not None, RUN_SECONDS)
    world.control("faults", [{"operation": "*", "do": "expired", "count": 0}])
    try:
        _, err = program.communicate(timeout=RUN_SECONDS)
    finally:
        world.control("faults", {"clear": True})
    assert program.returncode == 4, err
    assert f"resume {slow.name}" in err, err
    slow.resume(env=SHORT | keys, check=0, timeout=RUN_SECONDS)
    calm.judge_made(slow)
    tried("rows")
