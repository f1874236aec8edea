#!/bin/sh
# SPDX-License-Identifier: MIT
# forest-setup on this machine alone: installs what is missing, builds, starts the practice cloud with sample data and
# runs forest-setup against it. Nothing reaches AWS.
#
#   sh assets/try.sh                                        what is there and how to go on
#   sh assets/try.sh apply -c assets/practice/setup.json    a whole setup; ends with the URL
#   sh assets/try.sh env                                    what to export for boto3, the AWS CLI or Terraform
#   sh assets/try.sh stop                                   ends the practice cloud
#   sh assets/try.sh --scenario list                        what can go wrong on purpose, and what each teaches
#   sh assets/try.sh --scenario no-nat apply -c assets/practice/setup.json
#                                                           plays one until --scenario none
#
# Everything it makes lies in build/ and .practice/ of this checkout. PRACTICE_PORT and PRACTICE_TIME_SCALE change the
# cloud that is started (default 4100; 0.02 of AWS's own time). The sample answers name ports of 4100; for another one
# the cloud writes its own, which are taken in their place.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
state=$root/.practice/state
port=${PRACTICE_PORT:-4100}
scale=${PRACTICE_TIME_SCALE:-0.02}

say() { echo "==> $*" >&2; }

cloud_answers() {
    [ -f "$state/cloud.pid" ] && kill -0 "$(cat "$state/cloud.pid")" 2>/dev/null &&
        curl -fsS -o /dev/null --max-time 5 "http://127.0.0.1:$port/_practice/health" 2>/dev/null
}

stop_cloud() {
    [ -f "$state/cloud.pid" ] || { say "the practice cloud is not running"; return 0; }
    pid=$(cat "$state/cloud.pid")
    kill "$pid" 2>/dev/null || true
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { say "process $pid does not end"; return 1; }
        sleep 0.1
    done
    rm -f "$state/cloud.pid"
    say "the practice cloud has ended"
}

build() {
    stamp=$root/build/build.ninja
    if [ ! -f "$stamp" ]; then
        say "configuring the build"
        cmake --preset release -S "$root" >"$root/build.log" 2>&1 || { cat "$root/build.log" >&2; exit 1; }
        rm -f "$root/build.log"
    fi
    # Ninja decides; a second run takes a moment.
    if ! ninja -C "$root/build" -n forest-setup | grep -q 'no work to do'; then
        say "building build/forest-setup"
    fi
    if ! ninja -C "$root/build" forest-setup >"$root/build/try.log" 2>&1; then
        tail -n 40 "$root/build/try.log" >&2
        exit 1
    fi
}

start_cloud() {
    cloud_answers && return 0
    if [ -f "$state/cloud.pid" ] && kill -0 "$(cat "$state/cloud.pid")" 2>/dev/null &&
        ! grep -qs "AWS_ENDPOINT_URL=http://127.0.0.1:$port\$" "$state/env"; then
        say "a practice cloud runs on another port: sh assets/try.sh stop ends it"
        exit 1
    fi
    say "starting the practice cloud (the first time it builds a Node base image: about a minute)"
    mkdir -p "$state"
    # In its own session, so that Ctrl-C in forest-setup does not end it.
    setsid sh "$root/assets/practice/cloud" --port "$port" --time-scale "$scale" --state "$state" \
        >"$state/cloud.out" 2>"$state/cloud.log" </dev/null &
    tries=0
    until cloud_answers; do
        tries=$((tries + 1))
        if [ "$tries" -ge 1800 ] || { [ "$tries" -gt 50 ] && ! kill -0 $! 2>/dev/null; }; then
            tail -n 20 "$state/cloud.log" >&2
            say "the practice cloud did not start; its log is .practice/state/cloud.log"
            exit 1
        fi
        sleep 0.1
    done
    say "the practice cloud is ready on http://127.0.0.1:$port (sh assets/try.sh stop ends it)"
}

scenarios() { # scenarios list | scenarios play URL NAME
    PYTHONPATH=$root/assets/practice "$root/.practice/venv/bin/python" -m practice.faults.scenarios "$@"
}

[ "${1:-}" != stop ] || { stop_cloud; exit; }
scenario=
if [ "${1:-}" = --scenario ]; then
    [ $# -ge 2 ] || { echo "usage: try.sh --scenario NAME|FILE.json|list|none [COMMAND...]" >&2; exit 2; }
    scenario=$2
    shift 2
fi
# A cloud.pid that cannot be killed means the state of another machine or a crash: start_cloud makes a new one.
sh "$root/assets/packages.sh" build practice
sh "$root/assets/practice/install.sh"
[ "$scenario" != list ] || { scenarios list; exit; }
build
start_cloud
[ -z "$scenario" ] || scenarios play "http://127.0.0.1:$port" "$scenario" || exit 2
if [ "$port" != 4100 ]; then
    left=$#
    while [ "$left" -gt 0 ]; do
        argument=$1
        shift
        left=$((left - 1))
        case $argument in
        assets/practice/setup.json | "$root/assets/practice/setup.json")
            argument=$state/setup.json
            say "the answers for port $port are .practice/state/setup.json"
            ;;
        esac
        set -- "$@" "$argument"
    done
fi
# shellcheck source=/dev/null # written by the practice cloud
. "$state/env"
[ "${1:-}" != env ] || { cat "$state/env"; exit; }
# npm for the image comes from the practice environment when the machine has none.
PATH=$PATH:$root/.practice/venv/bin
# The setups of the practice cloud are kept apart from real ones.
XDG_STATE_HOME=$root/.practice/records
# The wizard says on every screen that this is practice.
FOREST_SETUP_PRACTICE=1
export PATH XDG_STATE_HOME FOREST_SETUP_PRACTICE
exec "$root/build/forest-setup" "$@"
