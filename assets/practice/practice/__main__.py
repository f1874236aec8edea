# SPDX-License-Identifier: MIT
"""`cloud`: starts the practice cloud in the foreground and prints what to export; SIGTERM or SIGINT end it."""

import argparse
import faulthandler
import gc
import logging
import os
import shlex
import signal
import socket
import sys
from pathlib import Path

gc.disable()  # until it has started: what is read until then stays, and looking through it again and again takes long

from practice.cloud import Cloud, Config, state_of  # noqa: E402

STOP_SECONDS = 60  # at most


def parse(arguments: list[str] | None = None) -> Config:
    defaults = Config()
    parser = argparse.ArgumentParser(prog="cloud", description="A stand-in for AWS on loopback.")
    parser.add_argument(
        "--port",
        type=int,
        default=defaults.port,
        help="of the AWS APIs; the next four are the registry's, Forest's, PostgreSQL's and the "
        "public registry's (default %(default)s)",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=defaults.time_scale,
        metavar="S",
        help="1 is as slow as AWS, 0 is instant (default %(default)s)",
    )
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="added to each call")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where it keeps what it writes (default .practice/state, with the port in its name if that is not 4100)",
    )
    parser.add_argument("--seed", choices=("sample", "empty"), default=defaults.seed)
    parser.add_argument(
        "--scenario",
        default="none",
        metavar="NAME",
        help="something that goes wrong: a name of assets/practice/scenarios, or a file like those",
    )
    parser.add_argument(
        "--lag",
        type=float,
        default=0,
        metavar="S",
        help="new EC2 resources and roles are unseen for up to so many AWS seconds (default: seen at once)",
    )
    parser.add_argument("--lag-seed", type=int, default=0, metavar="N", help="which of them and how long")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65531:
        parser.error("--port is not within 1..65531")
    if not 0 <= options.time_scale <= 10:
        parser.error("--time-scale is not within 0..10")
    return Config(
        port=options.port,
        time_scale=options.time_scale,
        latency_ms=options.latency,
        state_dir=(options.state or state_of(options.port)).resolve(),
        seed=options.seed,
        scenario=options.scenario,
        lag=options.lag,
        lag_seed=options.lag_seed,
    )


def told_to_end() -> socket.socket:
    """Readable once SIGTERM or SIGINT has come. Through the wakeup descriptor, which is written to whichever thread the
    kernel chooses for the signal; a lock that the main thread waits for would only be let go in that thread."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    writing.detach()  # stays open as long as this process
    return reading


def main() -> int:
    config = parse()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    ended = told_to_end()
    cloud = Cloud(config)
    try:
        cloud.start()
    except Exception as error:
        print(f"cloud: cannot start: {error}", file=sys.stderr)
        return 1
    for name, value in cloud.exports.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"# ready on {cloud.url}", flush=True)
    if cloud.ready:
        cloud.ready.result()
    gc.freeze()
    gc.enable()
    ended.recv(1)
    # A part that does not end is a bug: then this says where each thread is, and the children die with us.
    faulthandler.dump_traceback_later(STOP_SECONDS, exit=True)
    cloud.stop()
    # All that must end has ended and is removed; taking the interpreter with moto's models apart takes seconds.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
