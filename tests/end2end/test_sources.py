# SPDX-License-Identifier: MIT
"""Where the backend's code comes from: the built-in one, a folder, a git repository; and who builds the image."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from inventory import things
from world import ROOT

BUILTIN = "assets/backend"


@pytest.fixture(scope="module")
def folder(world):
    """A copy of the backend as a team of its own would have it, without installed packages."""
    copy = world.folder / "their-backend"
    shutil.copytree(ROOT / BUILTIN, copy, ignore=shutil.ignore_patterns("node_modules"))
    return copy


def git(where, *args):
    settings = ["-c", "user.name=Test", "-c", "user.email=test@acme.example", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *settings, *args],
        cwd=where,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(world, folder):
    """A bare repository with the backend in services/admin, a tag v1 and a branch next with one more commit."""
    work = world.folder / "work"
    shutil.copytree(folder, work / "services" / "admin")
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "first")
    git(work, "tag", "v1")
    first = git(work, "rev-parse", "HEAD")
    git(work, "checkout", "-q", "-b", "next")
    (work / "services" / "admin" / "NOTES").write_text("of the next version\n")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "second")
    second = git(work, "rev-parse", "HEAD")
    bare = world.folder / "admin.git"
    git(world.folder, "clone", "-q", "--bare", str(work), str(bare))
    return {"url": f"file://{bare}", "v1": first, "next": second}


def image_of(setup):
    base = f"forestadmin-{setup.name}"
    ecs = setup.world.client("ecs")
    service = ecs.describe_services(cluster=base, services=[base])["services"][0]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return definition["containerDefinitions"][0]["image"].rpartition("@")[2]


def from_git(repository, ref):
    return {"source": {"git": {"url": repository["url"], "ref": ref, "folder": "services/admin"}}}


@pytest.mark.slow
def test_git_by_tag_then_by_branch(world, repository):
    """A tag's commit is in the plan and deployed; the branch's newer commit is a new image and a rollout; the first
    commit again is the first image again, which need not be built."""
    setup = world.setup("from-git", backend=from_git(repository, "v1"))
    planned = setup.plan(check=0).out
    assert repository["v1"][:7] in planned, planned
    setup.apply(check=0)
    first = image_of(setup)
    setup.change(backend=from_git(repository, "next"))
    planned = setup.plan(check=0).out
    assert repository["next"][:7] in planned and repository["v1"][:7] not in planned, planned
    setup.apply(check=0)
    second = image_of(setup)
    assert second != first
    setup.change(backend=from_git(repository, repository["v1"]))
    setup.apply(check=0)
    assert image_of(setup) == first
    facts = [
        json.loads(line)
        for line in (setup.records / "forest-setup/from-git/journal").read_text().splitlines()
    ]
    commits = [
        r["facts"]["commit"] for r in facts if r.get("step") == "image" and r.get("facts", {}).get("commit")
    ]
    assert {repository["v1"], repository["next"]} <= set(commits), "the commit is on record"
    setup.destroy(check=0)
    assert not things(setup)


@pytest.mark.parametrize(
    ("ref", "inside", "cause"),
    [("v9", "services/admin", "v9"), ("v1", "services/nothing", "services/nothing")],
    ids=["ref", "folder"],
)
def test_git_mistakes(world, repository, ref, inside, cause):
    """A ref or a folder that the repository has not is refused by the plan, by its name."""
    source = {"git": {"url": repository["url"], "ref": ref, "folder": inside}}
    setup = world.setup("git-mistake", backend={"source": source})
    done = setup.plan()
    assert done.code == 3, str(done)
    assert cause in done.err + done.out and "Remedy" in done.err + done.out, str(done)


def test_git_repository_that_is_not_there(world):
    """A URL that leads nowhere is refused by the plan."""
    source = {"git": {"url": "file:///nonexistent/admin.git"}}
    done = world.setup("git-nowhere", backend={"source": source}).plan()
    assert done.code == 3 and "/nonexistent/admin.git" in done.err and "Remedy" in done.err, str(done)


@pytest.mark.slow
def test_a_folder_gives_the_image_of_its_contents(world, folder):
    """The same files are the same image, whichever setup they are for; one more file is another."""
    setup = world.setup("from-folder", backend={"source": {"folder": str(folder)}})
    setup.apply(check=0)
    first = image_of(setup)
    note = folder / "NOTES"
    note.write_text("changed\n")
    try:
        setup.apply(check=0)
        assert image_of(setup) != first
    finally:
        note.unlink()
    setup.apply(check=0)
    assert image_of(setup) == first
    setup.destroy(check=0)
    assert not things(setup)


def test_a_native_module_of_another_architecture(world):
    """An ELF file of another processor in the application is refused before the image is sent."""
    setup = world.setup("native")
    app = setup.home / "app"
    app.mkdir()
    (app / "package.json").write_text(json.dumps({"name": "tiny", "version": "1.0.0", "main": "index.js"}))
    (app / "index.js").write_text("require('./lib/fast.node');")
    (app / "lib").mkdir()
    arm64 = (
        bytes([0x7F, *b"ELF", 2, 1, 1, *[0] * 9]) + (3).to_bytes(2, "little") + (183).to_bytes(2, "little")
    )
    (app / "lib" / "fast.node").write_bytes(arm64 + bytes(44))
    setup.change(backend={"source": {"folder": str(app)}})
    done = setup.apply()
    assert done.code != 0 and "fast.node" in done.err, str(done)
    setup.destroy(check=0)


def platform_digest(registry, image):
    """The manifest for amd64 behind a tag: Debian's registry hides OCI indexes from older engines."""
    repository, _, tag = image.rpartition(":")
    accept = (
        "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
    )
    where = f"http://{registry}/v2/{repository}/manifests/{tag}"
    headers = {"Accept": accept}
    try:
        urllib.request.urlopen(where, timeout=30).close()
    except urllib.error.HTTPError as refused:  # as public registries do: a token for nobody in particular
        asked = dict(re.findall(r'(\w+)="([^"]*)"', refused.headers["WWW-Authenticate"]))
        query = urllib.parse.urlencode({"service": asked["service"], "scope": asked["scope"]})
        with urllib.request.urlopen(f"{asked['realm']}?{query}", timeout=30) as answer:
            headers["Authorization"] = f"Bearer {json.loads(answer.read())['token']}"
    with urllib.request.urlopen(urllib.request.Request(where, headers=headers), timeout=30) as answer:
        index = json.loads(answer.read())
    return next(m["digest"] for m in index["manifests"] if m["platform"]["architecture"] == "amd64")


@pytest.mark.slow
@pytest.mark.parametrize("builder", ["buildah", "podman"])
def test_another_builder_gives_the_same_running_thing(world, folder, tmp_path, builder):
    """An image built by the user's own tool from a Dockerfile runs and passes every check, as ours does."""
    if not shutil.which(builder):
        pytest.skip(f"{builder} is not installed")
    base = world.setup("engine").answers["backend"]["base_image"]
    registry, _, rest = base.partition("/")
    base = f"{registry}/{rest.rpartition(':')[0]}@{platform_digest(registry, rest)}"
    copy = tmp_path / "app"
    shutil.copytree(folder, copy)
    installed = ROOT / BUILTIN / "node_modules"
    if not installed.exists():
        pytest.skip("assets/backend has no node_modules, and a build inside an engine cannot fetch them here")
    shutil.copytree(installed, copy / "node_modules", symlinks=True)
    (copy / ".dockerignore").unlink(missing_ok=True)
    (copy / "Dockerfile").write_text(
        f"FROM {base}\nENV NODE_ENV=production HOME=/tmp PORT=3000\nWORKDIR /app\nCOPY . .\nUSER 1000\n"
        'CMD ["node", "src/index.js"]\n'
    )
    conf = tmp_path / ".config" / "containers"
    conf.mkdir(parents=True)
    (conf / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
    env = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config"), "BUILDAH_ISOLATION": "chroot",
           "STORAGE_DRIVER": "vfs"}  # fmt: skip
    probe = subprocess.run(
        [builder, "pull", "-q", base], env=env | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    if probe.returncode:
        pytest.skip(f"{builder} does not work here: {probe.stderr.strip()[-200:]}")
    setup = world.setup("engine", backend={"source": {"folder": str(copy)}, "builder": builder})
    done = setup.apply(env=env, timeout=300, check=0)
    assert builder in done.err, "the plan or the image's line says who built it"
    setup.destroy(check=0)
    assert not things(setup)
