# SPDX-License-Identifier: MIT
"""export: the forms, the folder they go to, and git. Of a setup that is only planned: no cloud is needed."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml
from program import ROOT, Program

ANSWERS = {
    "version": 1, "name": "my-admin", "aws": {"profile": "work", "region": "eu-west-3", "account": "123456789012"},
    "forest": {"env_secret": "env:FOREST_ENV_SECRET", "auth_secret": "generate"}, "network": {"vpc": "prod"},
    "database": {"url": "env:POSTGRESQL_URL"}, "options": {"tags": {"team": "ops"}}}
FORMS = ["json", "github-actions", "policy"]


@pytest.fixture
def planned(program: Program):
    """The program, with my-admin planned as the wizard leaves it: a draft and no journal."""
    draft(program, ANSWERS)
    return program


def draft(program: Program, answers: dict) -> None:
    folder = program.home / "state" / "forest-setup" / answers["name"]
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "draft.json").write_text(json.dumps(answers))


def change(program: Program, **changes) -> None:
    draft(program, {**ANSWERS, **changes})


def export(program: Program, *args: str, code: int = 0, env: dict | None = None):
    done = program.run("export", "my-admin", *args, env=env)
    assert done.code == code, done.out + done.err
    return done


def tree(folder: pathlib.Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*"))
            if p.is_file() and ".git" not in p.relative_to(folder).parts[:1]}


# ---- the forms

def test_every_form_of_a_planned_setup(planned: Program):
    """--as all -o DIR writes every form; the folder's list of sums is true; files are 0644."""
    folder = planned.home / "out"
    done = export(planned, "--as", "all", "-o", "out")
    files = tree(folder)
    for start in ["setup.json", ".github/workflows/forest-setup-my-admin.yml", "policy/operator-1.json",
                  "forest-setup-my-admin/role-trust.json", "policy/handover/administrator.sh"]:
        assert start in files
        assert re.search(rf"^new +{re.escape(start)}$", done.out, re.MULTILINE)
    sums = dict(reversed(line.split("  ")) for line in files["forest-setup-my-admin.sums"].splitlines()[1:])
    assert set(sums) == set(files) - {"forest-setup-my-admin.sums"}
    for path, text in files.items():
        assert (folder / path).stat().st_mode & 0o777 == 0o644
        assert path not in sums or sums[path] == hashlib.sha256(text.encode()).hexdigest()


def test_again_is_the_same_bytes(planned: Program):
    """A second export changes nothing and says so; a changed answer changes what it concerns and nothing else."""
    export(planned, "--as", "all", "-o", "out")
    before = tree(planned.home / "out")
    again = export(planned, "--as", "all", "-o", "out")
    assert tree(planned.home / "out") == before
    assert {line.split()[0] for line in again.out.splitlines()} == {"same"}
    change(planned, backend={"cpu": 512})
    export(planned, "--as", "all", "-o", "out")
    after = tree(planned.home / "out")
    differs = {path for path in after if after[path] != before.get(path)}
    assert {"setup.json", "forest-setup-my-admin/setup.json", "forest-setup-my-admin.sums"} <= differs
    assert not [path for path in differs if path.startswith(("policy/", ".github/"))]


def test_no_machine_path_and_no_secret(planned: Program):
    """Neither the home folder, nor the state folder, nor a secret's value, nor a path of a secret is in any file."""
    secret = planned.write("hidden-place.txt", "f" * 64)
    change(planned, backend={"source": {"folder": str(planned.home / "elsewhere" / "admin")}},
           forest={"env_secret": f"file:{secret}", "auth_secret": "generate"})
    export(planned, "--as", "all", "-o", "deep/er/out", env={"FOREST_ENV_SECRET": "e" * 64})
    for path, text in tree(planned.home / "deep/er/out").items():
        for word in [str(planned.home), "hidden-place", "f" * 64, "e" * 64, "XDG_STATE"]:
            assert word not in text, path


def test_paths_are_relative_to_the_file(planned: Program):
    """A source beside the export is named from where the answer file lies, so that it is found there again."""
    (planned.home / "admin").mkdir()
    change(planned, backend={"source": {"folder": str(planned.home / "admin")}})
    export(planned, "-o", "out")
    assert json.loads((planned.home / "out/setup.json").read_text())["backend"]["source"] == {"folder": "../admin"}


def test_one_file_goes_to_stdout(planned: Program):
    """Without -o the answer file goes to stdout; what is several files asks for a folder."""
    assert json.loads(export(planned).out)["name"] == "my-admin"
    done = export(planned, "--as", "json,policy", code=2)
    assert "-o DIR" in done.err and done.out == ""


def test_round_trip_with_every_option(program: Program):
    """export, read as an answer file, export: the same bytes, with every option that there is."""
    answers = {
        **ANSWERS, "ask": ["forest", "network"],
        "forest": {"env_secret": "env:A", "auth_secret": "stdin", "server_url": "https://f.example"},
        "network": {"vpc": "prod", "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"]},
        "database": {"url": "env:B", "ingress_security_group": "sg-0a1b2c3d", "ssl_mode": "verify", "schema": "s"},
        "backend": {"source": {"git": {"url": "https://github.com/acme/admin.git", "ref": "r", "folder": "f"}},
                    "cpu": 512, "memory": 3072, "architecture": "arm64", "builder": "podman", "base_image": "r/i:t",
                    "tasks": 2, "port": 4000},
        "options": {"kms_key": True, "autoscaling": {"min": 2, "max": 5, "cpu_percent": 70}, "log_retention_days": 7,
                    "permissions_boundary": "arn:aws:iam::aws:policy/x", "secret_recovery_days": 10,
                    "tags": {"k": "v"}}}
    draft(program, answers)
    first = export(program).out
    assert json.loads(first) == answers
    draft(program, json.loads(first))
    assert export(program).out == first
    stored = {"env_secret": "stored", "auth_secret": "stored"}
    own = {"new_vpc": {"cidr": "10.9.0.0/16"}}
    draft(program, {**answers, "forest": stored, "database": {"url": "stored"}, "network": own})
    third = export(program).out
    draft(program, json.loads(third))
    assert export(program).out == third


def test_editors_find_the_schema(planned: Program):
    """In a folder the schema lies beside each answer file, which names it and fits it; the file is read back, and
    exported again into another folder it is the same bytes. On stdout there is no file to name."""
    export(planned, "--as", "json,github-actions", "-o", "out")
    schema = (ROOT / "assets/schema/setup.schema.json").read_text()
    for room in ("out", "out/forest-setup-my-admin"):
        answers = json.loads((planned.home / room / "setup.json").read_text())
        assert next(iter(answers.items())) == ("$schema", "./setup.schema.json")
        assert (planned.home / room / "setup.schema.json").read_text() == schema
        jsonschema.Draft202012Validator(json.loads(schema)).validate(answers)
    draft(planned, json.loads((planned.home / "out/setup.json").read_text()))
    export(planned, "--as", "json,github-actions", "-o", "again")
    assert tree(planned.home / "again") == tree(planned.home / "out")
    assert "$schema" not in json.loads(export(planned).out)


# ---- the workflow

def test_workflow_trusts_one_repository_and_branch(program: Program):
    """Only the repository and branch of the backend's source may take the role; actions are pinned to commits."""
    source = {"url": "git@github.com:acme/admin.git", "ref": "release", "folder": "srv"}
    change(program, backend={"source": {"git": source}})
    export(program, "--as", "github-actions", "-o", "out")
    room = program.home / "out/forest-setup-my-admin"
    trust = json.loads((room / "role-trust.json").read_text())["Statement"][0]
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:acme/admin:ref:refs/heads/release"}
    answers = json.loads((room / "setup.json").read_text())
    assert answers["backend"]["source"] == {"folder": "../srv"}
    assert answers["forest"] == {"env_secret": "stored", "auth_secret": "stored"}
    assert "profile" not in answers["aws"]
    workflow = (program.home / "out/.github/workflows/forest-setup-my-admin.yml").read_text()
    assert "secrets." not in workflow
    for use in re.findall(r"uses: (.*)", workflow) + re.findall(r'uses: "(.*)"', workflow):
        assert re.fullmatch(r"\"?[\w-]+/[\w-]+@[0-9a-f]{40}\"? # v\d+\.\d+\.\d+", use.strip()), use


ODD_FOLDER = {"source": {"git": {"url": "https://github.com/acme/admin", "folder": "a: b#'c"}}}


@pytest.fixture(params=[{}, {"backend": ODD_FOLDER}], ids=["builtin", "git"])
def workflow(program: Program, request) -> pathlib.Path:
    """The exported workflow of a built-in backend, and of one in a folder whose name means something in YAML."""
    change(program, **request.param)
    export(program, "--as", "github-actions", "-o", "out")
    return program.home / "out/.github/workflows/forest-setup-my-admin.yml"


def test_workflow_fits_githubs_schema(workflow: pathlib.Path):
    """GitHub's schema of workflows (SchemaStore's, as check-jsonschema 0.33.0 carries it) takes the file."""
    schema = json.loads((ROOT / "tests/data/github-workflow.schema.json").read_text())
    text = workflow.read_text()
    assert not list(jsonschema.Draft7Validator(schema).iter_errors(yaml.safe_load(text)))


def test_workflow_passes_actionlint(workflow: pathlib.Path):
    """actionlint, where it is installed, finds nothing."""
    lint = shutil.which("actionlint")
    if not lint:
        pytest.skip("actionlint is not on the PATH")
    done = subprocess.run([lint, "-shellcheck=", str(workflow)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_scripts_pass_shellcheck(planned: Program):
    """The administrator's script is clean, with and without a permissions boundary."""
    check = shutil.which("shellcheck")
    if not check:
        pytest.skip("shellcheck is not on the PATH")
    for options in ({}, {"permissions_boundary": "arn:aws:iam::aws:policy/it's-$(odd)"}):
        change(planned, options=options)
        export(planned, "--as", "policy", "-o", "out")
        script = planned.home / "out/policy/handover/administrator.sh"
        done = subprocess.run([check, "-S", "warning", str(script)], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("url, repository", [
    ("https://github.com/acme/admin", "acme/admin"), ("https://github.com/acme/admin.git/", "acme/admin"),
    ("ssh://git@github.com/acme/admin.git", "acme/admin"), ("https://gitlab.com/acme/admin", None),
    ("https://github.com.evil.example/acme/admin", None), ("https://github.com/acme", None),
    ("https://evil.example/github.com/acme/admin", None)])
def test_repository_of_an_url(program: Program, url: str, repository: str | None):
    """What is not plainly a repository of GitHub is left to be filled in: nobody can take the role until then."""
    change(program, backend={"source": {"git": {"url": url}}})
    export(program, "--as", "github-actions", "-o", "out")
    text = (program.home / "out/forest-setup-my-admin/role-trust.json").read_text()
    assert f"repo:{repository or 'OWNER/REPOSITORY'}:ref" in text


# ---- bad input

@pytest.mark.parametrize("form", ["yaml", "jsn", "", "json,", "json,yaml", "JSON"])
def test_unknown_form(planned: Program, form: str):
    """An unknown form is a usage error that names the known ones, and writes nothing."""
    done = export(planned, "--as", form, "-o", "out", code=2)
    for known in FORMS:
        assert known in done.err
    assert not (planned.home / "out").exists()


def test_no_such_setup(program: Program):
    """A setup that is not there: exit 8, the folder is not made."""
    done = program.run("export", "nope", "-o", "out")
    assert done.code == 8 and "nope" in done.err and "forest-setup status" in done.err
    assert not (program.home / "out").exists()


def test_damaged_journal(planned: Program):
    """A journal that cannot be believed: exit 7, nothing is written."""
    journal = planned.home / "state/forest-setup/my-admin/journal"
    journal.write_text('{"seq":1}\nnonsense\n{"seq":3}\n')
    journal.chmod(0o600)
    done = export(planned, "-o", "out", code=7)
    assert "journal" in done.err and not (planned.home / "out").exists()


def test_folder_that_cannot_be_written(planned: Program):
    """A file in the folder's place, or a place where nothing can be made: said with the remedy, nothing is written."""
    planned.write("file", "mine")
    for place in ["file", "file/below", "/proc/forest-setup"]:
        done = export(planned, "-o", place, code=1)
        assert "-o DIR" in done.err
    assert (planned.home / "file").read_text() == "mine"


def test_files_that_are_not_ours(planned: Program):
    """One file of somebody's in the way: all of them are named, and nothing at all is written; --force overwrites."""
    out = planned.home / "out"
    (out / "policy").mkdir(parents=True)
    (out / "setup.json").write_text("mine")
    (out / "policy/operator-1.json").write_text("mine too")
    done = export(planned, "--as", "json,policy", "-o", "out", code=3)
    assert "setup.json is not from an export" in done.err and "policy/operator-1.json is not" in done.err
    assert tree(out) == {"setup.json": "mine", "policy/operator-1.json": "mine too"}
    export(planned, "--as", "json,policy", "-o", "out", "--force")
    assert json.loads((out / "setup.json").read_text())["name"] == "my-admin"


def test_file_changed_since(planned: Program):
    """A file of ours that somebody edited is not overwritten; one that is as we wrote it is."""
    export(planned, "-o", "out")
    path = planned.home / "out/setup.json"
    exported = path.read_text()
    path.write_text(exported + "\n")
    change(planned, backend={"cpu": 512})
    done = export(planned, "-o", "out", code=3)
    assert "setup.json was changed since it was exported" in done.err
    assert path.read_text() == exported + "\n"
    path.write_text(exported)
    export(planned, "-o", "out")
    assert json.loads(path.read_text())["backend"]["cpu"] == 512


def test_links_are_not_followed(planned: Program):
    """A link in the way leads nowhere, not even with --force."""
    out, other = planned.home / "out", planned.home / "other"
    out.mkdir()
    other.mkdir()
    (out / "policy").symlink_to(other)
    (out / "setup.json").symlink_to(other / "file")
    for force in ([], ["--force"]):
        export(planned, "--as", "json,policy", "-o", "out", *force, code=3)
    assert not list(other.iterdir())


def test_what_is_no_more_is_removed(planned: Program):
    """A file that a form no longer has, here the network of a VPC of its own, is removed; other forms' files stay."""
    change(planned, network={"new_vpc": {}})
    export(planned, "--as", "json,terraform", "-o", "out")
    network = planned.home / "out/terraform/network.tf"
    assert network.exists()
    change(planned)
    done = export(planned, "--as", "terraform", "-o", "out")
    assert not network.exists() and "removed  terraform/network.tf" in done.out
    assert (planned.home / "out/setup.json").exists()


# ---- git

IDENTITY = {"GIT_AUTHOR_NAME": "Noor", "GIT_AUTHOR_EMAIL": "noor@acme.example"}


def git(folder: pathlib.Path, *args: str, code: int = 0) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
           "GIT_AUTHOR_NAME": "U", "GIT_AUTHOR_EMAIL": "u@e", "GIT_COMMITTER_NAME": "U", "GIT_COMMITTER_EMAIL": "u@e"}
    done = subprocess.run(["git", "-C", str(folder), *args], check=False, capture_output=True, text=True, env=env)
    assert done.returncode == code, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repository(planned: Program):
    """A repository with one commit, something staged and something changed, and the export's folder in it."""
    top = planned.home / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    (top / "kept").write_text("1")
    (top / "changed").write_text("1")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    (top / "staged").write_text("2")
    git(top, "add", "staged")
    (top / "changed").write_text("two")  # another size: git looks at seconds alone
    return top


def test_git_makes_a_repository(planned: Program):
    """--git into a folder without one: a repository with one commit of exactly the exported files."""
    done = export(planned, "--as", "all", "-o", "out", "--git", env=IDENTITY)
    out = planned.home / "out"
    assert git(out, "status", "--porcelain") == ""
    assert set(git(out, "ls-files").splitlines()) == set(tree(out))
    assert git(out, "log", "--format=%an <%ae> %s") == \
        "Noor <noor@acme.example> forest-setup: export my-admin as " + ", ".join(all_forms(planned))
    assert git(out, "rev-parse", "HEAD")[:10] in done.out


def all_forms(program: Program) -> list[str]:
    told = program.run("export", "my-admin", "--as", "qqqqqqqq").err
    return re.findall(r"There are (.*), or all", told)[0].split(", ")


def test_git_commits_only_our_files(planned: Program, repository: pathlib.Path):
    """In an existing repository, in a folder of it: others' staged and changed files stay as they are."""
    export(planned, "-o", "repo/infra", "--git", env=IDENTITY)
    assert git(repository, "show", "--name-only", "--format=").splitlines() == \
        ["infra/forest-setup-my-admin.sums", "infra/setup.json", "infra/setup.schema.json"]
    assert sorted(git(repository, "status", "--porcelain").splitlines()) == ["A  staged", "M changed"]


def test_git_second_export_is_a_small_diff(planned: Program, repository: pathlib.Path):
    """A changed answer: one commit, two lines in it, and the message names the answer. Nothing changed: no commit."""
    export(planned, "--as", "json", "-o", "repo/infra", "--git", env=IDENTITY)
    head = git(repository, "rev-parse", "HEAD")
    done = export(planned, "-o", "repo/infra", "--git", env=IDENTITY)
    assert git(repository, "rev-parse", "HEAD") == head and "commit" not in done.out
    change(planned, backend={"tasks": 2})
    export(planned, "-o", "repo/infra", "--git", env=IDENTITY)
    assert "backend.tasks: 1 -> 2" in git(repository, "log", "-1", "--format=%B")
    assert git(repository, "diff", "--shortstat", "HEAD~1", "HEAD", "--", "infra/setup.json") == \
        "1 file changed, 1 insertion(+), 1 deletion(-)"


def test_git_refuses_uncommitted_changes(planned: Program, repository: pathlib.Path):
    """Our file edited by somebody and not committed: refused, whether staged or not. Committed: overwritten."""
    export(planned, "-o", "repo", "--git", env=IDENTITY)
    path, head = repository / "setup.json", git(repository, "rev-parse", "HEAD")
    mine = path.read_text().replace("my-admin", "edited")
    change(planned, backend={"tasks": 2})
    path.write_text(mine)
    for _ in range(2):
        done = export(planned, "-o", "repo", "--git", code=3, env=IDENTITY)
        assert "setup.json was changed by somebody and is not committed" in done.err
        assert path.read_text() == mine and git(repository, "rev-parse", "HEAD") == head
        git(repository, "add", "setup.json")
    path.unlink()
    export(planned, "-o", "repo", "--git", code=3, env=IDENTITY)
    path.write_text(mine)
    git(repository, "commit", "-qm", "edited", "setup.json")
    export(planned, "-o", "repo", "--git", env=IDENTITY)
    assert json.loads(path.read_text())["backend"]["tasks"] == 2
    assert "A  staged" in git(repository, "status", "--porcelain")


def test_git_after_an_export_without(planned: Program, repository: pathlib.Path):
    """What an export without --git wrote is committed by the next one with it."""
    export(planned, "-o", "repo", "--git", env=IDENTITY)
    change(planned, backend={"tasks": 2})
    export(planned, "-o", "repo")
    export(planned, "-o", "repo", "--git", env=IDENTITY)
    assert '"tasks": 2' in git(repository, "show", "HEAD:setup.json")


@pytest.mark.parametrize("state, words", [
    ("detached", "git switch"), ("bare", "bare"), ("merge", "under way"), ("nobody", "git config --global user.name")])
def test_git_cannot(planned: Program, repository: pathlib.Path, state: str, words: str):
    """On no branch, in a bare repository, in a merge, without an identity: said, and nothing is written."""
    folder = repository
    if state == "detached":
        git(repository, "checkout", "-q", "--detach")
    if state == "bare":
        folder = planned.home / "bare.git"
        git(planned.home, "init", "-q", "--bare", "bare.git")
    if state == "merge":
        (repository / ".git/MERGE_HEAD").write_text(git(repository, "rev-parse", "HEAD") + "\n")
    done = export(planned, "-o", str(folder), "--git", code=3, env=None if state == "nobody" else IDENTITY)
    assert words in done.err
    assert not (folder / "setup.json").exists()


def test_git_identity_from_the_settings(planned: Program):
    """user.name and user.email of ~/.gitconfig are who commits."""
    planned.write(".gitconfig", "[user]\n\tname = Camille\n\temail = camille@acme.example\n")
    export(planned, "-o", "out", "--git")
    assert git(planned.home / "out", "log", "--format=%an %ae") == "Camille camille@acme.example"


def test_git_needs_a_folder(planned: Program):
    """--git without -o is a usage error."""
    assert "-o DIR" in export(planned, "--git", code=2).err
