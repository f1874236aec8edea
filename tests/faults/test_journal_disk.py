# SPDX-License-Identifier: MIT
"""The disk under the journal fails while the program works: full, read-only, EIO, too few file handles, size limits.

The claim, checked against what the cloud has recorded: no call that makes something goes out before its intent is on
the disk; what was made is in the journal, or its id is on the screen; when the disk is well again, resume ends in the
state of an undisturbed run, with one of each. Every record and every fsync in a process of its own is tried in
engine_disk_test.c and engine_crash_test.c; here the whole program meets a sample, with --all a larger one.
"""

import errno
import json
import re
import subprocess

import pytest
from crash import SETTLED, journal, path
from inventory import created, of_lease, succeeded, things, writes
from world import Done, judge

KEEP = re.compile(r"Keep this: (\S+) ")
PATIENCE = 600


def owner_of(call):
    """The step whose thing a create makes, by the tag that it carries; None for what carries none."""
    found = re.search(r'forestadmin:resource"[^}]{0,40}?: ?"([a-z-]+)"', json.dumps(call["params"]))
    return found[1] if found else None


def assert_nothing_lost(setup, calls, done):
    """Each thing that the cloud made has an intent in the journal, and its result there or on the screen."""
    last, known = {}, set()
    for record in journal(setup) if path(setup).exists() else []:
        if "step" in record:
            last[record["step"]] = record["type"]
            known |= {record["step"]} if record["type"] == "intent" else set()
    # The lease is of the run: it has no record and ends by itself.
    made = {owner_of(call) for call in calls
            if call["operation"].startswith("Create") and succeeded(call) and not of_lease(call)} - {None}  # fmt: skip
    told = set(KEEP.findall(done.err))
    assert made <= known, f"made without an intent on the disk: {made - known}\n{done}"
    lost = {step for step in made if last[step] == "intent"} - told
    assert not lost, f"neither recorded nor told: {lost}\n{done}"


def fail_and_resume(world, undisturbed, name, run):
    """run(setup) applies on a failing disk; then the same on a healthy one."""
    setup = world.setup(name)
    mark = world.mark()
    done = run(setup)
    assert done.code != 0, str(done)
    assert_nothing_lost(setup, world.traffic(mark), done)
    # nothing may be on the disk yet, not even the answers
    known = path(setup).exists() and any(record["type"] == "answers" for record in journal(setup))
    again = ("resume", setup.name) if known else ("apply", "-c", str(setup.config))
    setup.run(*again, env=SETTLED, check=0, timeout=PATIENCE)
    assert things(setup) == undisturbed.things
    assert created(world.traffic(mark)) == undisturbed.created, "something was made twice, or not at all"
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)
    return done


def with_fault(disk, call, at, number, **options):
    def run(setup):
        done = setup.apply(env=SETTLED | disk.fails(call, at, number, **options), timeout=PATIENCE)
        # Workers share an fsync when they come at the same time. The last one is of the record of how the run ended,
        # without which nothing that was made is lost: the run's own result matters more.
        if done.code == 0 and disk.counted() <= at:
            setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
            pytest.skip(f"this run had {disk.counted()} times {call} only, and the last is no thing's record")
        return done

    return run


@pytest.mark.slow
def test_each_create_goes_out_after_its_intent_is_on_the_disk(world, disk, tried):
    """In an undisturbed apply, by the order of writes, fsyncs and sends of the process itself."""
    setup = world.setup("in-order")
    setup.apply(env=disk.trace(), check=0, timeout=PATIENCE)
    sent, early = disk.sent_early()
    tried("creates in order", len(sent))
    assert len(sent) > 15, sent
    # the lease is no step: it comes before all of them and ends by itself
    assert [one for one in early if "/lease/" not in one] == []
    setup.destroy(check=0, timeout=PATIENCE)


@pytest.mark.slow
def test_a_lying_fsync_is_seen_by_the_test_above(world, disk, tried):
    """The check can fail: with fsyncs that are only pretended, every create is early."""
    setup = world.setup("in-disorder")
    env = disk.trace() | {"FAULT_CALL": "fsync", "FAULT_AT": "1", "FAULT_ERRNO": "0", "FAULT_STICKY": "1"}
    setup.apply(env=env, check=0, timeout=PATIENCE)
    sent, early = disk.sent_early()
    assert len(early) >= len(sent) > 15
    setup.destroy(check=0, timeout=PATIENCE)


SAMPLE = [("write", 17, errno.EIO), ("fsync", 9, errno.EIO)]
EVERY = [(call, at, number) for call, number in (("write", errno.ENOSPC), ("fsync", errno.EIO))
         for at in range(1, 60, 3)]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("call", "at", "number"), SAMPLE)
def test_the_disk_fails_at_a_record(world, disk, undisturbed, call, at, number, tried):
    """From the at-th write or fsync on the disk is broken: exit 7, nothing is lost, resume completes."""
    done = fail_and_resume(world, undisturbed, f"{call}-{at}", with_fault(disk, call, at, number, sticky=True))
    assert done.code == 7 and "cannot write the journal" in done.err, str(done)
    tried("disk faults")


@pytest.mark.slow
@pytest.mark.parametrize(("call", "at", "number"), EVERY)
def test_the_disk_fails_once_at_many_records(world, disk, undisturbed, call, at, number, tried):
    """As above, over the length of the journal, and the fault passes: the journal stays broken all the same."""
    if at > undisturbed.lines - 4:
        pytest.skip(f"an undisturbed apply writes {undisturbed.lines} records only")
    fail_and_resume(world, undisturbed, f"{call}-once-{at}", with_fault(disk, call, at, number))
    tried("disk faults")


@pytest.mark.slow
def test_a_rename_fails_in_the_middle(world, disk, undisturbed, tried):
    """The file beside the journal that the secret's version needs cannot get its name: no secret is written without
    it, and resume completes."""
    done = fail_and_resume(world, undisturbed, "rename-key", with_fault(disk, "rename", 1, errno.EIO,
                                                                       path="/version-key", sticky=True))  # fmt: skip
    assert "version-key" in done.err and done.code in (1, 7), str(done)
    tried("disk faults")


@pytest.mark.slow
def test_a_rename_fails_at_the_end(world, disk, tried):
    """Everything is deleted, but its records cannot be put away: that is told, and the next destroy ends well."""
    setup = world.setup("rename-records")
    setup.apply(check=0, timeout=PATIENCE)
    failing = SETTLED | disk.fails("rename", 1, errno.EIO, path=".destroyed-", sticky=True)
    done = setup.destroy(env=failing, timeout=PATIENCE)
    assert done.code != 0 and "Input/output error" in done.err, str(done)
    assert not things(setup)
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not path(setup).exists()
    tried("disk faults")


@pytest.mark.parametrize(("call", "number"), [("rename", errno.EIO), ("open", errno.EMFILE), ("fsync", errno.EIO)])
def test_no_journal_no_call(world, disk, call, number, tried):
    """The journal cannot be begun: nothing that changes anything is sent, and no half-made journal is in the way."""
    setup = world.setup(f"no-{call}")
    mark = world.mark()
    done = setup.apply(env=disk.fails(call, 1, number, sticky=True), timeout=PATIENCE)
    assert done.code in (1, 7), str(done)
    assert "journal" in done.err or str(setup.records) in done.err, str(done)
    assert writes(world.traffic(mark)) == []
    assert not path(setup).exists()
    tried("disk faults")


def test_a_disk_without_locks(world, disk, tried):
    """Where the kernel gives no lock (some network disks), nothing is begun, and the reason is told."""
    setup = world.setup("no-locks")
    mark = world.mark()
    done = setup.apply(env=disk.fails("flock", 1, errno.ENOLCK, path="/lock", sticky=True), timeout=PATIENCE)
    assert done.code == 1 and "cannot lock" in done.err, str(done)
    assert writes(world.traffic(mark)) == []
    tried("disk faults")


def confined(world, setup, script, *args):
    """The program in a mount namespace of its own; the script mounts something on $STATE and runs "$@" in it."""
    env = world._merge(setup.env | SETTLED | {"STATE": str(setup.records / "forest-setup" / setup.name)})
    return finished(world, env, ["unshare", "-m", "sh", "-euc", script, "sh"], args)


def finished(world, env, prefix, args):
    done = subprocess.run([*prefix, world.binary, *args], env=env, text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=PATIENCE, cwd=world.folder)  # fmt: skip
    return judge(Done(args, done.returncode, done.stdout, done.stderr), None)


def may_mount():
    tried_out = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    return tried_out.returncode == 0


# The small disk is copied out before the namespace ends, with what it could not hold left away.
SMALL = """
mkdir -p -m 700 "$STATE"; mount -t tmpfs -o size=64k,mode=700 none "$STATE"
head -c {fill} /dev/zero >"$STATE/ballast" || true
code=0; "$@" || code=$?
rm "$STATE/ballast"; mkdir -m 700 "$STATE.out"; cp -p "$STATE"/* "$STATE.out"/
umount "$STATE"; rmdir "$STATE"; mv "$STATE.out" "$STATE"; exit $code
"""
READ_ONLY = """
mount -t tmpfs -o size=64k,mode=700 none "$STATE"; cp -p "$STATE.in"/* "$STATE"; mount -o remount,ro "$STATE"
exec "$@"
"""


@pytest.mark.slow
@pytest.mark.parametrize("pages", [3, pytest.param(2, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)])
def test_the_disk_is_full(world, undisturbed, pages, tried):
    """A real full disk (tmpfs), with so many pages left: nothing is lost, resume completes once there is room."""
    if not may_mount():
        pytest.skip("mounting a tmpfs is not allowed here")
    script = SMALL.format(fill=(16 - pages) * 4096)
    done = fail_and_resume(world, undisturbed, f"full-{pages}",
                           lambda setup: confined(world, setup, script, "apply", "-c", str(setup.config)))  # fmt: skip
    assert "No space left" in done.err, str(done)
    tried("disk faults")


@pytest.mark.slow
def test_the_disk_is_read_only(world, undisturbed, tried):
    """Records on a read-only disk: resume and destroy say so and change nothing; looking works."""
    if not may_mount():
        pytest.skip("mounting a tmpfs is not allowed here")
    setup = undisturbed.setup
    folder = path(setup).parent
    copy = folder.with_name(folder.name + ".in")
    subprocess.run(["cp", "-rp", str(folder), str(copy)], check=True)
    for command in (("resume", setup.name), ("destroy", setup.name, "--yes")):
        mark = world.mark()
        done = confined(world, setup, READ_ONLY, *command)
        assert done.code in (1, 7) and "Read-only" in done.err, str(done)
        assert writes(world.traffic(mark)) == []
        tried("disk faults")
    looked = confined(world, setup, READ_ONLY, "status", setup.name)
    assert looked.code == 0, str(looked)


def limited(world, setup, limit, *args):
    """The program under prlimit."""
    return finished(world, world._merge(setup.env | SETTLED), ["prlimit", limit], args)


@pytest.mark.slow
@pytest.mark.parametrize(("limit", "word"), [
    ("--nofile=14", "Too many open files"),
    ("--fsize=9000", "File too large"),  # in the middle of the journal
])  # fmt: skip
def test_a_limit_of_the_process(world, undisturbed, limit, word, tried):
    """Too few file handles, or a file that may not grow (SIGXFSZ), stop it with a word."""
    done = fail_and_resume(world, undisturbed, limit.strip("-").partition("=")[0],
                           lambda setup: limited(world, setup, limit, "apply", "-c", str(setup.config)))  # fmt: skip
    assert done.code > 0, "killed by a signal"
    assert word in done.err, str(done)
    tried("disk faults")


@pytest.mark.slow
@pytest.mark.parametrize(("call", "at"), [("write", 4), pytest.param("fsync", 7, marks=pytest.mark.slow),
                                          pytest.param("write", 19, marks=pytest.mark.slow)])  # fmt: skip
def test_the_disk_fails_during_destroy(world, disk, undisturbed, call, at, tried):
    """Destroy on a failing disk: no delete without its record before; the next one finishes."""
    setup = world.setup(f"undo-{call}-{at}")
    setup.apply(check=0, timeout=PATIENCE)
    mark = world.mark()
    done = setup.destroy(env=disk.fails(call, at, errno.EIO, sticky=True), timeout=PATIENCE)
    assert done.code == 7, str(done)
    begun = {record["step"] for record in journal(setup) if record["type"] == "undo"}
    deletes = [call for call in writes(world.traffic(mark)) if ".Delete" in call]
    assert len(deletes) <= 3 * len(begun), (deletes, begun)
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)
    tried("disk faults")
