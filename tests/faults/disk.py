# SPDX-License-Identifier: MIT
"""The failing disk of disk.c, compiled once a session, and what it did.

Order: disk = Disk(folder), env = disk.fails("write", at=3, errno=errno.EIO), run the program with that environment,
disk.counted() tells how many calls of that kind there were. With trace() instead, sent_early() lists the calls that
went out before the intent of their step was on the disk.
"""

import json
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Whose request it is: the tag that each create carries, in any of AWS's spellings.
STEP = re.compile(r'forestadmin(?:%3A|:)resource(?:&|"[,:]).{0,40}?(?:Value=|"[vV]alue":"|")([a-z-]+)')


class Disk:
    def __init__(self, folder):
        self.shim = folder / "disk.so"
        self.count = folder / "disk.count"
        self.traced = folder / "disk.trace"
        command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", str(self.shim), str(HERE / "disk.c"), "-ldl"]
        subprocess.run(command, check=True)

    def fails(self, call, at=0, errno=0, path="/journal", sticky=False):
        """The environment in which the at-th such call fails; at=0 only counts."""
        self.count.unlink(missing_ok=True)
        env = {"LD_PRELOAD": str(self.shim), "FAULT_CALL": call, "FAULT_PATH": path, "FAULT_AT": str(at),
               "FAULT_ERRNO": str(errno), "FAULT_COUNT": str(self.count),
               # the sanitizer wants to be the first library, which it is not here
               "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}  # fmt: skip
        return env | ({"FAULT_STICKY": "1"} if sticky else {})

    def counted(self):
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0

    def trace(self):
        self.traced.unlink(missing_ok=True)
        return self.fails("none") | {"FAULT_TRACE": str(self.traced)}

    def sent_early(self):
        """(steps whose creates were sent, those of them sent before their intent was on the disk)."""
        sent, early = set(), []
        written, covered, safe = set(), set(), set()
        for line in self.traced.read_text().splitlines():
            kind, text = line[0], line[2:]
            if kind == "W":
                record = json.loads(text)
                if record["type"] == "intent":
                    written.add(record["step"])
            elif kind == "B":
                covered = set(written)
            elif kind == "E":
                safe |= covered
            elif found := STEP.search(text):
                sent.add(found[1])
                if found[1] not in safe:
                    early.append(text[:200])
        return sent, early
