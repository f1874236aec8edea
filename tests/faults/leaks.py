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


class Secrets:
    """The canaries: what the user types in, and the key and token of the AWS profile."""

    def __init__(self, world, folder):
        self.folder = folder
        url = world.env["POSTGRESQL_URL"]
        self.auth = secrets.token_hex(32)
        password = urlsplit(url).password
        self.values = {"env secret": world.env["FOREST_ENV_SECRET"], "auth secret": self.auth, "url": url,
                       "password": password, "password, decoded": unquote(password)}  # fmt: skip
        session = world.client("sts").get_session_token()["Credentials"]
        self.values |= {"secret key": session["SecretAccessKey"], "session token": session["SessionToken"]}
        for name, text in (("env", self.values["env secret"]), ("auth", self.auth), ("url", url), ("credentials",
                           "[work]\naws_access_key_id = {AccessKeyId}\naws_secret_access_key = {SecretAccessKey}\n"
                           "aws_session_token = {SessionToken}\n".format(**session))):  # fmt: skip
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)
        self.forms = {name: forms_of(value) for name, value in self.values.items()}

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

    def found_in(self, data):
        data = data.encode() if isinstance(data, str) else data
        return [name for name, forms in self.forms.items() if any(form in data for form in forms)]


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


def in_files(known, *folders):
    """Where in these folders a secret is, by content or by name; how many files were looked at."""
    leaks, count = [], 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                count += 1
                leaks += [f"{path}: {name}" for name in known.found_in(path.read_bytes() + os.fsencode(path))]
    return leaks, count
