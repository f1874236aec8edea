# SPDX-License-Identifier: MIT
"""The rules of the practice cloud that test_planted_calls.py does not break, although the program makes such calls.

Each says why; most belong to members that the program never sends, and have their own tests in tests/practice.
"""

UNBROKEN = {}
