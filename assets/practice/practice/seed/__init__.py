# SPDX-License-Identifier: MIT
"""The sample world: accounts with keys and profiles, networks to choose from, a database in one of them.

Order: cloud.py calls seed(cloud) once, after the parts have started and before anyone may connect. It writes
straight into moto's state, so that it is quick and nothing of it counts as traffic. Ids are the same on every
start (assets/practice/setup.json names some); what is made later gets new ones.
"""

import logging
import time
from typing import Any

from practice import emulator
from practice.seed import accounts, networks, profiles

log = logging.getLogger("practice.seed")

# Any number: it only makes the sample's ids the same on every start.
SEED = 20261123


def seed(cloud: Any) -> None:
    from moto.moto_api._internal import mock_random

    started, cpu = time.monotonic(), time.thread_time()
    with emulator.lock:
        state = mock_random.getstate()
        mock_random.seed(SEED)
        try:
            accounts.seed(cloud)
            cloud.sample = networks.seed()
            accounts.seed_engineer(cloud)
        finally:
            mock_random.setstate(state)
    profiles.write(cloud)
    cloud.seed_seconds = time.thread_time() - cpu
    log.info("sample world ready in %.2f s", time.monotonic() - started)
