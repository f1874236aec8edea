# SPDX-License-Identifier: MIT
"""A bare pseudo-terminal around a program: bytes in, bytes out, nobody who answers. For what a terminal emulator
hides: when the first byte came, how many, which modes stayed on, what happens when the terminal goes away.

Pseudo(command, env) starts it -> send(), read_until_quiet(), resize(), kill(), hang_up() -> finish() -> left_behind.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

MODES = (b"1", b"1000", b"1002", b"1003", b"1006", b"2004", b"2026")
SHOW = (b"\x1b[?25h", b"\x1b[?12;25h", b"\x1b[34h\x1b[?25h")


class Pseudo:
    def __init__(self, command, env, size=(80, 24)):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.out = b""
        self.status = None
        self.usage = None
        self.began = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            os.execve(command[0], [str(word) for word in command], env)

    def resize(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def send(self, data):
        os.write(self.master, data)

    def kill(self, number):
        os.kill(self.pid, number)

    def pump(self, seconds):
        """Reads what comes within `seconds`; true when something did."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.out += data
        return bool(data)

    def read_until_quiet(self, quiet=0.15, limit=30.0):
        """Until nothing came for `quiet` seconds: when the first and the last byte came, and how many did."""
        start, end = len(self.out), time.monotonic() + limit
        first = last = None
        while time.monotonic() < end and self.pump(quiet if first else limit):
            last = time.monotonic()
            first = first or last
        return first, last, len(self.out) - start

    def settle(self, quiet=0.15, limit=30.0):
        """Reads until nothing came for `quiet` seconds; true when that happened within `limit`."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self.pump(quiet):
                return True
        return False

    def read_until(self, pattern, seconds=60.0):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.out):
            assert time.monotonic() < end, f"not within {seconds} s: {pattern!r} in {self.out[-3000:]!r}"
            assert not self.ended(), f"it ended ({self.status}) before {pattern!r}: {self.out[-3000:]!r}"
            self.pump(0.05)

    def ended(self):
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self.usage = os.waitstatus_to_exitcode(status), usage
        return self.status is not None

    def wait(self, seconds=60.0):
        """Reads until it ends: the exit status, negative for a signal; None when it does not end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.ended():
            self.pump(0.01)
        while self.status is not None and self.pump(0.05):
            pass
        return self.status

    def hang_up(self):
        """The terminal goes away, as when a connection breaks; nobody sends SIGHUP but the kernel."""
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = None

    def left_behind(self):
        """What of the terminal is not as it was found; empty when all is."""
        found = []
        if self.out.rfind(b"?1049h") > self.out.rfind(b"?1049l"):
            found.append("alternate screen")
        if self.out.rfind(b"\x1b[?25l") > max(self.out.rfind(text) for text in SHOW):
            found.append("hidden cursor")
        found += [
            f"mode {mode.decode()}"
            for mode in MODES
            if self.out.rfind(b"\x1b[?" + mode + b"h") > self.out.rfind(b"\x1b[?" + mode + b"l")
        ]
        if termios.tcgetattr(self.slave)[:4] != self.before[:4]:
            found.append("termios")
        return found

    def close(self):
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for fd in (self.master, self.slave):
            if fd is not None:
                os.close(fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
