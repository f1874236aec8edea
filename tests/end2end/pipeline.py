# SPDX-License-Identifier: MIT
"""A machine of GitHub's that plays an exported workflow: a workspace of its own, no terminal, no records, and the
environment that GitHub gives and no other.

What is not played is said here: the build of forest-setup itself (the program under test takes its place), and the two
actions, whose documented effect on the workspace and the environment takes theirs.
"""

import base64
import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import yaml

CHECKOUT, SIGN_IN = "actions/checkout@", "aws-actions/configure-aws-credentials@"
BUILD = "Build forest-setup"
KEPT = ("AWS_ENDPOINT_URL", "PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "npm_config_registry",
        "npm_config_cache")  # fmt: skip
REPOSITORY = "acme/shop"  # on GitHub, as the tests write it into the exported role's trust
VARIABLES = {"FOREST_SETUP_REPOSITORY": "acme/forest-setup", "FOREST_SETUP_COMMIT": "0123456789abcdef" * 2 + "01234567"}


class Machine:
    """Order: Machine(world, name), play(repository, commit), then url or failed."""

    def __init__(self, world, name):
        self.world = world
        self.space = world.folder / name
        self.space.mkdir()
        self.summary = self.space / "summary.md"
        self.summary.touch()
        self.failed = None  # (step, what it said)
        self.said = ""
        # No secret, no profile, no key: what a new machine has, and where the practice cloud is.
        practice = {name: value for name, value in world.env.items() if name in KEPT}
        self.env = practice | {
            "CI": "true", "GITHUB_ACTIONS": "true", "HOME": str(self.space), "LC_ALL": "C.UTF-8",
            "GITHUB_STEP_SUMMARY": str(self.summary), "XDG_CACHE_HOME": world.env["XDG_CACHE_HOME"],
        }  # fmt: skip

    @property
    def url(self):
        return self.summary.read_text().strip()

    def play(self, repository, commit):
        """The workflow of that commit of the repository, as GitHub reads it there."""
        (text,) = [git(repository, "show", f"{commit}:{name}") for name in
                   git(repository, "ls-tree", "-r", "--name-only", commit, ".github/workflows").split()]  # fmt: skip
        workflow = yaml.safe_load(text)
        (job,) = workflow["jobs"].values()
        for step in job["steps"]:
            self._step(step, job, repository, commit)
            if self.failed:
                return self
        return self

    def _step(self, step, job, repository, commit):
        uses, given = step.get("uses", ""), step.get("with", {})
        if uses.startswith(CHECKOUT) and "repository" not in given:
            git(self.space, "clone", "-q", str(repository), given["path"])
            git(self.space / given["path"], "checkout", "-q", commit)
        elif uses.startswith(CHECKOUT):
            assert filled_in(given["repository"]) == VARIABLES["FOREST_SETUP_REPOSITORY"]
            assert filled_in(given["ref"]) == VARIABLES["FOREST_SETUP_COMMIT"]
            (self.space / given["path"] / "build").mkdir(parents=True)
        elif uses.startswith(SIGN_IN):
            assert job["permissions"]["id-token"] == "write"
            self._sign_in(given)
        elif step["name"] == BUILD:
            built = self.space / step["working-directory"] / "build"
            for part in ("forest-setup", "forest-core.so"):
                (built / part).symlink_to(Path(self.world.binary).parent / part)
        else:
            assert not uses, f"{uses} is not played here"
            self._run(step)

    def _sign_in(self, given):
        """As the action does: a session of the role in exchange for GitHub's token, without a signature, and only that
        in the environment. The practice cloud reads the token's claims and cannot verify who signed it."""
        form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": given["role-to-assume"],
                "RoleSessionName": given["role-session-name"], "WebIdentityToken": github_token()}  # fmt: skip
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        sent = urllib.request.Request(self.world.url + "/", urlencode(form).encode(), kind)
        with urllib.request.urlopen(sent, timeout=60) as answer:
            found = dict(re.findall(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)<", answer.read().decode()))
        self.env |= {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["SessionToken"], "AWS_REGION": given["aws-region"],
            "AWS_DEFAULT_REGION": given["aws-region"],
        }  # fmt: skip

    def _run(self, step):
        """bash -e, no terminal to read from or to write to, a session of its own."""
        env = self.env | {name: filled_in(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=self.space, env=env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, start_new_session=True, check=False,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        if done.returncode:
            self.failed = step["name"], self.said[-6000:]


def github_token():
    """The claims of GitHub's token for a push to the main branch (GitHub docs, "OpenID Connect")."""
    claims = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
              "sub": f"repo:{REPOSITORY}:ref:refs/heads/main", "exp": int(time.time()) + 300}  # fmt: skip
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))


def filled_in(text):
    for name, value in VARIABLES.items():
        text = text.replace("${{ vars." + name + " }}", value)
    assert "${{" not in text, text
    return text


def git(where, *args):
    settings = ["-c", "user.name=Test", "-c", "user.email=test@acme.example", "-c", "init.defaultBranch=main",
                "-c", "safe.directory=*"]  # fmt: skip
    done = subprocess.run(
        ["git", *settings, *args], cwd=where, check=False, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
