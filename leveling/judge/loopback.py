"""How many bytes each rank sent: the kernel's own counters of its TCP connections, asked for from outside. Linux only.

The kernel lists all TCP connections with their counters to anyone who asks (sock_diag). Which connection is whose, the
address and a mark tell (`leveling.checks.ranks`); a connection on that network without a mark counts for every rank.
What travels another way (a file, an address of another network) is not seen here: a quest that counts forbids those.
"""

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leveling.checks.ranks import mark, network

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY, _DONE, _ERROR = 20, 3, 2
_REQUEST_DUMP = 0x301
_INFO, _TOS = 2, 5  # INET_DIAG_INFO, INET_DIAG_TOS
_CONNECTED = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 8  # established, both halves of closing, close-wait
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_MESSAGE_SIZE = 72  # struct inet_diag_msg; attributes follow
_BYTES_SENT = struct.Struct("=QQ")  # tcpi_bytes_sent, tcpi_bytes_retrans (Linux 4.19)
_BYTES_SENT_AT = 200


class Unobservable(Exception):
    """This system does not tell what was sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One end of a TCP connection: its addresses, its type-of-service byte, the bytes it has sent (without repeats)."""

    source: str
    target: str
    mark: int
    sent: int


def sent_by_rank(folder: Path, world: int) -> list[int]:
    """Bytes that each of the ranks that meet in `folder` has sent over its open connections.

    Raises:
        Unobservable: where the kernel does not tell.
    """
    own = ipaddress.ip_network(f"{network(folder)}.0/24")
    marks = {mark(rank): rank for rank in range(world)}
    sent = [0] * world
    for each in connections():
        if not any(ipaddress.ip_address(end) in own for end in (each.source, each.target)):
            continue
        for rank in (marks[each.mark],) if each.mark in marks else range(world):
            sent[rank] += each.sent
    return sent


def connections() -> Iterator[Connection]:
    """Every open TCP connection over IPv4 of this network namespace.

    Raises:
        Unobservable: where the kernel does not tell.
    """
    if sys.platform != "linux":
        raise Unobservable("the bytes on the wire can be read on Linux only")
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as asked:
            asked.settimeout(5.0)
            wanted = 1 << _INFO - 1 | 1 << _TOS - 1
            request = struct.pack("=BBBBI48x", socket.AF_INET, socket.IPPROTO_TCP, wanted, 0, _CONNECTED)
            size = _HEADER.size + len(request)
            asked.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + request)
            yield from _answers(asked)
    except OSError as error:
        raise Unobservable(f"the kernel does not list TCP connections ({error.strerror or error})") from error


def _answers(asked: socket.socket) -> Iterator[Connection]:
    while True:
        data = asked.recv(1 << 18)
        place = 0
        while place + _HEADER.size <= len(data):
            size, kind, *_ = _HEADER.unpack_from(data, place)
            if kind == _DONE:
                return
            if kind == _ERROR or size < _HEADER.size:
                raise Unobservable("the kernel has no way to list TCP connections (CONFIG_INET_TCP_DIAG)")
            yield _read(data[place + _HEADER.size : place + size])
            place += size + 3 & ~3


def _read(message: bytes) -> Connection:
    source, target = socket.inet_ntoa(message[8:12]), socket.inet_ntoa(message[24:28])
    found: dict[int, bytes] = {}
    place = _MESSAGE_SIZE
    while place + _ATTRIBUTE.size <= len(message):
        size, kind = _ATTRIBUTE.unpack_from(message, place)
        if size < _ATTRIBUTE.size:
            break
        found[kind] = message[place + _ATTRIBUTE.size : place + size]
        place += size + 3 & ~3
    info = found.get(_INFO, b"")
    if len(info) < _BYTES_SENT_AT + _BYTES_SENT.size:
        raise Unobservable("this kernel does not count the bytes of a connection (Linux 4.19 does)")
    sent, repeated = _BYTES_SENT.unpack_from(info, _BYTES_SENT_AT)
    return Connection(source, target, found.get(_TOS, b"\0")[0], sent - repeated)
