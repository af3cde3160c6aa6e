"""Bytes on the wire, as the kernel counts them."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leveling.checks.ranks import mark, network
from leveling.judge import loopback

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")


@contextmanager
def connection(address: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection whose listener has `address`."""
    with socket.create_server((address, 0)) as listener, socket.create_connection(listener.getsockname()) as caller:
        answerer, _ = listener.accept()
        with answerer:
            yield caller, answerer


def claim(end: socket.socket, rank: int) -> None:
    end.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, mark(rank))


def send(sender: socket.socket, receiver: socket.socket, size: int) -> None:
    sender.sendall(bytes(size))
    while size:
        size -= len(receiver.recv(size))


def test_each_end_counts_for_the_rank_that_marked_it(tmp_path: Path) -> None:
    """What an end has sent is counted for its rank, to the byte, whichever end listened."""
    with connection(f"{network(tmp_path)}.1") as (caller, answerer):
        claim(caller, 1)
        claim(answerer, 0)
        send(caller, answerer, 100_003)
        send(answerer, caller, 17)
        assert loopback.sent_by_rank(tmp_path, 2) == [17, 100_003]


def test_an_unmarked_end_counts_for_every_rank(tmp_path: Path) -> None:
    """A connection that nobody owns up to is charged to all."""
    with connection(f"{network(tmp_path)}.1") as (caller, answerer):
        send(caller, answerer, 1000)
        assert loopback.sent_by_rank(tmp_path, 3) == [1000, 1000, 1000]


def test_other_folders_are_other_networks(tmp_path: Path) -> None:
    """Ranks that meet elsewhere, and everything else on the machine, are not counted."""
    with connection("127.0.0.1") as (caller, answerer):
        send(caller, answerer, 1000)
        assert loopback.sent_by_rank(tmp_path, 2) == [0, 0]
