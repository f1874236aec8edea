# SPDX-License-Identifier: MIT
"""What a suite has tried and what ended wrong: counted while it runs, printed when the session ends.

Order: tally = Tally("kill points of apply"), point() for each try, wrong() for each that ended wrong, finish() at the
end of the test, which fails it when anything was wrong.
"""

import contextlib
import traceback

tallies = []


class Tally:
    def __init__(self, what):
        self.what, self.tried, self.bad = what, 0, []
        tallies.append(self)

    def point(self, count=1):
        self.tried += count

    def wrong(self, point, why):
        self.bad.append(f"{point}: {why}")
        print(f"{self.what}: wrong at {self.bad[-1]}", flush=True)

    @contextlib.contextmanager
    def judging(self, point):
        """One try: what is raised inside is one that ended wrong, and the next one goes on."""
        self.point()
        try:
            yield
        except (AssertionError, OSError, ValueError, KeyError) as error:
            self.wrong(point, f"{error}\n{traceback.format_exc(limit=-3)}")

    def finish(self, least=1):
        """Fails when something ended wrong, or when fewer than `least` were tried, which proves nothing."""
        assert not self.bad, f"{self}\n" + "\n".join(self.bad)
        assert self.tried >= least, f"{self.what}: {self.tried} tried, {least} expected"

    def __str__(self):
        return f"{self.what}: {self.tried} tried, {len(self.bad)} ended wrong"
