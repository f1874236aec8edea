#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh build|practice|tests...: installs the Debian/Ubuntu packages of these groups that are missing. Asks for
# nothing: as root, or through sudo when that works without a password; otherwise says what is missing and how to
# install it. Other systems: says what to install by hand.
set -eu

group() {
    case $1 in
    build) echo gcc libc6-dev cmake ninja-build pkg-config git ca-certificates libncurses-dev libcurl4-openssl-dev libcjson-dev \
        libgit2-dev libxml2-dev libarchive-dev zlib1g-dev libzstd-dev libssl-dev ;;
    practice) echo python3 python3-venv docker-registry mmdebstrap bubblewrap postgresql openssl iproute2 util-linux procps curl ;;
    tests) echo libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev shellcheck valgrind strace busybox-static skopeo umoci tmux ;;
    *) echo "packages: no such group: $1" >&2; exit 2 ;;
    esac
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "packages: not a Debian system: a C compiler, CMake 3.25, Ninja, pkg-config and the development files of" >&2
    echo "packages: ncurses, libcurl, cJSON, libgit2, libxml2, libarchive, zlib, zstd and OpenSSL 3 must be installed" >&2
    exit 0
fi

missing=
for name in "$@"; do
    for package in $(group "$name"); do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "These packages are missing, and installing them needs root:" >&2
    echo "  sudo apt-get install -y$missing" >&2
    exit 1
fi
echo "==> installing$missing" >&2
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# The distribution's own services (a registry, a database server) are started by us where needed, never as daemons.
# shellcheck disable=SC2086 # a list of names
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "packages: apt-get failed (the whole output is in $log)" >&2
    exit 1
fi
rm -f "$log"
