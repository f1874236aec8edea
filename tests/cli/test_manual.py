# SPDX-License-Identifier: MIT
"""The manual page, completion and practice: made from the tables, so they must name all that the help names."""
import pathlib
import re
import shutil
import subprocess

import pytest
from program import Program


def commands_of_help(program: Program) -> list[str]:
    text = program.run("--help").out.split("Commands\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", text, re.MULTILINE)


def test_manual_names_every_command_and_option(program: Program):
    """The manual page has a section for each command and each option of the help, and is well-formed roff."""
    page = program.run("manual")
    assert page.code == 0 and page.err == ""
    for command in commands_of_help(program):
        assert f'.SS "forest\\-setup {command}' in page.out
    for option in set(re.findall(r"--([a-z-]+)", program.run("apply", "--help").out)):
        assert option.replace("-", "\\-") in page.out
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z"], input=page.out, capture_output=True, text=True)
        assert done.stderr == ""


def complete(script: str, words: list[str], home: pathlib.Path) -> list[str]:
    """What bash offers for the last word."""
    line = " ".join(f"'{w}'" for w in words)
    probe = (f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _forest_setup; "
             "printf '%s\\n' \"${COMPREPLY[@]}\"")
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, env=env)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_setups(program: Program, tmp_path: pathlib.Path):
    """bash offers every command, a command's options, and the names of setups that have a journal."""
    script = program.run("completion", "bash").out
    assert set(commands_of_help(program)) <= set(complete(script, ["forest-setup", ""], tmp_path))
    assert "--json" in complete(script, ["forest-setup", "apply", "--js"], tmp_path)
    assert complete(script, ["forest-setup", "apply", "--zz"], tmp_path) == []
    (tmp_path / ".local/state/forest-setup/my-admin").mkdir(parents=True)
    (tmp_path / ".local/state/forest-setup/my-admin/journal").touch()
    assert complete(script, ["forest-setup", "resume", ""], tmp_path) == ["my-admin"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(program: Program, shell: str):
    """zsh and fish get theirs; where the shell is here, it accepts it."""
    script = program.run("completion", shell)
    assert script.code == 0 and "forest-setup" in script.out
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script.out, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("args,words", [(["completion"], "needs the name of a shell"),
                                        (["completion", "tcsh"], "no completion for that shell")])
def test_completion_usage(program: Program, args: list[str], words: str):
    """A missing or unknown shell is a usage error that names those there are."""
    done = program.run(*args)
    assert done.code == 2 and words in done.err and "bash, zsh or fish" in done.err


def test_practice_without_its_sources(program: Program, tmp_path: pathlib.Path):
    """An installed program without the source tree says where the practice cloud is."""
    copy = tmp_path / "bin"
    copy.mkdir()
    shutil.copy2(program.path, copy / "forest-setup")
    done = subprocess.run([copy / "forest-setup", "practice"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "not beside this program" in done.stderr and "assets/try.sh" in done.stderr


def test_without_its_module(program: Program, tmp_path: pathlib.Path):
    """The program alone, without forest-core.so, says which file is missing; help still works."""
    shutil.copy2(program.path, tmp_path / "forest-setup")
    done = subprocess.run([tmp_path / "forest-setup", "status"], capture_output=True, text=True)
    assert done.returncode != 0 and "forest-core.so is not beside this program" in done.stderr
    assert subprocess.run([tmp_path / "forest-setup", "--help"], capture_output=True).returncode == 0
