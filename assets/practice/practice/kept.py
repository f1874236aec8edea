# SPDX-License-Identifier: MIT
"""What botocore and moto read again and again, kept: in memory for this process, on disk for the next one.

install(folder) once, before moto is imported. botocore's models are compressed JSON of up to 4 MB; each of moto's many
loaders reads them anew and looks through 400 folders for what services there are. A kept copy is named after the size
and time of what it was read from, so it is never of an older botocore; one that cannot be read is made anew.
"""

import contextlib
import functools
import hashlib
import marshal
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

# The large ones
KEPT = ("endpoints", "service-2")


def install(folder: Path | None) -> None:
    if hasattr(JSONFileLoader.load_file, "__wrapped__"):
        return  # another cloud of this process has done it
    keep_files(folder)
    keep_lists(folder)


def keep_files(folder: Path | None) -> None:
    read = JSONFileLoader.load_file
    loaded: dict[str, Any] = {}

    @functools.wraps(read)
    def load_file(self: Any, path: str) -> Any:
        if not path.endswith(KEPT):
            return read(self, path)
        if path not in loaded:
            source = next((Path(path + end) for end in (".json", ".json.gz") if os.path.isfile(path + end)), None)
            loaded[path] = kept(folder, source, "", lambda: read(self, path))
        return loaded[path]

    JSONFileLoader.load_file = load_file


def keep_lists(folder: Path | None) -> None:
    find = Loader.list_available_services
    known: dict[tuple[Any, ...], list[str]] = {}

    @functools.wraps(find)
    def list_available_services(self: Any, type_name: str) -> list[str]:
        name = (tuple(self.search_paths), type_name)
        if name not in known:
            # Beside botocore's own folder there may be one of this machine's user.
            places = [path for path in self.search_paths if os.path.isdir(path)]
            source = Path(places[0]) if len(places) == 1 else None
            known[name] = kept(folder, source, type_name, lambda: find(self, type_name))
        return list(known[name])

    Loader.list_available_services = list_available_services


def kept(folder: Path | None, source: Path | None, part: str, read: Callable[[], Any]) -> Any:
    """What read() makes of the file or folder source, or a part of it, from the copy in folder when there is one of
    this very source."""
    if folder is None or source is None:
        return read()
    stat = source.stat()
    of_file = hashlib.sha256(f"{source} {part}".encode()).hexdigest()[:16]
    now = f"{of_file}-{stat.st_size:x}-{stat.st_mtime_ns:x}.{sys.implementation.cache_tag}"
    copy = folder / now
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        return marshal.loads(copy.read_bytes())
    value = read()
    with contextlib.suppress(OSError, ValueError):  # without it the next start takes longer
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{of_file}-*"):
            old.unlink(missing_ok=True)
        half = folder / f".{now}.{os.getpid()}"
        half.write_bytes(marshal.dumps(plain(value)))
        half.rename(copy)
    return value


def plain(value: Any) -> Any:
    """JSON's values without botocore's OrderedDict, which marshal does not know; a dict keeps its order too."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
