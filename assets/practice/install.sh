#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the Python environment of the practice cloud: .practice/venv in the checkout, from requirements.txt with
# every hash checked. Does nothing when the environment was made from the same file (a stamp holds its hash).
# PRACTICE_VENV and PRACTICE_LOCK name another environment and its file.
# Needs python3 (3.11 or newer) with venv; says so when it is missing. Installs no system package.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${PRACTICE_VENV:-$root/.practice/venv}
lock=${PRACTICE_LOCK:-$here/requirements.txt}
python=${PYTHON:-python3}

fail() {
    echo "install: $*" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || fail "$python is missing: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "Python's venv is missing: apt-get install python3-venv"

want() { # the hash of what an environment of this Python is made from
    "$1" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read() + sys.version.encode()).hexdigest())' "$lock"
}
stamp=$venv/.requirements
compile() { # the practice cloud, so that its first start is as quick as the others
    [ "$lock" != "$here/requirements.txt" ] || "$venv/bin/python" -m compileall -qq "$here/practice" || true
}
# By the environment's own Python: another one on the PATH of today is no reason to make it anew, under whoever uses it.
if [ -f "$stamp" ] && [ -x "$venv/bin/python" ] && [ "$(cat "$stamp")" = "$(want "$venv/bin/python")" ]; then
    compile
    exit 0
fi

echo "install: making the Python environment in ${venv#"$root"/}" >&2
mkdir -p "$(dirname "$venv")"
# A half-made environment is not repaired but made anew: the stamp is written last.
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --requirement "$lock"
want "$venv/bin/python" >"$stamp"
compile
