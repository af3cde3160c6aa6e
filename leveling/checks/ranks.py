"""Real ranks inside the arena: a gloo process group over the loopback, met through a file in the scratch folder.

On Linux the ranks of one scratch folder speak over loopback addresses of their own, and each marks its connections with
its rank, so that the judge can read from the kernel what each of them sent (`leveling.judge.loopback`).
"""

import contextlib
import datetime as dt
import ipaddress
import os
import socket
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RENDEZVOUS_SECONDS = 20
MARK_SHIFT = 2  # the two low bits of the field belong to congestion control
MOST_RANKS = 62
MOST_DESCRIPTORS = 1024

_kept: list[Any] = []


def network(folder: Path) -> str:
    """The first three numbers of the loopback addresses that the ranks of a scratch folder use, such as 127.31.7."""
    number = zlib.crc32(os.fsencode(folder.resolve()))
    return f"127.{1 + number % 254}.{(number >> 8) & 255}"


def mark(rank: int) -> int:
    """The type-of-service byte by which the connections of `rank` are known."""
    return (rank + 1) << MARK_SHIFT


@contextlib.contextmanager
def process_group(
    rank: int, world: int, backend: str = "gloo", name: str = "rendezvous", *, keep: bool = True
) -> Iterator[None]:
    """Join the ranks of this call for the duration of the body. The working folder is the ranks' common scratch.

    With `keep` the connections stay open until this process ends or joins again, since a closed one has no counters to
    read; a probe that forks between two meetings does without.
    """
    import torch.distributed as dist

    _kept.clear()
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    with _own_addresses(rank) if sys.platform == "linux" else contextlib.nullcontext():
        dist.init_process_group(
            backend,
            init_method=f"file://{Path(name).absolute()}",
            rank=rank,
            world_size=world,
            timeout=dt.timedelta(seconds=RENDEZVOUS_SECONDS),
        )
        _mark_connections(rank)
        try:
            yield
        finally:
            if keep:
                _kept.append(dist.group.WORLD)
            dist.destroy_process_group()


@contextlib.contextmanager
def _own_addresses(rank: int) -> Iterator[None]:
    """Have gloo listen on this rank's own loopback address. torch offers no option for it below the C++ class."""
    import torch.distributed.distributed_c10d as c10d

    address = f"{network(Path.cwd())}.{rank + 1}"
    usual = c10d.ProcessGroupGloo

    class OnOwnAddress(usual):  # type: ignore[misc,valid-type]  # a class known only at run time
        def __init__(self, store: Any, rank: int, size: int, timeout: dt.timedelta) -> None:
            options: Any = getattr(usual, "_Options")()  # noqa: B009 - torch's type stubs do not list it
            options._devices = [usual.create_device(hostname=address)]  # noqa: SLF001 - the one door to the address
            options._timeout = timeout  # noqa: SLF001 - as above
            super().__init__(store, rank, size, options)

    c10d.ProcessGroupGloo = OnOwnAddress  # type: ignore[misc]  # put back below
    try:
        yield
    finally:
        c10d.ProcessGroupGloo = usual  # type: ignore[misc]


def _mark_connections(rank: int) -> None:
    """Mark every TCP connection that this process has on its ranks' network."""
    if sys.platform != "linux" or rank >= MOST_RANKS:
        return
    own = ipaddress.ip_network(f"{network(Path.cwd())}.0/24")
    for fd in range(3, min(MOST_DESCRIPTORS, os.sysconf("SC_OPEN_MAX"))):  # a forked rank may not list /proc/self/fd
        with contextlib.suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            connection = socket.socket(fileno=os.dup(fd))
            with connection:
                if connection.family != socket.AF_INET:
                    continue
                ends = (connection.getsockname()[0], connection.getpeername()[0])
                if any(ipaddress.ip_address(end) in own for end in ends):
                    connection.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, mark(rank))
