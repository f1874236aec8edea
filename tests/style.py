#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the house that a compiler does not check: layering, banned calls, headers that compile alone, format,
the shape of files (length, licence line) and shell scripts.

usage: style.py layering|banned|headers|format|files|shell [--cc CC]
Prints each broken rule as path:line: reason; exits 1 when there is one.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# room -> rooms whose headers it may include. backend/base sees libc only; tui sees backend/base only.
BACKEND = ["codec", "net", "aws", "credentials", "setup", "engine", "steps", "image", "source", "forest",
           "diagnose", "export", "steps", "core"]
# The screens are in the program, which links no network library: the rest lies behind backend/core/core.h.
FRONT = ["base", "codec", "setup", "engine", "core"]
LOWER = {  # inside backend: who may look at whom, so that no room knows what it should not
    "base": [],
    "codec": ["base"],
    "net": ["base", "codec"],
    "credentials": ["base", "codec", "net", "aws"],
    "aws": ["base", "codec", "net", "credentials"],
    "setup": ["base", "codec"],
    "engine": ["base", "codec"],
    "diagnose": ["base", "codec"],
    "forest": ["base", "codec", "net"],
    "source": ["base", "codec", "setup"],
    "image": ["base", "codec", "net", "setup"],
    # The generators describe what the steps would send, so they look at those, and at nobody else.
    "export": ["base", "codec", "setup", "engine", "aws", "steps", "source"],
}
# Foreign headers and the only places that may see them.
FOREIGN = {
    "curses.h": "tui/", "ncurses": "tui/", "curl/": "backend/net/", "cjson/": "backend/codec/json.c",
    "libxml/": "backend/codec/xml.c", "git2": "backend/source/", "archive": "backend/image/",
    "zlib.h": "backend/image/", "openssl/": ("backend/codec/", "backend/net/"),
}
BANNED = ["strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atol", "atof", "sscanf", "gets", "localtime",
          "gmtime", "system", "popen", "tmpnam", "mktemp", "alloca", "strerror", "setenv", "putenv", "rand",
          "ctime", "asctime", "strsignal", "getpwnam", "getpwuid", "getlogin", "gethostbyname", "inet_ntoa"]
PRINTING = ["printf", "puts", "putchar"]


def sources(*patterns):
    for pattern in patterns:
        yield from sorted(ROOT.glob(pattern))


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[0], parts[1] if len(parts) > 2 else ""


def allowed(top, room, target):
    to = target.split("/")
    if to[0] == "generated":
        return True
    if top == "tui":
        return to[0] == "tui" or to[:2] == ["backend", "base"]
    if top == "backend":
        if to[0] != "backend":
            return False
        return room in ("steps", "core") or to[1] == room or to[1] in LOWER.get(room, BACKEND)
    if top == "screens" and room == "" and to[0] == "backend":
        return to[1] in FRONT
    return to[0] in ("tui", "backend", "screens")


def layering():
    for path in sources("backend/**/*.[ch]", "tui/**/*.[ch]", "screens/**/*.[ch]"):
        top, room = room_of(path)
        name = str(path.relative_to(ROOT))
        for number, target in includes(path):
            if target.split("/")[0] in ("backend", "tui", "screens") and not allowed(top, room, target):
                yield f"{name}:{number}: {top}/{room} must not include {target}"
            for prefix, place in FOREIGN.items():
                if target.startswith(prefix) and not name.startswith(place):
                    where = place if isinstance(place, str) else " and ".join(place)
                    yield f"{name}:{number}: {target} is wrapped by {where} and seen only there"


def strip_comments(text):
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def banned():
    for path in sources("backend/**/*.[ch]", "tui/**/*.[ch]", "screens/**/*.[ch]"):
        words = BANNED + (PRINTING if room_of(path)[0] == "backend" else [])
        pattern = re.compile(r"(?<![\w.>])(" + "|".join(words) + r")\s*\(")
        for number, line in enumerate(strip_comments(path.read_text()).splitlines(), 1):
            match = pattern.search(line)
            if match:
                yield f"{path.relative_to(ROOT)}:{number}: {match.group(1)}() is banned here"


def headers(cc):
    flags = ["-std=gnu17", "-D_GNU_SOURCE", '-DFOREST_VERSION="0"', "-I", str(ROOT), "-Wall", "-Wextra", "-Wpedantic",
             "-Werror"]
    for path in sources("backend/**/*.h", "tui/**/*.h", "screens/**/*.h"):
        done = subprocess.run([cc, *flags, "-fsyntax-only", "-x", "c", str(path)], capture_output=True, text=True)
        if done.returncode:
            yield f"{path.relative_to(ROOT)}: does not compile alone\n{done.stderr}"


def format_():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        print("skipped: clang-format is not installed")
        return
    files = [str(p) for p in sources("backend/**/*.[ch]", "tui/**/*.[ch]", "screens/**/*.[ch]", "tests/**/*.[ch]")]
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], capture_output=True, text=True)
    if done.returncode:
        for line in done.stderr.splitlines():
            if "error:" in line or "warning:" in line:
                yield line.replace(str(ROOT) + "/", "")


MAX_LINES = 600
# "house: long file: <why>" in the first twenty lines allows a longer one.
LONG_FILE = re.compile(r"house: long file: \S")
SOURCE = {".c", ".h", ".py", ".sh", ".js", ".mjs", ".cjs", ".txt", ".supp"}
NO_LICENCE_LINE = {"assets/practice/requirements.txt"}  # written by pip-compile, which keeps no header of ours


def tracked():
    """The files of the tree: what git knows and what it would add."""
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:  # an unpacked archive: the folders that hold sources
        found = (p for top in ("backend", "tui", "screens", "assets", "tests") for p in (ROOT / top).rglob("*"))
        return sorted(p for p in found if p.is_file() and "node_modules" not in p.parts)
    return sorted(p for p in (ROOT / name for name in done.stdout.split("\0") if name) if p.is_file())


def is_script(path):
    return not path.suffix and path.open("rb").read(2) == b"#!"


def files():
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if "/corpus/" in name or "/data/" in name and path.suffix == ".txt":
            continue
        if path.suffix not in SOURCE and not is_script(path):
            continue
        lines = path.read_text(errors="replace").splitlines()
        head = "\n".join(lines[:20])
        if "SPDX-License-Identifier: MIT" not in head and name not in NO_LICENCE_LINE and lines:
            yield f"{name}:1: the line \"SPDX-License-Identifier: MIT\" is missing"
        if len(lines) > MAX_LINES and name not in NO_LICENCE_LINE and not LONG_FILE.search(head):
            yield f"{name}:{len(lines)}: longer than {MAX_LINES} lines without \"house: long file: <why>\" at its top"


def shell():
    tool = shutil.which("shellcheck")
    if not tool:
        print("skipped: shellcheck is not installed")
        return
    scripts = [p for p in tracked() if p.suffix == ".sh" or is_script(p) and b"sh" in p.open("rb").readline()]
    command = [tool, "--format=gcc", "--external-sources", *map(str, scripts)]
    done = subprocess.run(command, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        yield line.replace(str(ROOT) + "/", "")
    if done.returncode > 1:
        yield done.stderr


def main():
    what = sys.argv[1]
    cc = sys.argv[sys.argv.index("--cc") + 1] if "--cc" in sys.argv else "cc"
    checks = {"layering": layering, "banned": banned, "headers": lambda: headers(cc), "format": format_,
              "files": files, "shell": shell}
    problems = list(checks[what]())
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} broken rules")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
