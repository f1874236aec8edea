#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests of assets/backend: real PostgreSQL, a stand-in for Forest. Needs node >= 20, npm, openssl and
# PostgreSQL's server programs (PG_BINDIR names their folder if they are in an unusual place). Arguments are test
# files; without any, all run. The last lines are the totals of node's test runner.
set -eu
here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd)
app=$here/../../assets/backend

die() {
    echo "tests/backend: $*" >&2
    exit 1
}

command -v node >/dev/null || die 'node is missing (Debian: nodejs)'
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || die "node 20 or newer is needed, this is $(node -v)"
command -v openssl >/dev/null || die 'openssl is missing'
command -v npm >/dev/null || die 'npm is missing'

# The dependencies exactly as locked, once for each state of the lock file.
stamp=$app/node_modules/.locked
if ! cmp -s "$app/package-lock.json" "$stamp"; then
    echo 'tests/backend: installing the dependencies of assets/backend'
    (cd "$app" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund)
    cp "$app/package-lock.json" "$stamp"
fi

for file in "$app"/src/*.js "$here"/*.js "$here"/support/*.js; do
    node --check "$file"
done

[ $# -gt 0 ] || set -- "$here"/*.test.js
exec node --test --test-timeout=600000 --test-reporter=spec "$@"
