# SPDX-License-Identifier: MIT
"""Looking for secrets where they must not be.

Order: secrets = Secrets(world), given to a setup by files; run = Watched(...) runs the program with a home, a temp and
a cache folder of its own while /proc is sampled; run.leaks() is where any form of any secret was seen, [] when all is
well. Forms: raw, base64 at each alignment, hex, percent- and JSON-escaped.
"""

import base64
import json
import os
import secrets
import threading
import time
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

SHORTEST = 12


def forms_of(value):
    """Every way in which the value could be written, as bytes."""
    raw = value.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), json.dumps(value)[1:-1].encode(),
             json.dumps(json.dumps(value))[3:-3].encode(), quote(value, safe="").encode(),
             quote(value, safe="").lower().encode(), value.replace("/", "\\/").encode()}  # fmt: skip
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + raw).rstrip(b"=")
            found.add(text[(shift * 4 + 2) // 3 + 1 : -1])
    return {form for form in found if len(form) >= SHORTEST}


class Canaries:
    """Values by name, and where one of them is seen."""

    def __init__(self, values):
        self.values = dict(values)
        self.forms = {name: forms_of(value) for name, value in self.values.items()}

    def found_in(self, data):
        data = data.encode() if isinstance(data, str) else data
        return [name for name, forms in self.forms.items() if any(form in data for form in forms)]


class Secrets(Canaries):
    """The canaries: what the user types in, and the key and token of the AWS profile."""

    def __init__(self, world, folder):
        self.folder = folder
        url = world.env["POSTGRESQL_URL"]
        self.auth = secrets.token_hex(32)
        password = urlsplit(url).password
        values = {"env secret": world.env["FOREST_ENV_SECRET"], "auth secret": self.auth, "url": url,
                       "password": password, "password, decoded": unquote(password)}  # fmt: skip
        session = world.client("sts").get_session_token()["Credentials"]
        values |= {"secret key": session["SecretAccessKey"], "session token": session["SessionToken"]}
        for name, text in (("env", values["env secret"]), ("auth", self.auth), ("url", url), ("credentials",
                           "[work]\naws_access_key_id = {AccessKeyId}\naws_secret_access_key = {SecretAccessKey}\n"
                           "aws_session_token = {SessionToken}\n".format(**session))):  # fmt: skip
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)
        super().__init__(values)

    def setup(self, world, name, **changes):
        """A setup whose secrets come from the files."""
        setup = world.setup(name, **changes)
        setup.change(forest={"env_secret": f"file:{self.folder}/env", "auth_secret": f"file:{self.folder}/auth"},
                     database={"url": f"file:{self.folder}/url"})  # fmt: skip
        for folder in ("home", "tmp", "logs"):
            (setup.home / folder).mkdir(exist_ok=True)
        setup.env |= {"HOME": str(setup.home / "home"), "TMPDIR": str(setup.home / "tmp"), "FOREST_ENV_SECRET": None,
                      "FOREST_AUTH_SECRET": None, "POSTGRESQL_URL": None, "AWS_ACCESS_KEY_ID": None,
                      "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None,
                      "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")}  # fmt: skip
        return setup


def family(pid):
    """The process and all below it."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


class Sampler:
    """Reads arguments and environment of a process and its children, again and again until stop()."""

    def __init__(self, pid, known):
        self.pid, self.known, self.leaks, self.samples, self.seen = pid, known, set(), 0, set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._end.is_set():
            for pid in family(self.pid):
                for part in ("cmdline", "environ"):
                    try:
                        data = Path(f"/proc/{pid}/{part}").read_bytes()
                    except OSError:
                        continue
                    self.samples += bool(data)
                    self.seen |= {pid} if data else set()
                    self.leaks |= {f"{part} of {pid}: {name}" for name in self.known.found_in(data)}
            time.sleep(0.01)

    def stop(self):
        self._end.set()
        self._thread.join(30)


WORD = 8
PAGE = os.sysconf("SC_PAGE_SIZE")
PIECE = 4 << 20
# A sanitizer's map of the whole address space; what is in it are marks of its own.
SHADOW = 16 << 30


def ranges(pid):
    """What is mapped and really there, as (start, end), by the kernel's own lists."""
    with open(f"/proc/{pid}/pagemap", "rb") as pages:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *rest = line.split(maxsplit=5)
            start, end = (int(part, 16) for part in span.split("-"))
            if "r" not in rights or end - start > SHADOW or rest[-1].startswith(("[vvar", "[vsyscall")):
                continue
            pages.seek(start // PAGE * WORD)
            entries = pages.read((end - start) // PAGE * WORD)
            begun = None
            for at in range(0, len(entries) + 1, WORD):
                there = at < len(entries) and entries[at + WORD - 1] & 0xC0  # present, or swapped out
                if there and begun is None:
                    begun = at
                elif not there and begun is not None:
                    yield start + begun // WORD * PAGE, start + at // WORD * PAGE
                    begun = None


def in_memory(known, pid):
    """Where in the memory of a process that stands still a secret is; how many bytes were looked at."""
    leaks, seen, most = [], 0, max(len(form) for forms in known.forms.values() for form in forms)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end in ranges(pid):
            tail = b""
            for at in range(start, end, PIECE):
                memory.seek(at)
                data = memory.read(min(PIECE, end - at))
                seen += len(data)
                leaks += [f"{at:x}: {name}" for name in known.found_in(tail + data)]
                tail = data[-most:]
    return leaks, seen


def in_files(known, *folders):
    """Where in these folders a secret is, by content or by name; how many files were looked at."""
    leaks, count = [], 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                count += 1
                leaks += [f"{path}: {name}" for name in known.found_in(path.read_bytes() + os.fsencode(path))]
    return leaks, count
