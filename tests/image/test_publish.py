# SPDX-License-Identifier: MIT
"""image_publish() against a real registry: what arrives, what is not sent twice, what is refused."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile

import pytest
from conftest import digest


def names(registry, repository, layer):
    data = registry.blob(repository, layer["digest"])
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as t:
        return {m.name: m for m in t.getmembers()}


def test_the_image_is_base_and_application(registry, app, publish):
    """Layers of the base untouched and in order, ours on top, configuration as promised, digest as returned."""
    base = registry.push_base("library/node", "22")
    done = publish(app, base, registry.url)
    manifest, found = registry.manifest("app", "t1")
    assert done["digest"] == found
    original, base_digest = registry.manifest("library/node", done["base_digest"])
    assert base_digest == done["base_digest"]
    assert manifest["layers"][:3] == original["layers"] and len(manifest["layers"]) == 4
    config = json.loads(registry.blob("app", manifest["config"]["digest"]))
    assert config["architecture"] == "amd64"
    assert config["config"]["Cmd"] == ["node", "src/index.js"] and config["config"]["Entrypoint"] is None
    assert (config["config"]["User"], config["config"]["WorkingDir"]) == ("1000", "/app")
    assert set(config["config"]["Env"]) == {"PATH=/usr/local/bin:/usr/bin:/bin", "NODE_VERSION=22",
                                            "NODE_ENV=production", "HOME=/tmp"}
    layer = manifest["layers"][3]
    raw = gzip.decompress(registry.blob("app", layer["digest"]))
    assert config["rootfs"]["diff_ids"][3] == digest(raw)
    inside = names(registry, "app", layer)
    assert set(inside) == {"app", "app/package.json", "app/src", "app/src/index.js"}
    assert all(m.mtime == 0 and m.uid == 0 and m.gid == 0 for m in inside.values())
    assert b"canary" not in raw and "left out of the image: .env" in done["log"]


def test_again_sends_nothing(registry, app, publish):
    """A second time nothing is sent; a changed file sends its layer, configuration and manifest only."""
    base = registry.push_base("library/node", "22")
    first = publish(app, base, registry.url)
    again = publish(app, base, registry.url, cache="another")
    assert again["digest"] == first["digest"]
    assert again["sent_bytes"] == 0 and again["base_present"] and first["sent_bytes"] > 9_000_000
    (app / "src/index.js").write_text("console.log('changed')\n")
    changed = publish(app, base, registry.url)
    assert changed["digest"] != first["digest"] and 0 < changed["sent_bytes"] < 10_000


def test_arm64_gets_the_other_base(registry, app, publish):
    """The index is followed to the platform asked for; what it lacks is named."""
    base = registry.push_base("library/node", "22")
    done = publish(app, base, registry.url, "app", "arm", "--arm64")
    manifest, _ = registry.manifest("app", "arm")
    assert json.loads(registry.blob("app", manifest["config"]["digest"]))["architecture"] == "arm64"
    only = registry.push_base("library/node", "amd", architectures=("amd64",))
    refused = publish(app, only, registry.url, "app", "x", "--arm64", expect=False)
    assert refused["kind"] == "not_found" and "linux/amd64" in refused["message"]
    assert done["digest"]


def test_password_as_ecr_wants_it(start_registry, registry, app, publish, tmp_path):
    """Basic credentials reach the target and not the source; wrong ones are an error of authentication."""
    target = start_registry("s3cret-token")
    base = registry.push_base("library/node", "22")
    (tmp_path / "basic").write_text(target.basic)
    done = publish(app, base, target.url, "app", "t1", "--basic", str(tmp_path / "basic"))
    assert target.manifest("app", "t1")[1] == done["digest"]
    assert "s3cret" not in done["log"] and target.basic not in json.dumps(done)
    (tmp_path / "basic").write_text("QVdTOndyb25n")
    refused = publish(app, base, target.url, "app", "t2", "--basic", str(tmp_path / "basic"), expect=False)
    assert refused["kind"] == "auth"
    assert publish(app, base, target.url, "app", "t3", expect=False)["kind"] == "auth"


def test_a_missing_base_is_told(registry, app, publish):
    """Repository and tag are in the message."""
    refused = publish(app, f"{registry.host}/library/node:none", registry.url, expect=False)
    assert refused["kind"] == "not_found" and "library/node:none" in refused["message"]


@pytest.mark.parametrize("part", ["layer", "config", "manifest"])
def test_corrupted_bytes_are_refused(start_registry, registry, app, publish, part):
    """A flipped byte in the source's store never becomes an image at the target."""
    target = start_registry()
    base = registry.push_base("library/node", "22", architectures=("amd64",))
    index = json.loads(registry.request("GET", "/v2/library/node/manifests/22",
                                        headers={"Accept": "application/vnd.oci.image.index.v1+json"})[1])
    name = index["manifests"][0]["digest"]
    manifest, _ = registry.manifest("library/node", name)
    name = {"layer": manifest["layers"][1]["digest"], "config": manifest["config"]["digest"], "manifest": name}[part]
    file = registry.blob_file(name)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    refused = publish(app, base, target.url, expect=False)
    assert refused["kind"] == "remote", refused
    assert target.request("GET", "/v2/app/manifests/t1")[0] == 404
    if part == "layer":
        assert refused["code"] == "DIGEST_MISMATCH"
        assert target.request("HEAD", f"/v2/app/blobs/{name}")[0] == 404


def test_skopeo_and_umoci_agree(registry, app, publish, tmp_path):
    """Other people's tools read the image and unpack exactly our files."""
    for program in ("skopeo", "umoci"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed (apt-get install {program})")
    (app / "src" / ("long-" * 30 + ".js")).write_text("long name\n")
    (app / "src/link.js").symlink_to("index.js")
    (app / "src/index.js").chmod(0o755)
    base = registry.push_base("library/node", "22")
    done = publish(app, base, registry.url)
    inspect = subprocess.run(["skopeo", "inspect", "--tls-verify=false", f"docker://{registry.host}/app:t1"],
                             capture_output=True, text=True, check=True)
    assert json.loads(inspect.stdout)["Digest"] == done["digest"]
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false",
                    f"docker://{registry.host}/app:t1", f"oci:{tmp_path}/oci:t"], check=True)
    subprocess.run(["umoci", "unpack", "--rootless", "--image", f"{tmp_path}/oci:t", str(tmp_path / "bundle")],
                   check=True, capture_output=True)
    unpacked = tmp_path / "bundle/rootfs/app"
    assert (unpacked / "src/link.js").readlink().as_posix() == "index.js"
    assert (unpacked / "src" / ("long-" * 30 + ".js")).read_text() == "long name\n"
    assert (unpacked / "src/index.js").stat().st_mode & 0o777 == 0o755
    assert {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*")} == {
        "package.json", "src", "src/index.js", "src/link.js", "src/" + "long-" * 30 + ".js"}


def test_an_engine_s_archive_is_pushed_by_us(registry, app, publish, tmp_path):
    """A program that speaks like podman builds; its docker-archive (made by skopeo) arrives, layers compressed
    by us."""
    if not shutil.which("skopeo"):
        pytest.skip("skopeo is not installed (apt-get install skopeo)")
    base = registry.push_base("library/node", "22")
    publish(app, base, registry.url, "app", "source")
    tools = tmp_path / "bin"
    tools.mkdir()
    podman = tools / "podman"
    podman.write_text(f"""#!/bin/sh
echo "$@" >> {tmp_path}/calls
case "$1" in
info) echo 4.3.1 ;;
save) for last; do file=$previous; previous=$last; done
  exec skopeo --insecure-policy copy -q --src-tls-verify=false \\
    docker://{registry.host}/app:source docker-archive:$file ;;
esac
""")
    podman.chmod(0o755)
    (app / "Dockerfile").write_text("FROM node:22\n")
    import os
    done = publish(app, base, registry.url, "app", "built", "--podman", env={"PATH": f"{tools}:{os.environ['PATH']}"})
    assert done["builder"] == "podman 4.3.1: as you chose"
    status, body, _ = registry.request("GET", "/v2/app/manifests/built", headers={
        "Accept": "application/vnd.docker.distribution.manifest.v2+json"})
    assert status == 200 and digest(body) == done["digest"]
    manifest = json.loads(body)
    config = json.loads(registry.blob("app", manifest["config"]["digest"]))
    for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        assert digest(gzip.decompress(registry.blob("app", layer["digest"]))) == diff_id
    calls = (tmp_path / "calls").read_text()
    assert "build --platform linux/amd64" in calls and "rmi localhost/forest-setup-" in calls
    assert "login" not in calls
