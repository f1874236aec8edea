# SPDX-License-Identifier: MIT
"""Runs inside a task's network namespace, as the parent of its container. Standard library only: it is started as
a script (`python -I -S ecs_inside.py FD MODE ADDRESS`), never imported by the practice cloud.

It talks to netns.Namespace over a SEQPACKET socket, one JSON object a message, file descriptors beside it:
  {"id", "op": "listen", "host", "port"}               -> {"id"} + a listening socket of this namespace
  {"id", "op": "connect", "host", "port", "timeout"}   -> {"id"} + a connected socket of this namespace
  {"id", "op": "spawn", ...} + stdout and stderr       -> {"id", "pid"}, and later {"event": "exit", "code"}
  {"id", "op": "signal", "signal"}                     -> {"id"}
A failure answers {"id", "error"}. When the other end closes, the container is killed and this process ends: nothing
of a task outlives the practice cloud, however that one dies.

MODE "root": chroot in own mount, pid, ipc and uts namespaces, overlay as root directory, setuid to the image's user.
MODE "user": the same by a nested bubblewrap, the root directory being a copy that belongs to the caller."""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID = 0x20000, 0x4000000, 0x8000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
PR_SET_PDEATHSIG = 1
SIOCSIFADDR, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFNETMASK, IFF_UP = 0x8916, 0x8913, 0x8914, 0x891C, 1
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    def raw(text: str | None) -> bytes | None:
        return None if text is None else os.fsencode(text)

    check(
        libc.mount(raw(source), raw(target), raw(kind), ctypes.c_ulong(flags), raw(data)), f"mount {target}"
    )


def interface_up(address: str) -> None:
    """lo up, and the task's own address on it, so that a server bound to 127.0.0.1 is refused as on AWS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = struct.unpack("16sh", fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))[:18])[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
            fcntl.ioctl(
                s, request, struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton(value))
            )


def drop_capabilities() -> None:
    """The address needed one; bubblewrap refuses to run with any it did not expect."""
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    libc.prctl(47, 4, 0, 0, 0)  # PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL
    check(libc.capset(header, struct.pack("6I", 0, 0, 0, 0, 0, 0)), "capset")


# ---- the container, root mode


def populate_dev(root: str) -> None:
    dev = root + "/dev"
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=755,size=64k")
    for name in DEVICES:
        open(f"{dev}/{name}", "w").close()
        mount(f"/dev/{name}", f"{dev}/{name}", None, MS_BIND)
    os.mkdir(dev + "/shm", 0o1777)
    mount("tmpfs", dev + "/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{dev}/{name}")


def enter_root(spec: dict) -> None:
    """Builds the container's view of files and moves into it. Everything is mounted in this process's own mount
    namespace, so nothing needs unmounting: it goes when the last process of the container goes."""
    root = spec["root"]
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    if spec.get("lower"):
        mount(
            "overlay",
            root,
            "overlay",
            0,
            f"lowerdir={spec['lower']},upperdir={spec['upper']},workdir={spec['work']}",
        )
    else:
        mount(root, root, None, MS_BIND)
    os.umask(0o022)
    for name in ("proc", "dev", "etc"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    os.makedirs(root + spec["cwd"], exist_ok=True)
    for name, source in spec["binds"].items():
        if not os.path.lexists(root + name):
            open(root + name, "w").close()
        mount(source, root + name, None, MS_BIND)
    populate_dev(root)
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    if spec.get("readonly"):
        mount(None, root, None, MS_REMOUNT | MS_RDONLY | (0 if spec.get("lower") else MS_BIND))
    os.chroot(root)
    os.chdir(spec["cwd"])


def find_program(name: str, path: str) -> str:
    if "/" in name:
        return name
    for folder in path.split(":"):
        if os.access(f"{folder or '.'}/{name}", os.X_OK):
            return f"{folder or '.'}/{name}"
    raise FileNotFoundError(errno.ENOENT, f'exec: "{name}": executable file not found in $PATH')


def become_program(spec: dict) -> None:
    """Last step: give up root and become the container's program. Returns only by an exception."""
    os.setgroups(spec["groups"])
    os.setgid(spec["gid"])
    os.setuid(spec["uid"])
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    program = find_program(spec["argv"][0], spec["env"].get("PATH", "/usr/local/bin:/usr/bin:/bin"))
    try:
        os.execve(program, spec["argv"], spec["env"])
    except OSError as e:
        if e.errno == errno.ENOEXEC:  # runc's text and exit code for a foreign architecture
            os.write(2, f"exec {program}: exec format error\n".encode())
            os._exit(255)
        raise OSError(e.errno, f'exec: "{spec["argv"][0]}": {os.strerror(e.errno or 0).lower()}') from None


def be_init(child: int) -> int:
    """What docker's --init does: pass signals on, reap everybody, end as the child ends."""

    def forward(number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    while True:
        pid, status = os.wait()
        if pid == child:
            return exit_code(status)


def exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def reason(e: BaseException) -> bytes:
    return str(e.strerror if isinstance(e, OSError) and e.strerror else e or type(e).__name__).encode()


def first_process(spec: dict, report: int) -> None:
    """PID 1 of the container. `report` carries the reason when the program could not be started."""
    try:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        check(libc.sethostname(spec["hostname"].encode(), len(spec["hostname"])), "sethostname")
        enter_root(spec)
        if spec.get("init"):
            child = os.fork()
            if child:
                os.close(report)
                os._exit(be_init(child))
        become_program(spec)
    except BaseException as e:
        os.write(report, reason(e))
    os._exit(127)


def spawn_root(spec: dict, report: int, helper: int) -> None:
    """The child between the helper and PID 1: unshares, forks PID 1 and tells its end on as its own."""
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS), "unshare")
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != helper:
        os._exit(127)  # it has ended before that was set
    # Before the program runs: the first that is heard of it may be answered with a signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _f: os.kill(pid, n))
    pid = os.fork()
    if pid == 0:
        first_process(spec, report)
    os.close(report)
    os._exit(exit_code(os.waitpid(pid, 0)[1]))


# ---- the container, ordinary user


def spawn_user(spec: dict, report: int, helper: int) -> None:
    root, info = spec["root"], spec["info"]
    program = spec["argv"][0]
    folders = [""] if "/" in program else spec["env"].get("PATH", "/bin").split(":")
    if not any(os.path.lexists(f"{root}/{folder}/{program}") for folder in folders):
        raise FileNotFoundError(errno.ENOENT, f'exec: "{program}": executable file not found in $PATH')
    os.makedirs(root + spec["cwd"], exist_ok=True)
    argv = [
        "bwrap",
        "--ro-bind" if spec.get("readonly") else "--bind",
        root,
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    for name, source in spec["binds"].items():
        if not os.path.lexists(root + name):
            os.makedirs(os.path.dirname(root + name), exist_ok=True)
            open(root + name, "w").close()
        argv += ["--ro-bind", source, name]
    argv += [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--hostname",
        spec["hostname"],
        "--uid",
        str(spec["uid"]),
        "--gid",
        str(spec["gid"]),
        "--die-with-parent",
        "--clearenv",
        "--chdir",
        spec["cwd"],
        "--info-fd",
        str(info),
    ]
    argv += [] if spec.get("init") else ["--as-pid-1"]
    for name, value in spec["env"].items():
        argv += ["--setenv", name, value]
    os.set_inheritable(info, True)
    os.execvp("bwrap", [*argv, "--", *spec["argv"]])


# ---- the helper


class Helper:
    def __init__(self, control: socket.socket, mode: str) -> None:
        self.control, self.mode = control, mode
        self.select = selectors.DefaultSelector()
        self.select.register(control, selectors.EVENT_READ, ("control",))
        self.child = 0
        self.target = 0  # who gets SIGTERM: the child, or bubblewrap's child in user mode
        self.pending: dict[socket.socket, tuple[int, float]] = {}

    def send(self, message: dict, fds: tuple[int, ...] = ()) -> None:
        try:
            socket.send_fds(self.control, [json.dumps(message).encode()], list(fds))
        except OSError:
            self.end()

    def end(self) -> None:
        if self.child:
            self.kill(signal.SIGKILL)
        os._exit(0)

    def kill(self, number: int) -> None:
        for pid in ({self.target, self.child} if number == signal.SIGKILL else {self.target}) - {0}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def listen(self, order: dict) -> None:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((order["host"], order["port"]))
        s.listen(64)
        self.send({"id": order["id"]}, (s.fileno(),))
        s.close()

    def connect(self, order: dict) -> None:
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((order["host"], order["port"]))
        self.pending[s] = (order["id"], time.monotonic() + order["timeout"])
        self.select.register(s, selectors.EVENT_WRITE, ("connect", s))

    def connected(self, s: socket.socket, error: str | None) -> None:
        ident, _ = self.pending.pop(s)
        self.select.unregister(s)
        if error:
            self.send({"id": ident, "error": error})
        else:
            self.send({"id": ident}, (s.fileno(),))
        s.close()

    def spawn(self, order: dict, fds: list[int]) -> None:
        report_read, report = os.pipe()
        info_read, order["info"] = os.pipe()
        helper = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
                os.dup2(fds[0], 1)
                os.dup2(fds[1], 2)
                close_others({report, order["info"]})
                (spawn_root if self.mode == "root" else spawn_user)(order, report, helper)
            except BaseException as e:
                os.write(report, reason(e))
            os._exit(127)
        for fd in (report, order["info"], *fds):
            os.close(fd)
        error = read_all(report_read)
        os.close(report_read)
        self.child = self.target = pid
        if not error and self.mode == "user":
            self.target = self.find_target(read_all(info_read))
        os.close(info_read)
        self.select.register(os.pidfd_open(pid), selectors.EVENT_READ, ("exit",))
        self.send({"id": order["id"], "error": error} if error else {"id": order["id"], "pid": self.target})

    def find_target(self, info: str) -> int:
        """bubblewrap names its child; with its own init the program is the child of that one."""
        try:
            pid = json.loads(info)["child-pid"]
        except (ValueError, KeyError):
            return self.child
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            try:
                with open(f"/proc/{pid}/task/{pid}/children") as f:
                    inner = f.read().split()
                with open(f"/proc/{pid}/comm") as f:
                    if inner or f.read().strip() != "bwrap":
                        return int(inner[0]) if inner else pid
            except OSError:
                return pid
            time.sleep(0.002)
        return pid

    def control_readable(self) -> None:
        data, fds, _, _ = socket.recv_fds(self.control, 1 << 20, 4)
        if not data:
            self.end()
        order = json.loads(data)
        try:
            if order["op"] == "spawn":
                self.spawn(order, fds)
            elif order["op"] == "signal":
                self.kill(order["signal"])
                self.send({"id": order["id"]})
            else:
                {"listen": self.listen, "connect": self.connect}[order["op"]](order)
        except OSError as e:
            self.send({"id": order["id"], "error": str(e)})

    def loop(self) -> None:
        while True:
            nearest = min((deadline for _, deadline in self.pending.values()), default=None)
            wait = None if nearest is None else max(0.0, nearest - time.monotonic())
            for key, _ in self.select.select(wait):
                if key.data[0] == "control":
                    self.control_readable()
                elif key.data[0] == "exit":
                    self.select.unregister(key.fileobj)
                    self.send({"event": "exit", "code": exit_code(os.waitpid(self.child, 0)[1])})
                    self.child = self.target = 0
                elif key.data[1] in self.pending:
                    number = key.data[1].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    refused = number in (errno.ECONNREFUSED, errno.ECONNRESET)
                    self.connected(key.data[1], None if not number else "refused" if refused else "timeout")
            for s, (_, deadline) in list(self.pending.items()):
                if time.monotonic() >= deadline:
                    self.connected(s, "timeout")


def read_all(fd: int) -> str:
    chunks = []
    while chunk := os.read(fd, 65536):
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


def close_others(keep: set[int]) -> None:
    """The container gets 0, 1 and 2 and nothing else of the helper's."""
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd > 2 and fd not in keep:
            with contextlib.suppress(OSError):
                os.close(fd)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    helper = Helper(control, sys.argv[2])
    try:
        interface_up(sys.argv[3])
        if helper.mode == "user":
            drop_capabilities()
    except OSError as e:
        helper.send({"event": "ready", "error": str(e)})
        return
    helper.send({"event": "ready"})
    helper.loop()


if __name__ == "__main__":
    main()
