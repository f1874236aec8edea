# SPDX-License-Identifier: MIT
"""Other people's tools against the practice cloud: the cloud of tests/practice, and the environment that it exports."""

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("practice_conftest", ROOT / "tests/practice/conftest.py")
_practice = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_practice)
cloud = _practice.cloud  # the fixture: one cloud for the session, at time scale 0


@pytest.fixture(scope="session")
def environment(cloud):
    """What a person would have after sourcing the cloud's env file, and nothing of AWS besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **cloud.exports, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
