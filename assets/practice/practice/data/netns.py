# SPDX-License-Identifier: MIT
"""A network namespace for each task, and the way in and out of it.

Namespace(address, folder) starts a helper (ecs_inside.py) alone in a new network namespace whose lo carries the task's
address. connect() and listen() hand back real sockets that live inside: the helper makes them there and passes the
descriptor, so no byte is copied on the way in. On the way out Outlet accepts inside and connects outside, asking for
each connection where it may go. run() starts the container and wait() tells its exit code. close() ends all of it.

As root the helper is started by unshare(1); otherwise by bubblewrap in a user namespace. missing() says what lacks."""

import contextlib
import json
import os
import queue
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).with_name("ecs_inside.py")
START_DEADLINE_S = 20.0  # a helper normally answers within 50 ms
BUFFER = 1 << 16
# How long a change of rules or routes may go unnoticed
SHUT_LOOK_S = 0.2
OPEN_LOOK_S = 1.0


def mode() -> str:
    return "root" if os.geteuid() == 0 else "user"


def _start_command(control: int, address: str) -> list[str]:
    # The interpreter itself, not the venv's link: -S needs nothing of the venv
    python = os.path.realpath(sys.executable)
    inside = [python, "-I", "-S", str(INSIDE), str(control), mode(), address]
    if mode() == "root":
        return ["unshare", "--net", "--", *inside]
    return [
        "bwrap",
        "--unshare-user",
        "--unshare-net",
        "--cap-add",
        "CAP_NET_ADMIN",
        "--dev-bind",
        "/",
        "/",
        "--",
        *inside,
    ]


def missing() -> str | None:
    """What keeps tasks from running on this machine, in words for the user; None when nothing does."""
    tool = "unshare" if mode() == "root" else "bwrap"
    if not shutil.which(tool):
        package = "util-linux" if mode() == "root" else "bubblewrap"
        return f"running tasks needs the program {tool} (Debian package {package})"
    try:
        Namespace("10.0.0.1").close()
    except OSError as e:
        if mode() == "root":
            return f"running tasks as root needs the right to make namespaces (CAP_SYS_ADMIN): {e}"
        return f"running tasks as an ordinary user needs unprivileged user namespaces (bubblewrap): {e}"
    return None


def overlay_works(folder: Path) -> bool:
    """Whether an overlay can be mounted over this folder (not when it is itself on an overlay)."""
    if any(c in str(folder) for c in ":,\\"):
        return False
    probe = folder / "probe"
    for name in ("lower", "upper", "work", "root"):
        (probe / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={probe}/lower,upperdir={probe}/upper,workdir={probe}/work"
    command = ["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, str(probe / "root")]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    finally:
        shutil.rmtree(probe, ignore_errors=True)


def abilities(folder: Path) -> tuple[str | None, bool]:
    """What keeps tasks from running (None: nothing), and whether their roots can be overlays below folder."""
    trouble = missing()
    return trouble, trouble is None and mode() == "root" and overlay_works(folder)


class Namespace:
    """One network namespace with its helper. Thread-safe. Raises OSError when it cannot be made."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._next = 0
        self._answers: dict[int, queue.SimpleQueue[tuple[dict[str, Any], list[int]]]] = {}
        self._exit: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._closed = False
        self._control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inside:
            self._helper = subprocess.Popen(
                _start_command(inside.fileno(), address),
                pass_fds=[inside.fileno()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        threading.Thread(target=self._listen_to_helper, name=f"netns {address}", daemon=True).start()
        try:
            error = self._ready.get(timeout=START_DEADLINE_S)
        except queue.Empty:
            error = "the helper did not start"
        if error:
            self.close()
            raise OSError(error)

    def _listen_to_helper(self) -> None:
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._control, 1 << 20, 4)
            except OSError:
                data, fds = b"", []
            if not data:
                return self._helper_gone()
            message = json.loads(data)
            if message.get("event") == "ready":
                self._ready.put(message.get("error"))
            elif message.get("event") == "exit":
                self._exit.put(message["code"])
            else:
                with self._lock:
                    waiting = self._answers.pop(message["id"], None)
                if waiting:
                    waiting.put((message, fds))

    def _helper_gone(self) -> None:
        self._exit.put(None)
        with self._lock:
            self._closed = True
            waiting, self._answers = list(self._answers.values()), {}
        for one in waiting:
            one.put(({"error": "gone"}, []))
        said = b""
        assert self._helper.stderr
        with contextlib.suppress(OSError, ValueError), self._helper.stderr as errors:
            said = errors.read()
        self._ready.put(said.decode("utf-8", "replace").strip() or "the namespace is gone")

    def _ask(self, order: dict[str, Any], fds: tuple[int, ...] = ()) -> tuple[dict[str, Any], list[int]]:
        answer: queue.SimpleQueue[tuple[dict[str, Any], list[int]]] = queue.SimpleQueue()
        with self._lock:
            if self._closed:
                return {"error": "gone"}, []
            self._next += 1
            self._answers[self._next] = answer
            try:
                socket.send_fds(self._control, [json.dumps({**order, "id": self._next}).encode()], list(fds))
            except OSError:
                return {"error": "gone"}, []
        return answer.get()

    def listen(self, host: str, port: int) -> socket.socket:
        """A listening socket inside the namespace."""
        answer, fds = self._ask({"op": "listen", "host": host, "port": port})
        if not fds:
            raise OSError(answer.get("error", "no socket"))
        return socket.socket(fileno=fds[0])

    def connect(self, port: int, timeout: float, host: str | None = None) -> socket.socket:
        """A socket connected inside the namespace to the task's port. ConnectionRefusedError or TimeoutError."""
        order = {"op": "connect", "host": host or self.address, "port": port, "timeout": timeout}
        answer, fds = self._ask(order)
        if fds:
            connected = socket.socket(fileno=fds[0])
            connected.setblocking(True)
            return connected
        if answer.get("error") == "refused":
            raise ConnectionRefusedError(f"{self.address}:{port} refused the connection")
        raise TimeoutError(f"{self.address}:{port} does not answer ({answer.get('error')})")

    def run(self, spec: dict[str, Any], stdout: int, stderr: int) -> int:
        """Starts the container; returns its pid. OSError with the reason when its program cannot be started."""
        answer, _ = self._ask({**spec, "op": "spawn"}, (stdout, stderr))
        if "pid" not in answer:
            raise OSError(answer.get("error") or "cannot start")
        return int(answer["pid"])

    def signal(self, number: int) -> None:
        self._ask({"op": "signal", "signal": number})

    def wait(self, timeout: float | None = None) -> int | None:
        """The container's exit code, None when the namespace was closed under it. queue.Empty after the timeout."""
        code = self._exit.get(timeout=timeout) if timeout is not None else self._exit.get()
        self._exit.put(code)  # everybody who asks gets the same answer
        return code

    def close(self) -> None:
        """Kills what runs inside and waits until it is gone. May be called again."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._helper.wait(5)
        except subprocess.TimeoutExpired:
            self._helper.kill()
            self._helper.wait()
        with contextlib.suppress(OSError):
            self._control.close()
        # What reads its last words closes them: close() would wait for a reader that waits for an orphan of the helper.


Decide = Callable[[], tuple[str, tuple[str, int] | None]]


class Outlet:
    """One destination a task may talk to: accepts inside the namespace, connects outside.

    decide() answers ("ok", (host, port)), ("timeout", None) for a packet that gets lost on the way (what a missing
    route or rule looks like) or ("refused", None). It is asked for every connection, and again and again in between:
    while packets get lost, the listener's queue is kept full with a connection of our own, so that the kernel drops
    those of the task. They are not even accepted, and pass by themselves once the way is open."""

    def __init__(self, namespace: Namespace, host: str, port: int, decide: Decide) -> None:
        self._namespace, self._host, self._port, self._decide = namespace, host, port, decide
        self._held: set[socket.socket] = set()
        self._plug: socket.socket | None = None
        self._closed = threading.Event()
        self._listener = namespace.listen(host, port)
        if self._decide()[0] == "timeout":
            self._shut()
        threading.Thread(target=self._run, name=f"outlet {host}:{port}", daemon=True).start()

    def _run(self) -> None:
        while not self._closed.is_set():
            if self._decide()[0] == "timeout":
                self._shut()
                self._closed.wait(SHUT_LOOK_S)
                continue
            try:
                self._open()
                if select.select([self._listener], [], [], OPEN_LOOK_S)[0]:
                    self._accept()
            except (OSError, ValueError):
                if self._closed.is_set():
                    return
                raise

    def _shut(self) -> None:
        if self._plug:
            return
        with contextlib.suppress(OSError):
            self._listener.listen(0)  # full with one connection
            self._plug = self._namespace.connect(self._port, 1, host=self._host)

    def _open(self) -> None:
        if not self._plug:
            return
        mine = self._plug.getsockname()
        while self._accept() != mine:
            pass
        self._plug.close()
        self._plug = None
        self._listener.listen(64)

    def _accept(self) -> Any:
        inside, peer = self._listener.accept()
        if self._plug and peer == self._plug.getsockname():
            inside.close()
            return peer
        self._held.add(inside)
        threading.Thread(target=self._serve, args=(inside,), daemon=True).start()
        return peer

    def _serve(self, inside: socket.socket) -> None:
        verdict, address = self._decide()
        if verdict == "timeout":
            return  # the way closed this moment: stays open and silent until the task or this outlet ends
        try:
            outside = socket.create_connection(address, 10) if verdict == "ok" and address else None
        except OSError:
            outside = None
        if outside is None:
            reset(inside)
        else:
            outside.settimeout(None)
            self._held.add(outside)
            pump(inside, outside)
            self._held.discard(outside)
        self._held.discard(inside)

    def close(self) -> None:
        self._closed.set()
        for one in filter(None, (self._listener, self._plug, *list(self._held))):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def reset(connection: socket.socket) -> None:
    """Closes with RST, as a port where nobody listens."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pump(left: socket.socket, right: socket.socket) -> None:
    """Copies both ways until both sides are done, then closes both."""
    back = threading.Thread(target=_copy, args=(right, left), daemon=True)
    back.start()
    _copy(left, right)
    back.join()
    left.close()
    right.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(BUFFER):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
