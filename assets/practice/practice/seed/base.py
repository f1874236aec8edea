# SPDX-License-Identifier: MIT
"""The base image in the public registry: docker/library/node:22-slim, as an image index like the real one.

Order: publish(cloud) once the registry has been started, while the rest of the cloud starts. It builds the image for
this machine's architecture when the cache has none (assets/practice/base-image/build.py, about 20 s), and publishes
what other architectures lie in the cache.
Failure: without the packages the cloud works all the same, and a pull of the base image is refused.
"""

import hashlib
import json
import logging
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

log = logging.getLogger("practice.seed")

BUILD = Path(__file__).resolve().parents[2] / "base-image" / "build.py"
REPOSITORY, TAG = "docker/library/node", "22-slim"
INDEX = "application/vnd.oci.image.index.v1+json"


def ensure(cache: Path) -> Path | None:
    """The layout for this machine, built when it is not there. None when that failed, which is logged."""
    command = [sys.executable, str(BUILD), "--cache", str(cache)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        log.error(
            "no base image for %s: the public registry has no %s:%s", platform.machine(), REPOSITORY, TAG
        )
        return None
    return Path(done.stdout.strip())


def layouts(cache: Path) -> list[Path]:
    return sorted(path for path in cache.glob("base-*") if (path / "index.json").is_file())


def platforms(layout: Path) -> list[dict[str, Any]]:
    """The rows of a layout's image index: one descriptor with its platform."""
    top = json.loads((layout / "index.json").read_text())["manifests"][0]
    index = layout / "blobs" / top["digest"].replace(":", "/")
    return json.loads(index.read_text())["manifests"]


def publish(cloud: Any) -> str | None:
    """Puts the image into the public registry; returns the digest of its index."""
    cache = cloud.config.cache_dir
    if ensure(cache) is None:
        return None
    cloud.registry.wait()
    rows = []
    for layout in layouts(cache):
        found = platforms(layout)
        for row in found:
            cloud.registry.push_public(layout, REPOSITORY, f"{TAG}-{row['platform']['architecture']}")
        rows += found
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}
    body = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    cloud.registry.public.put_manifest(REPOSITORY, TAG, body, INDEX)
    return "sha256:" + hashlib.sha256(body).hexdigest()
