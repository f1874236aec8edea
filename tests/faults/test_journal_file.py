# SPDX-License-Identifier: MIT
"""The journal's file is cut, damaged, of another time or place, or not a file of ours: never a wrong resume.

Every byte and every bit is tried in engine_journal_test.c; here the program itself meets a sample, and the record of
the cloud shows that a refused journal led to no call that changes anything. A journal that lost its last lines is a
true one of an earlier moment: resume looks, and makes nothing twice.
"""

import json
import os
import zlib

import pytest
from crash import SETTLED, path, text
from inventory import created, things, writes

DAMAGED, LOCKED = 7, 6
OTHER_ACCOUNT = "999999999999"
PATIENCE = 600


@pytest.fixture
def ledger(undisturbed):
    """The finished setup; its journal is put back after each test."""
    setup = undisturbed.setup
    yield setup
    place = path(setup)
    if place.is_symlink() or place.is_fifo() or (place.exists() and not place.is_dir()):
        place.unlink()
    elif place.is_dir():
        place.rmdir()
    write(setup, undisturbed.journal)


def write(setup, data):
    place = path(setup)
    place.unlink(missing_ok=True)
    place.write_bytes(data)
    place.chmod(0o600)


def sealed(record):
    """A record as the program writes it: with its checksum."""
    record = {key: value for key, value in record.items() if key != "crc"}
    body = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    return (body[:-1] + f',"crc":"{zlib.crc32(body.encode()):08x}"}}\n').encode()


def refused(setup, says, code=DAMAGED, commands=(("resume",), ("destroy", "--yes"))):
    """Each command ends with that code, says why, and changes neither the cloud nor the file."""
    for command, *options in commands:
        mark, before = setup.world.mark(), fingerprint(setup)
        done = setup.run(command, setup.name, *options, env=SETTLED, timeout=PATIENCE)
        assert done.code == code, str(done)
        assert says in done.err, str(done)
        assert writes(setup.world.traffic(mark)) == [], str(done)
        assert fingerprint(setup) == before, "the file was touched"


def fingerprint(setup):
    status = path(setup).lstat()
    content = text(setup) if path(setup).is_file() else b""
    return status.st_mode, status.st_ino, content


def cut_and_resume(setup, undisturbed, length, tried):
    """Resumes with the first bytes of the journal only: nothing is made twice, nothing is missing."""
    first = undisturbed.journal.index(b"\n") + 1
    answers = undisturbed.journal.index(b"\n", first) + 1
    write(setup, undisturbed.journal[:length])
    tried("cut journals")
    if length < first:
        return refused(setup, "damaged at line 1")
    mark = setup.world.mark()
    # without its answers the setup is known, but not what was asked for: the answers are given again
    command = ("resume", setup.name) if length >= answers else ("apply", "-c", str(setup.config))
    done = setup.run(*command, env=SETTLED, check=0, timeout=PATIENCE)
    calls = setup.world.traffic(mark)
    assert not created(calls), str(done)
    assert not any(".Delete" in call for call in writes(calls)), writes(calls)
    assert things(setup) == undisturbed.things
    torn = undisturbed.journal[length - 1 : length] != b"\n"
    assert ("cut off by a crash" in done.err) == torn, str(done)


@pytest.mark.slow
def test_cut_at_a_sample_of_bytes(ledger, undisturbed, tried):
    """Cut in the first, the second, a middle and the last line, and at the end of some."""
    journal = undisturbed.journal
    ends = [i + 1 for i, byte in enumerate(journal) if byte == 10]
    middle = len(ends) // 2
    for length in (0, 40, ends[0] + 20, ends[1], ends[middle] - 9, len(journal) - 1):
        cut_and_resume(ledger, undisturbed, length, tried)


@pytest.mark.slow
def test_cut_at_every_line_and_within(ledger, undisturbed, tried):
    """Cut at the end of every line, one byte before it, and in its middle."""
    start = 0
    for end in [i + 1 for i, byte in enumerate(undisturbed.journal) if byte == 10]:
        for length in ((start + end) // 2, end - 1, end):
            cut_and_resume(ledger, undisturbed, length, tried)
        start = end


def flip(ledger, undisturbed, places, tried):
    journal = undisturbed.journal
    for at in places:
        bit = 1 << at % 8
        write(ledger, journal[:at] + bytes([journal[at] ^ bit]) + journal[at + 1 :])
        refused(ledger, f"damaged at line {journal[:at].count(10) + 1}")
        tried("flipped bits")


@pytest.mark.slow
def test_flipped_at_a_sample_of_bytes(ledger, undisturbed, tried):
    """One bit flipped, at places of every kind of record: resume and destroy name the line and do nothing."""
    last = len(undisturbed.journal) - 2
    flip(ledger, undisturbed, [last * k // 6 for k in range(7)], tried)
    listed = ledger.run("status", check=0)
    assert "damaged" in listed.out, str(listed)


@pytest.mark.slow
def test_flipped_at_many_bytes(ledger, undisturbed, tried):
    flip(ledger, undisturbed, range(0, len(undisturbed.journal) - 1, 97), tried)


def headed(undisturbed, **changes):
    """The journal with another first line, whole and with its right checksum."""
    first, _, rest = undisturbed.journal.partition(b"\n")
    return sealed(json.loads(first) | changes) + rest


@pytest.mark.slow
def test_of_another_version(ledger, undisturbed, tried):
    """A newer format is refused with what to do; one older than the first, or without a number, was not ours."""
    write(ledger, headed(undisturbed))
    ledger.resume(check=0, timeout=PATIENCE)
    for version, says in ((2, "newer forest-setup"), (99, "newer forest-setup"), (0, "damaged at line 1"),
                          (None, "damaged at line 1"), ("1", "damaged at line 1")):  # fmt: skip
        write(ledger, headed(undisturbed, version=version))
        refused(ledger, says)
        tried("versions")


@pytest.mark.slow
def test_of_another_account(ledger, undisturbed, tried):
    """Signed in to another account than the journal's: refused, with both numbers."""
    write(ledger, headed(undisturbed, account=OTHER_ACCOUNT))
    refused(ledger, OTHER_ACCOUNT, code=LOCKED)
    tried("foreign journals")


@pytest.mark.slow
def test_of_another_region_or_stack(ledger, undisturbed, tried):
    """The same name in another region, or a journal of another setup, is refused."""
    regional = ledger.home / "elsewhere.json"
    regional.write_text(json.dumps(ledger.answers | {"aws": ledger.answers["aws"] | {"region": "eu-central-1"}}))
    mark = ledger.world.mark()
    done = ledger.run("apply", "-c", str(regional), timeout=PATIENCE)
    assert done.code == LOCKED and "belongs to region eu-west-3" in done.err, str(done)
    assert writes(ledger.world.traffic(mark)) == []
    for changes in ({"region": "eu-central-1"}, {"stack": "00000000-0000-0000-0000-000000000000"}, {"name": "other"}):
        write(ledger, headed(undisturbed, **changes))
        refused(ledger, "belongs to", code=LOCKED)
        tried("foreign journals")
    tried("foreign journals")


def as_link(place, aside):
    place.rename(aside)
    place.symlink_to(aside)


def as_dangling_link(place, aside):
    place.unlink()
    place.symlink_to(aside)


def as_directory(place, aside):
    place.unlink()
    place.mkdir(mode=0o700)


def as_pipe(place, aside):
    place.unlink()
    os.mkfifo(place, 0o600)


def with_second_name(place, aside):
    os.link(place, aside)


def open_to_all(place, aside):
    place.chmod(0o666)


def of_another_user(place, aside):
    os.chown(place, 65534, 65534)


UNSAFE = [(as_link, "symbolic link"), (as_dangling_link, "symbolic link"), (as_directory, "plain file"),
          (as_pipe, "plain file"), (with_second_name, "hard link"), (open_to_all, "other users"),
          (of_another_user, "another user")]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("make", "says"), UNSAFE, ids=[make.__name__ for make, _ in UNSAFE])
def test_not_a_file_of_ours(ledger, tmp_path, make, says, tried):
    """A link, a directory, a pipe, a second name, an open mode, a foreign owner: refused, and nothing is done."""
    if make is of_another_user and os.geteuid():
        pytest.skip("only root can give a file away")
    make(path(ledger), ledger.records / "aside")
    refused(ledger, says)
    tried("unsafe files")
    (ledger.records / "aside").unlink(missing_ok=True)


@pytest.mark.slow
def test_the_folder_is_a_link_or_open(ledger, tried):
    """The same for the folder around it."""
    folder = path(ledger).parent
    folder.chmod(0o755)
    try:
        refused(ledger, "other users")
    finally:
        folder.chmod(0o700)
    real = folder.with_name("real")
    folder.rename(real)
    folder.symlink_to(real)
    try:
        refused(ledger, "directory of its own")
    finally:
        folder.unlink()
        real.rename(folder)
    tried("unsafe files", 2)


@pytest.mark.slow
def test_the_lock_is_not_a_file(ledger, tried):
    """A lock that is a link is not followed, and one that is a directory is said: nothing is done without a lock."""
    lock = path(ledger).with_name("lock")
    target = ledger.records / "target"
    for make in (lambda: lock.symlink_to(target), lambda: lock.mkdir()):
        lock.unlink()
        make()
        try:
            refused(ledger, "cannot open the lock")
            assert not target.exists()
        finally:
            if lock.is_symlink():
                lock.unlink()
            else:
                lock.rmdir()
            lock.touch(mode=0o600)
        tried("unsafe files")
