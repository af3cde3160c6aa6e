"""The zygote: forked from the judge before it holds any secret, it forks one confined worker per request.

torch is imported, one thread runs, no tensor work has been done here: a child may then compute without inheriting the
locks of a thread pool that did not survive the fork (JUDGE 6.3). Linux only.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from typing import Any, NoReturn

from leveling.arena import frames, worker
from leveling.arena.confine import Policy, confine

MAX_REQUEST = 1 << 16
PR_SET_PDEATHSIG = 1
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "OMP_NUM_THREADS", "TRITON_INTERPRET")


def serve(control: socket.socket) -> NoReturn:
    """Fork workers on request until the judge goes away, then end with every child."""
    die_with_parent()
    children: dict[int, int] = {}  # pidfd -> pid
    poll = select.poll()
    poll.register(control.fileno(), select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == control.fileno():
                if not _answer(control, children, poll):
                    _end(children)
            else:
                _bury(control, fd, children, poll)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that made it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _answer(control: socket.socket, children: dict[int, int], poll: select.poll) -> bool:
    data, fds, _, _ = socket.recv_fds(control, MAX_REQUEST, 8)
    if not data:
        return False
    request = json.loads(data)
    for name in request.get("preload", ()):
        with contextlib.suppress(ImportError):  # the quest is sealed without it; the front has said so
            importlib.import_module(name)
    if request["do"] == "preload":
        control.send(json.dumps({"preloaded": True}).encode())
        return True
    gc.freeze()  # the children's collector must not touch, and so copy, what they share
    pid = os.fork()
    if pid == 0:
        _become_worker(request, fds)
    for fd in fds:
        os.close(fd)
    pidfd = os.pidfd_open(pid)
    children[pidfd] = pid
    poll.register(pidfd, select.POLLIN)
    socket.send_fds(control, [json.dumps({"forked": pid}).encode()], [pidfd])
    return True


def _bury(control: socket.socket, pidfd: int, children: dict[int, int], poll: select.poll) -> None:
    pid = children.pop(pidfd)
    _, status = os.waitpid(pid, 0)
    poll.unregister(pidfd)
    os.close(pidfd)
    with contextlib.suppress(OSError):
        control.send(json.dumps({"ended": pid, "status": status}).encode())


def _end(children: dict[int, int]) -> NoReturn:
    for pid in children.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _become_worker(request: dict[str, Any], fds: list[int]) -> NoReturn:
    """In the child: cut every tie to the judge but three descriptors, confine, and serve."""
    try:
        os.setsid()
        die_with_parent()
        channel, exchange, output = _arrange(fds)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_IGN if number != signal.SIGTERM else signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.chdir(request["folder"])
        tempfile.tempdir = request["folder"]  # libraries that only ask where to put files must not fail at import
        _clear_environment(request)
        if request.get("lean_memory"):
            tune_allocator()
        sys.argv = [""]
        layers = confine(Policy(**{key: _tuples(value) for key, value in request["policy"].items()}))
        os.write(channel, frames.frame({"ready": list(layers)}))
        worker.run(channel, channel, exchange)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            text = f"the arena could not be set up: {type(error).__name__}: {error}"
            os.write(channel, frames.frame({"broken": text}))
    finally:
        os._exit(0)


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _arrange(fds: list[int]) -> tuple[int, int, int]:
    """Move the three descriptors above the standard ones and close everything else, the control socket included."""
    high = [os.dup2(fd, 100 + index, inheritable=False) for index, fd in enumerate(fds[:3])]
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.closerange(3, 100)
    os.closerange(103, 65536)
    return high[0], high[1], high[2]


def _clear_environment(request: dict[str, Any]) -> None:
    """Leave only what libraries need: no marker says that a judge is watching."""
    for name in list(os.environ):
        if name not in KEPT_VARIABLES:
            del os.environ[name]
    os.environ.update(request.get("environment", {}))


def tune_allocator() -> None:
    """Give large blocks back to the system at once, so that address space follows live memory (JUDGE 3)."""
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, 64 << 10)
    libc.mallopt(M_TRIM_THRESHOLD, 0)
    libc.mallopt(M_ARENA_MAX, 1)
