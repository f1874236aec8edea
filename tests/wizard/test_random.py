# SPDX-License-Identifier: MIT
"""Claim: no sequence of keys, half sequences, pastes, answers of the terminal and sizes makes it crash, hang or leave
the terminal changed. A failure names its seed: FOREST_SEED=N runs that one alone.
"""

import os
import random
import signal

import pytest
from pseudo import Pseudo

KEYS = [
    b"\x1bOA", b"\x1bOB", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\t", b"\x1b[Z", b"\r", b"\r", b"\n", b"\x7f",
    b"\x1b", b"/", b"?", b" ", b"\x1b[5~", b"\x1b[6~", b"\x1bOH", b"\x1bOF", b"\x0c", b"\x15", b"\x17", b"\x12",
    b"\x00", b"\xff\xfe", b"\xe6\x9d", "東é\U0001f468\u200d\U0001f469".encode(), b"\x1b[200~",
    b"\x1b[200~line1\rline2\r\x1b[201~", b"\x1b[201~", b"\x1b[<0;999;999M", b"\x1b[1;5", b"\x1b[?1;2c", b"\x1b[I",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\", b"x" * 300, b"\x1b[3~", b"\x1b[1;5C", b"a", b"n", b"d", b"e", b"0",
]  # fmt: skip
WIDTHS, HEIGHTS = [1, 5, 19, 20, 40, 59, 60, 80, 200], [1, 2, 5, 6, 10, 24, 60]
SEEDS = [int(os.environ["FOREST_SEED"])] if "FOREST_SEED" in os.environ else range(20)
MANY_SEEDS = range(20, 200)


def play(command, env, seed):
    dice = random.Random(seed)
    with Pseudo(command, env) as pseudo:
        pseudo.pump(0.15)
        done = []
        for _ in range(dice.randint(5, 60)):
            if pseudo.ended():
                break
            if dice.random() < 0.12:
                size = dice.choice(WIDTHS), dice.choice(HEIGHTS)
                pseudo.resize(*size)
                done.append(size)
            else:
                keys = b"".join(dice.choices(KEYS, k=dice.choice([1, 1, 1, 3])))
                pseudo.send(keys)
                done.append(keys)
            pseudo.pump(dice.choice([0, 0, 0.01, 0.03]))
        if not pseudo.ended():
            pseudo.kill(signal.SIGTERM)
        status = pseudo.wait(60)
        what = f"seed {seed}: status {status}, last {done[-4:]}, {pseudo.out[-1500:]}"
        assert status is not None, f"hangs; {what}"
        assert status not in (-4, -6, -7, -8, -11), f"crashes; {what}"
        assert b"Sanitizer" not in pseudo.out, what
        assert pseudo.left_behind() == [], f"{pseudo.left_behind()}; {what}"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_toolkit(demo, home, seed):
    play([str(demo)], home, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_wizard(alone, home, seed):
    play([str(alone)], home, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY_SEEDS)
def test_the_wizard_for_longer(alone, home, seed):
    play([str(alone)], home, seed)
