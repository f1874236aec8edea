#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What 2,000 AWS profiles cost, beside one: listed by a command, and in the wizard until the list is painted.

    .practice/venv/bin/python tests/bench/profiles.py [-n 15] [--profiles 2000] [--check]

offline: `profiles --json --offline`, from exec to its end. list: the wizard opened on its AWS screen, from exec to the
first byte of the list's first row; for a list of 2,000 over one of one this is what the list costs. move: one Down to
the last byte of its redraw. asked: how many of the profiles were asked for their identity, which are those on the
screen. The least of -n runs: what else the machine does is not the program's. --check exits 1 when the list costs more
than 20 ms. FOREST_SETUP names the program; build it as users run it (cmake --preset release).

Measured on 2 cores of a busy machine: 2,000 profiles offline in 78 ms (one: 31 ms), the list 4.5 ms later than that of
one, a move 2.1 ms, 4 of 2,000 asked.
"""

import argparse
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("wizard", "end2end")]

from pseudo import Pseudo  # noqa: E402
from world import find_binary  # noqa: E402

BUDGET_MS = 20
HEX = "0123456789abcdef" * 4


class Nobody(http.server.BaseHTTPRequestHandler):
    """Counts who is asked for an identity; nobody is anybody."""

    asked: set[str] = set()

    def log_message(self, *_):
        pass

    def do_POST(self):  # noqa: N802
        Nobody.asked.add(self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()


def write_files(home, count):
    """`count` profiles of every kind, as a large company's tool writes them."""
    aws = home / ".aws"
    aws.mkdir(parents=True)
    config = ["[sso-session corp]", "sso_start_url = https://corp.awsapps.com/start", "sso_region = eu-west-1"]
    credentials = []
    for number in range(count):
        name = f"team-{number:04d}"
        config.append(f"[profile {name}]\nregion = eu-west-3")
        if number % 4 == 1:
            config.append(f"role_arn = arn:aws:iam::{number:012d}:role/Engineer\nsource_profile = team-0000")
        elif number % 4 == 2:
            config.append(f"sso_session = corp\nsso_account_id = {number:012d}\nsso_role_name = Engineer")
        elif number % 4 == 3:
            config.append(f"credential_process = /opt/corp/keys --account {number:012d}")
        else:
            credentials.append(f"[{name}]\naws_access_key_id = AKIA{number:016d}\naws_secret_access_key = {HEX}")
    (aws / "config").write_text("\n".join(config) + "\n")
    (aws / "credentials").write_text("\n".join(credentials) + "\n")
    answers = {
        "version": 1, "name": "bench", "aws": {"region": "eu-west-3"}, "ask": ["aws"],
        "forest": {"env_secret": "env:FOREST_ENV_SECRET", "auth_secret": "generate"},
        "network": {"vpc": "prod"}, "database": {"url": "env:POSTGRESQL_URL"}, "backend": {"source": "builtin"},
    }  # fmt: skip
    (home / "setup.json").write_text(json.dumps(answers))


def environment(home, port):
    return {
        "HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        "FOREST_ENV_SECRET": HEX, "POSTGRESQL_URL": "postgres://app:hush@db.acme.example:5432/app",
        "XDG_STATE_HOME": str(home / "state"),
    }  # fmt: skip


def offline(program, env, count):
    began = time.monotonic()
    done = subprocess.run([program, "profiles", "--json", "--offline"], env=env, capture_output=True, check=True)
    took = (time.monotonic() - began) * 1000
    assert done.stdout.count(b'"type":"profile"') == count, done.stdout[-300:]
    return took


def wizard(program, env, home):
    began = time.monotonic()
    with Pseudo([program, "-c", home / "setup.json"], env) as pseudo:
        while not re.search(rb"team-0000", pseudo.out):
            assert time.monotonic() - began < 60 and not pseudo.ended(), pseudo.out[-2000:]
            pseudo.pump(0.001)
        listed = (time.monotonic() - began) * 1000
        pseudo.settle(0.3)
        start = time.monotonic()
        pseudo.send(b"\x1b[B")
        _, last, _ = pseudo.read_until_quiet(0.2, 2)
        pseudo.kill(15)
        pseudo.wait(20)
        return listed, (last - start) * 1000 if last else float("inf")


def measure(program, count, runs, port):
    Nobody.asked = set()
    home = Path(tempfile.mkdtemp())
    try:
        write_files(home, count)
        env = environment(home, port)
        lists = [wizard(program, env, home) for _ in range(runs)]
        return {
            "profiles": count,
            "offline_ms": min(offline(program, env, count) for _ in range(runs)),
            "list_ms": min(row[0] for row in lists),
            "move_ms": min(row[1] for row in lists),
            "asked": len(Nobody.asked),
        }
    finally:
        shutil.rmtree(home)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=15)
    parser.add_argument("--profiles", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nobody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    program = os.environ.get("FOREST_SETUP") or find_binary()
    rows = [measure(program, count, options.n, server.server_port) for count in (1, options.profiles)]
    print(f"{'profiles':>9}{'offline':>12}{'list':>12}{'move':>12}{'asked':>8}")
    for row in rows:
        numbers = "".join(f"{row[name]:>9.1f} ms" for name in ("offline_ms", "list_ms", "move_ms"))
        print(f"{row['profiles']:>9}{numbers}{row['asked']:>8}")
    cost = rows[1]["list_ms"] - rows[0]["list_ms"]
    print(f"the list of {options.profiles} costs {cost:.1f} ms more than one of one; at most {BUDGET_MS} ms")
    return 1 if options.check and cost > BUDGET_MS else 0


if __name__ == "__main__":
    sys.exit(main())
