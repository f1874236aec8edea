# SPDX-License-Identifier: MIT
"""Terraform and its AWS provider, unmodified: apply, a request through everything, an empty plan, destroy.

Needs terraform on the PATH and the provider: in Terraform's own places for plugins, or in a mirror whose folder is in
TERRAFORM_MIRROR. Both are looked for, nothing is downloaded."""

import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

LONGEST_S = 900


@pytest.fixture(scope="module")
def terraform(environment, tmp_path_factory):
    """terraform(*arguments) in a folder with our stack; gives (exit code, output)."""
    program = shutil.which("terraform")
    if not program:
        pytest.skip("terraform is not on the PATH")
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copy(Path(__file__).parent / "terraform" / "main.tf", folder)
    own = {**environment, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    if mirror := os.environ.get("TERRAFORM_MIRROR"):
        (folder / "cli.rc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )
        own["TF_CLI_CONFIG_FILE"] = str(folder / "cli.rc")

    def run(*arguments):
        done = subprocess.run(
            [program, *arguments, "-no-color"], cwd=folder, env=own, capture_output=True, text=True, timeout=LONGEST_S
        )
        return done.returncode, done.stdout + done.stderr

    code, text = run("init", "-input=false")
    if code:
        pytest.skip(f"terraform init has no AWS provider here (TERRAFORM_MIRROR): {text.strip()[-200:]}")
    return run


def test_whole_stack(terraform, cloud):
    code, text = terraform("apply", "-auto-approve", "-input=false")
    assert code == 0, text[-4000:]
    code, url = terraform("output", "-raw", "url")
    assert code == 0
    # not every resolver knows names under localhost, so by the path that stands for the host
    api = url.strip().partition("//")[2].partition(".")[0]
    with urllib.request.urlopen(f"{cloud.url}/_gateway/{api}/", timeout=30) as answer:
        assert answer.read() == b"hello b"
    # What was made reads back as it was asked for: 2 would be changes.
    code, text = terraform("plan", "-detailed-exitcode", "-input=false")
    assert code == 0, text[-4000:]
    code, text = terraform("destroy", "-auto-approve", "-input=false")
    assert code == 0, text[-4000:]
    assert "Resources: 51 destroyed" in text
    assert not cloud.recorder.emulator_errors()
