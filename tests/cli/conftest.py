# SPDX-License-Identifier: MIT
import pathlib

import pytest
from program import Program, find_binary


@pytest.fixture
def program(tmp_path: pathlib.Path) -> Program:
    return Program(find_binary(), tmp_path)
