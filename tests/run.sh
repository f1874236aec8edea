#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the tests need, builds with the address and undefined-behaviour sanitizers, runs every test, ends with
# the totals of all runners.
#
#   sh tests/run.sh          what must pass before every commit
#   sh tests/run.sh --all    also the long suites: thread sanitizer, valgrind, clang-tidy, fuzzers, slow end-to-end tests
#   sh tests/run.sh NAME...  only these suites (unit, style, practice, aws, image, cli, backend, export, end2end, wizard, faults...)
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
logs=$root/build/test-logs
python=$root/.practice/venv/bin/python
passed=0 failed=0 skipped=0 broken=
all=no
only=
for argument; do
    case $argument in
    --all) all=yes ;;
    -*) echo "usage: sh tests/run.sh [--all] [SUITE...]" >&2; exit 2 ;;
    *) only="$only $argument" ;;
    esac
done

wanted() { # by default, or by name
    [ -z "$only" ] && return 0
    case " $only " in *" $1 "*) return 0 ;; esac
    return 1
}
long() { # only with --all, or by name
    [ -n "$only" ] && { wanted "$1"; return; }
    [ "$all" = yes ]
}

# Reads one runner's own totals from its log: "P F S". A log without totals counts as one failure.
totals() {
    awk '
        /^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+/ { f += $4; p += $NF - $4; seen = 1 }
        /^=+ .*(passed|failed|error|skipped).* in [0-9.]+s/ || /^[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s/ {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^failed/ || $i ~ /^error/) f += $(i - 1)
                if ($i ~ /^skipped/) s += $(i - 1)
            }
            seen = 1
        }
        /^(#|ℹ) pass [0-9]+/ { p += $3; seen = 1 }
        /^(#|ℹ) fail [0-9]+/ { f += $3 }
        /^(#|ℹ) skipped [0-9]+/ { s += $3 }
        END { if (!seen) f = 1; print p + 0, f + 0, s + 0 }' "$1"
}

suite() { # suite NAME COMMAND...
    name=$1
    shift
    echo "==> $name"
    started=$(date +%s)
    "$@" >"$logs/$name.log" 2>&1
    status=$?
    # shellcheck disable=SC2046 # three numbers
    set -- $(totals "$logs/$name.log")
    p=$1 f=$2 s=$3
    [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    seconds=$(($(date +%s) - started))
    [ -f "$logs/$name.seconds" ] && seconds=$(cat "$logs/$name.seconds") # of a lane of its own
    echo "    $p passed, $f failed, $s skipped in $seconds s"
    if [ "$f" -gt 0 ]; then
        broken="$broken $name"
        tail -n 60 "$logs/$name.log"
    fi
    grep -E '^[a-z].*: [0-9]+ tried, [0-9]+ ended wrong$' "$logs/$name.log"
    grep -iE '^SKIPPED|^skipped:' "$logs/$name.log" | sort -u | head -20
}

build() { # build PRESET
    cmake --preset "$1" >"$logs/build-$1.log" 2>&1 && ninja -C "build/$1" >>"$logs/build-$1.log" 2>&1 && return
    tail -n 60 "$logs/build-$1.log"
    echo "the $1 build failed"
    broken="$broken build-$1" failed=$((failed + 1))
    return 1
}

pytests() { # pytests FOLDER...
    # In a lane of its own a shell has these two ignored, and children would inherit that.
    env --default-signal=INT,QUIT "$python" -m pytest -q -rs -p no:cacheprovider "$@"
}

mutants() {
    PYTHONPATH=$root/tests/practice pytests tests/practice -p mutants -m "not slow"
}

exports() { # with linters in an environment of their own
    EXPORT_VENV=$root/.practice/export-venv
    export EXPORT_VENV
    PRACTICE_VENV=$EXPORT_VENV PRACTICE_LOCK=$root/tests/export/requirements.txt sh assets/practice/install.sh &&
        pytests tests/export -m "$1"
}

checkovs() { # its hundred packages are for this suite alone
    EXPORT_CHECKOV_VENV=$root/.practice/checkov-venv
    export EXPORT_CHECKOV_VENV
    PRACTICE_VENV=$EXPORT_CHECKOV_VENV PRACTICE_LOCK=$root/tests/export/checkov.txt sh assets/practice/install.sh &&
        pytests tests/export -m checkov
}

types() { # of the practice cloud
    PRACTICE_VENV=$root/.practice/types-venv PRACTICE_LOCK=$root/tests/types.txt sh assets/practice/install.sh &&
        "$root/.practice/types-venv/bin/python" tests/mypy_totals.py
}

# Suites that wait for their clouds more than they compute run beside the others.
begin() { # begin NAME COMMAND...
    (
        lane=$1 begun=$(date +%s)
        shift
        "$@"
        status=$?
        echo "$(($(date +%s) - begun))" >"$logs/$lane.seconds"
        exit $status
    ) >"$logs/$1.out" 2>&1 &
    eval "lane_$1=$!"
}
finish() { # finish NAME
    eval "wait \"\$lane_$1\""
    finished=$?
    cat "$logs/$1.out"
    return $finished
}

sh assets/packages.sh build practice tests || exit 1
sh assets/practice/install.sh || exit 1
mkdir -p "$logs"
PATH=$PATH:$root/.practice/venv/bin:$root/.practice/bin
export PATH
# A Go program that one test of cli asks about the exported workflow, where there is Go to build it.
[ "$all" = yes ] && command -v go >/dev/null &&
    GOBIN=$root/.practice/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 >"$logs/actionlint.log" 2>&1

echo "==> building with sanitizers"
build asan || { echo "0 passed, 1 failed"; exit 1; }
FOREST_SETUP=$root/build/asan/forest-setup
FOREST_BUILD=$root/build/asan
ASAN_OPTIONS=detect_leaks=1
LSAN_OPTIONS=suppressions=$root/tests/lsan.supp:print_suppressions=0
UBSAN_OPTIONS=print_stacktrace=1
export FOREST_SETUP FOREST_BUILD ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS

# The long run compares more random files and environments with botocore.
[ "$all" = yes ] && export FOREST_CREDENTIALS_CASES="${FOREST_CREDENTIALS_CASES:-1000}"

rm -f "$logs"/*.seconds
# Two clouds, each with the tests of whole files
wanted practice && begin practice pytests -n 2 --dist loadfile tests/practice -m "not slow"
wanted end2end && begin end2end pytests tests/end2end -m "not slow"
wanted style && suite style ctest --test-dir build/asan -L style --output-on-failure
wanted style && suite ruff "$python" tests/ruff_totals.py
wanted style && suite types types
wanted unit && suite unit ctest --test-dir build/asan -L unit -j2 --output-on-failure
wanted aws && suite aws pytests tests/aws
wanted cli && suite cli pytests tests/cli
wanted image && suite image pytests tests/image
wanted backend && suite backend sh tests/backend/run.sh
wanted export && suite export exports "not slow and not checkov"
wanted faults && begin faults pytests tests/faults -m "not slow"
wanted wizard && suite wizard pytests tests/wizard -m "not slow"
wanted faults && suite faults finish faults
wanted end2end && suite end2end finish end2end
wanted practice && suite practice finish practice

long end2end-slow && suite end2end-slow pytests tests/end2end -m slow
long export-slow && suite export-slow exports "slow and not checkov" # with Terraform, where it is installed
long checkov && suite checkov checkovs
long faults-slow && suite faults-slow pytests tests/faults -m slow
long practice-slow && suite practice-slow pytests tests/practice -m slow
long practice-mutants && suite practice-mutants mutants # every rule of the practice cloud has a test that fails without it
long tools && suite tools pytests tests/tools # the AWS CLI and Terraform, where they are installed
long wizard-slow && suite wizard-slow pytests tests/wizard -m slow
long tsan && build tsan && suite tsan ctest --test-dir build/tsan -L unit -j2 --output-on-failure
long valgrind && build dev && suite valgrind "$python" tests/valgrind.py build/dev
long tidy && suite tidy "$python" tests/tidy.py build/asan
long fuzz && build fuzz && suite fuzz "$python" tests/fuzz/run.py build/fuzz

[ -z "$broken" ] || echo "broken suites:$broken (logs in build/test-logs)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
