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
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from leveling.arena import frames, worker
from leveling.arena.confine import prepare
from leveling.arena.settling import die_with_parent, policy_of, settle

MAX_REQUEST = 1 << 16
SPARES = 2  # an attempt begins with two workers: the learner's and the reference's
SETTLE_MILLISECONDS = 5  # between the end of an attempt's last worker and the first fork ahead of the next attempt
_HANDED_OVER = 98  # where a spare keeps the end at which its request will arrive


@dataclass(slots=True)
class _Spare:
    """A child that was forked ahead of its request and has done nothing yet but wait for it."""

    pid: int
    pidfd: int
    control: socket.socket


def serve(control: socket.socket) -> NoReturn:
    """Fork workers on request until the judge goes away, then end with every child."""
    die_with_parent()
    Zygote(control).serve()


class Zygote:
    """Forks workers; in idle moments it forks a few ahead, so that an attempt does not wait for it (5 ms each)."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, int] = {}  # pidfd -> pid
        self.spares: list[_Spare] = []
        self.poll = select.poll()
        self.poll.register(control.fileno(), select.POLLIN)
        self.used = False  # a judge that only tells facts needs no spares

    def serve(self) -> NoReturn:
        """Answer until the judge goes away."""
        while True:
            # never beside an attempt: a fork would take a core away from what is being measured
            idle = self.used and not self.children and len(self.spares) < SPARES
            ready = self.poll.poll(SETTLE_MILLISECONDS if idle else None)
            if not ready:
                self._fork_ahead()
            for fd, _ in ready:
                if fd == self.control.fileno():
                    if not self._answer():
                        self._end()
                else:
                    self._bury(fd)

    def _answer(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self.control, MAX_REQUEST, 8)
        if not data:
            return False
        request = json.loads(data)
        self._import(request.get("preload", ()))
        if request["do"] == "preload":
            return True
        with contextlib.suppress(OSError):  # the child meets the same trouble and can tell the judge
            prepare(policy_of(request))
        self.used = True
        pid, pidfd = self._hand_over(data, fds) or self._fork(request, fds)
        for fd in fds:
            os.close(fd)
        self.children[pidfd] = pid
        self.poll.register(pidfd, select.POLLIN)
        socket.send_fds(self.control, [json.dumps({"forked": pid}).encode()], [pidfd])
        return True

    def _import(self, names: Iterable[str]) -> None:
        before = len(sys.modules)
        for name in names:
            with contextlib.suppress(ImportError):  # the quest is sealed without it; the front has said so
                importlib.import_module(name)
        if len(sys.modules) != before:
            self._dismiss_spares()  # they would lack what was just imported

    def _fork(self, request: dict[str, Any], fds: list[int]) -> tuple[int, int]:
        gc.freeze()  # the children's collector must not touch, and so copy, what they share
        pid = os.fork()
        if pid == 0:
            _become_worker(request, fds)
        return pid, os.pidfd_open(pid)

    # ---- spares

    def _fork_ahead(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            _wait_for_request(theirs)
        theirs.close()
        self.spares.append(_Spare(pid, os.pidfd_open(pid), ours))

    def _hand_over(self, data: bytes, fds: list[int]) -> tuple[int, int] | None:
        """Give the request to a spare; None where none is left alive."""
        while self.spares:
            spare = self.spares.pop(0)
            try:
                socket.send_fds(spare.control, [data], fds)
            except OSError:
                self._dismiss(spare)
                continue
            spare.control.close()
            return spare.pid, spare.pidfd
        return None

    def _dismiss_spares(self) -> None:
        while self.spares:
            self._dismiss(self.spares.pop())

    def _dismiss(self, spare: _Spare) -> None:
        spare.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(spare.pid, signal.SIGKILL)
        os.waitpid(spare.pid, 0)
        os.close(spare.pidfd)

    # ---- ends

    def _bury(self, pidfd: int) -> None:
        pid = self.children.pop(pidfd)
        _, status = os.waitpid(pid, 0)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        with contextlib.suppress(OSError):
            self.control.send(json.dumps({"ended": pid, "status": status}).encode())

    def _end(self) -> NoReturn:
        for pid in (*self.children.values(), *(spare.pid for spare in self.spares)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os._exit(0)


def _wait_for_request(control: socket.socket) -> NoReturn:
    """In a spare: hold nothing but the one descriptor, and become the worker that the first message asks for."""
    try:
        die_with_parent()
        os.dup2(control.fileno(), _HANDED_OVER, inheritable=False)
        os.closerange(3, _HANDED_OVER)
        os.closerange(_HANDED_OVER + 1, 65536)
        with socket.socket(fileno=_HANDED_OVER) as own:
            data, fds, _, _ = socket.recv_fds(own, MAX_REQUEST, 8)
        if data:
            _become_worker(json.loads(data), fds)
    finally:
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
