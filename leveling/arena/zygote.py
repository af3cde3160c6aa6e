"""The zygote: forked from the judge before it holds any secret, it forks one confined worker per request.

torch is imported, one thread runs, no tensor work has been done here: a child may then compute without inheriting the
locks of a thread pool that did not survive the fork (JUDGE 6.3). Linux only.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
from typing import Any, NoReturn

from leveling.arena import frames, worker
from leveling.arena.confine import prepare
from leveling.arena.settling import die_with_parent, policy_of, settle

MAX_REQUEST = 1 << 16


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


def _answer(control: socket.socket, children: dict[int, int], poll: select.poll) -> bool:
    data, fds, _, _ = socket.recv_fds(control, MAX_REQUEST, 8)
    if not data:
        return False
    request = json.loads(data)
    for name in request.get("preload", ()):
        with contextlib.suppress(ImportError):  # the quest is sealed without it; the front has said so
            importlib.import_module(name)
    if request["do"] == "preload":
        return True
    with contextlib.suppress(OSError):  # the child meets the same trouble and can tell the judge
        prepare(policy_of(request))
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
    channel = -1
    try:
        os.setsid()
        die_with_parent()
        channel, exchange, output = _arrange(fds)
        settle(request, channel, output)
        worker.run(channel, exchange)
    except BaseException as error:
        with contextlib.suppress(BaseException):
            text = f"the arena could not be set up: {type(error).__name__}: {error}"
            frames.write_all(channel, frames.frame({"broken": text}))
    finally:
        os._exit(0)


def _arrange(fds: list[int]) -> tuple[int, int, int]:
    """Move the three descriptors above the standard ones and close everything else, the control socket included."""
    high = [os.dup2(fd, 100 + index, inheritable=False) for index, fd in enumerate(fds[:3])]
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.closerange(3, 100)
    os.closerange(103, 65536)
    return high[0], high[1], high[2]
