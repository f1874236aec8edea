# SPDX-License-Identifier: MIT
"""The commands as a shell meets them: help, exit codes, messages, streams. No cloud is needed for any of this."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from program import Program

COMMANDS = ["plan", "apply", "resume", "status", "logs", "destroy", "recover", "export", "vpcs", "profiles"]
ENV_SECRET = "0123456789abcdef" * 4
COMPLETE = json.dumps({
    "version": 1, "name": "my-admin", "aws": {"region": "eu-west-3"},
    "forest": {"env_secret": "env:FOREST_ENV_SECRET"}, "network": {"vpc": "prod"},
    "database": {"url": "env:POSTGRESQL_URL"}})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(program: Program, command: str):
    """--help of a command goes to stdout, tells its usage and its options, and nothing else happens."""
    done = program.run(command, "--help")
    assert done.code == 0 and done.err == ""
    assert f"Usage: forest-setup {command}" in done.out
    assert "--help" in done.out and "--log FILE" in done.out


def test_help_is_complete(program: Program):
    """--help lists every command and every exit code, in lines that fit on a screen."""
    done = program.run("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command}\b", done.out, re.MULTILINE)
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]:
        assert re.search(rf"^ +{code}  \w", done.out, re.MULTILINE)
    assert max(len(line) for line in done.out.splitlines()) <= 110


def test_version(program: Program):
    """--version is one line, the same with and without a command."""
    done = program.run("--version")
    assert re.fullmatch(r"forest-setup \d+\.\d+\.\d+\n", done.out)
    assert program.run("apply", "--version").out == done.out


@pytest.mark.parametrize("args, words", [
    (["plna"], "did you mean plan?"),
    (["deploy"], "--help lists the commands"),
    (["apply", "--jsno"], "did you mean --json?"),
    (["apply", "--follow"], "--follow is not an option of apply"),
    (["logs", "my-admin", "--config", "x"], "--config is not an option of logs"),
    (["apply", "-z"], "-z is not an option"),
    (["apply", "-c"], "-c needs a value"),
    (["apply", "--config"], "--config needs a value"),
    (["apply", "--json=yes"], "--json takes no value"),
    (["apply", "setup.json"], "one word too many"),
    (["resume", "a", "b"], "one word too many"),
    (["resume"], "needs the name of a setup"),
    (["destroy"], "needs the name of a setup"),
    (["logs"], "needs the name of a setup"),
    (["export"], "needs the name of a setup"),
    (["resume", "../../etc"], "not a name for a setup"),
    (["export", "my-admin", "--as", "yaml"], "json"),
    (["logs", "my-admin", "--last", "x"], "--last"),
    (["plan", "--region", "moon"], "--region"),
    (["plan", "--profile", "a\tb"], "--profile"),
    (["--follow"], "--follow is not an option"),
])
def test_usage_errors(program: Program, args: list[str], words: str):
    """A wrong command line exits with 2 and says what to write, on stderr only."""
    done = program.run(*args)
    assert done.code == 2, done
    assert words in done.err and "Remedy" in done.err
    assert done.out == ""


@pytest.mark.parametrize("args", [
    ["apply", f"--env-secret={ENV_SECRET}"], ["apply", "--env-secret", ENV_SECRET],
    ["apply", "--database-url", "postgres://app:hunter2@db/x"], ["apply", ENV_SECRET],
    ["apply", "--password=hunter2"], [ENV_SECRET], ["postgres://app:hunter2@db/x"], ["resume", ENV_SECRET],
    ["plan", "--name", ENV_SECRET, "-c", "-"], ["plan", "--region", ENV_SECRET], ["plan", f"--{ENV_SECRET}"],
])
def test_secrets_on_the_command_line_are_not_repeated(program: Program, args: list[str]):
    """No option takes a secret; one that is given anyway is refused and not shown again."""
    done = program.run(*args, stdin=COMPLETE)
    assert done.code == 2, done
    assert ENV_SECRET not in done.out + done.err and "hunter2" not in done.out + done.err


def test_secret_option_says_where_secrets_go(program: Program):
    """Who tries an option for a secret is told the ways there are."""
    done = program.run("apply", "--env-secret", "x")
    assert "env:NAME" in done.err and "file:PATH" in done.err and "stdin" in done.err


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_missing_answers_are_listed(program: Program, command: str):
    """Without a terminal and without answers: every missing one is named, exit 3, no waiting."""
    done = program.run(command)
    assert done.code == 3
    for field in ["name", "forest.env_secret", "network", "database.url"]:
        assert f"answers: {field} " in done.err
    assert done.out == ""


def test_missing_answers_as_json(program: Program):
    """With --json the same list is typed events and a summary; stderr still speaks to people."""
    done = program.run("apply", "--json", "-c", "-", stdin='{"version": 1, "name": "my-admin"}')
    events = done.events()
    assert [e["field"] for e in events if e["type"] == "problem"] == ["forest.env_secret", "network", "database.url"]
    assert events[-1]["type"] == "summary"
    assert events[-1]["result"] == "answers" and events[-1]["exit_code"] == done.code == 3
    assert events[-1]["error"]["remedy"]


def test_config_errors_have_path_and_line(program: Program):
    """Each problem of a file is FILE:LINE: field reason, all of them in one run."""
    path = program.write("bad.json", '{"version": 1,\n "nmae": "x",\n "aws": {"region": "paris"}}')
    done = program.run("apply", "-c", path)
    assert done.code == 3
    assert f"{path}:2: nmae is not a field" in done.err
    assert f"{path}:3: aws.region " in done.err
    assert done.out == ""


def test_config_with_a_secret_is_refused_without_repeating_it(program: Program):
    """A secret in the file is refused with its line; it appears in no stream and in no log."""
    path = program.write("bad.json", json.dumps({
        "version": 1, "forest": {"env_secret": ENV_SECRET}, "database": {"url": "postgres://app:hunter2@db/x"},
        "aws": {"profile": ENV_SECRET}}))
    for extra in ([], ["--json"]):
        done = program.run("apply", "-c", path, "--log", "log.txt", *extra)
        log = (program.home / "log.txt").read_text()
        assert done.code == 3
        assert ENV_SECRET not in done.out + done.err + log and "hunter2" not in done.out + done.err + log


@pytest.mark.parametrize("path, words", [
    ("absent.json", "No such file"), (".", "directory"), ("/dev/zero", "device"),
])
def test_files_that_cannot_be_read(program: Program, path: str, words: str):
    """One line with the path; never an endless read."""
    done = program.run("plan", "-c", path)
    assert done.code in (3, 8) and words in done.err and path in done.err


def test_config_file_without_permission(program: Program):
    """A file that may not be read is an error with its path (as an ordinary user)."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = program.write("closed.json", "{}")
    os.chmod(path, 0)
    done = program.run("plan", "-c", path)
    assert done.code != 0 and path in done.err


def test_name_on_the_command_line_wins(program: Program):
    """--name replaces the file's name, and a bad one is refused as a wrong command line."""
    assert "--name" in program.run("plan", "-c", "-", "--name", "A B", stdin=COMPLETE).err
    done = program.run("plan", "--json", "-c", "-", "--name", "other", stdin='{"version": 1, "name": "my-admin"}')
    assert "name" not in [e.get("field") for e in done.events()]


def test_without_a_command(program: Program):
    """No arguments: what is there and how to go on, without claiming a wizard; exit 0."""
    done = program.run()
    assert done.code == 0 and done.err == ""
    assert "no setup on this machine" in done.out
    assert "wizard needs a terminal" in done.out
    assert "forest-setup apply -c" in done.out


@pytest.mark.parametrize("args", [["status", "nope", "--offline"], ["export", "nope"]])
def test_unknown_setup(program: Program, args: list[str]):
    """A setup that is not there is exit 8, and says so by name."""
    done = program.run(*args)
    assert done.code == 8 and "nope" in done.err


def test_empty_status(program: Program):
    """status without setups is a calm line, or an empty list with a summary as JSON."""
    assert "no setup" in program.run("status").out
    events = program.run("status", "--json").events()
    assert [e["type"] for e in events] == ["summary"] and events[0]["count"] == 0


def test_damaged_journal_is_told(program: Program):
    """A journal that cannot be read is one damaged setup in the list, and exit 7 when it is asked for."""
    folder = program.home / "state/forest-setup/my-admin"
    folder.mkdir(parents=True, mode=0o700)
    journal = folder / "journal"
    journal.write_text("this is no journal\nand neither is this\n")
    journal.chmod(0o600)
    done = program.run("status")
    assert done.code == 0 and "my-admin" in done.out and "damaged" in done.out
    assert program.run("status", "my-admin", "--offline").code == 7


def test_home_is_not_set(program: Program):
    """Without HOME and XDG_STATE_HOME nothing is guessed."""
    done = subprocess.run([program.path, "status"], check=False, env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 3 and "HOME" in done.stderr


def test_output_to_a_closed_pipe(program: Program):
    """`| head` does not kill the program: the exit code is its own."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([program.path, "--help"], check=False, stdout=write_end, stderr=subprocess.PIPE,
                          env=program.env, stdin=subprocess.DEVNULL, timeout=60)
    os.close(write_end)
    assert done.returncode == 0


@pytest.mark.parametrize("locale, glyph", [("C.UTF-8", "✘"), ("C", "x")])
def test_glyphs_follow_the_locale(program: Program, locale: str, glyph: str):
    """Without UTF-8 only ASCII is printed."""
    done = subprocess.run([program.path, "plna"], check=False, env={**program.env, "LC_ALL": locale},
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.stderr.decode("utf-8").startswith(f"{glyph} ")
    assert locale != "C" or done.stderr.isascii()


def in_terminal(program: Program, *args: str, typed: bytes = b"", env: dict[str, str] | None = None) -> tuple[int, str]:
    """Runs on a pseudo terminal; waits for the end with a deadline."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(program.home)
        os.execve(program.path, [str(program.path), *args], {**program.env, "TERM": "xterm", **(env or {})})
    if typed:
        os.write(fd, typed)
    seen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 0.5)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()


def test_colours_only_on_a_terminal_that_wants_them(program: Program):
    """Escape sequences: on a terminal yes, with NO_COLOR or TERM=dumb no, in a pipe never."""
    assert "\x1b[" in in_terminal(program, "plna")[1]
    assert "\x1b" not in in_terminal(program, "plna", env={"NO_COLOR": "1"})[1]
    assert "\x1b" not in in_terminal(program, "plna", env={"TERM": "dumb"})[1]
    assert "\x1b" not in program.run("plna").err


def test_secret_from_stdin_on_a_terminal_does_not_wait(program: Program):
    """A config on stdin cannot also hold a secret on stdin: refused before anything is read twice."""
    config = json.loads(COMPLETE)
    config["forest"]["env_secret"] = "stdin"
    done = program.run("apply", "-c", "-", stdin=json.dumps(config))
    assert done.code == 3 and "stdin" in done.err


def test_no_core_dump_of_secrets(program: Program):
    """The limit for core dumps is zero in the running program."""
    process = subprocess.Popen([program.path, "plan", "-c", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=program.env)
    try:
        limits = ""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not re.search(r"core file size\s+0\s+0", limits):
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"core file size\s+0\s+0", limits)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def test_ctrl_c_while_waiting_for_the_answers(program: Program):
    """One Ctrl-C ends the wait for stdin, with 130."""
    process = subprocess.Popen([program.path, "plan", "-c", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=program.env)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            caught = int(re.search(r"SigCgt:\s+(\w+)", status).group(1), 16)
            if caught & (1 << (signal.SIGINT - 1)):
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
