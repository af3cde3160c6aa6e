"""No network, or the loopback sockets that collectives need."""

import errno
import socket
import sys
import threading

import pytest

from leveling.arena.confine import Policy, kernel, landlock

if sys.platform != "linux":
    pytest.skip("these sockets are Linux's", allow_module_level=True)

IPPROTO_MPTCP = 262
DENIED = [
    (socket.AF_INET, socket.SOCK_STREAM, 0),
    (socket.AF_INET6, socket.SOCK_STREAM, 0),
    (socket.AF_INET, socket.SOCK_DGRAM, 0),
    (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    (socket.AF_NETLINK, socket.SOCK_RAW, 0),
    (socket.AF_PACKET, socket.SOCK_RAW, 0),
    (socket.AF_VSOCK, socket.SOCK_STREAM, 0),
    (socket.AF_UNIX, socket.SOCK_STREAM, 0),
    (socket.AF_UNIX, socket.SOCK_DGRAM, 0),
]


@pytest.mark.parametrize(("family", "kind", "protocol"), DENIED)
def test_no_socket_can_be_made(confined, family, kind, protocol):
    """TCP, UDP, raw, netlink, virtual machines, named Unix sockets: none."""
    assert confined(lambda: socket.socket(family, kind, protocol).fileno()).errno == errno.EPERM


def test_connected_pairs_can_be_made(confined):
    """An event loop wakes itself through one."""

    def talk() -> str:
        here, there = socket.socketpair()
        here.sendall(b"word")
        return there.recv(10).decode()

    assert confined(talk).value == "word"


def test_datagram_pairs_cannot_be_made(confined):
    """Such a socket sends to any name it likes, connected or not."""
    assert confined(lambda: socket.socketpair(type=socket.SOCK_DGRAM)).errno == errno.EPERM


def test_loopback_lets_tcp_work(confined):
    """Server and client of one process find each other."""

    def talk() -> str:
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = threading.Thread(target=lambda: socket.create_connection(server.getsockname()).sendall(b"word"))
            client.start()
            connection, _ = server.accept()
            client.join()
            return connection.recv(10).decode()

    assert confined(talk, loopback=True).value == "word"


@pytest.mark.parametrize(
    ("family", "kind", "protocol"),
    [
        (socket.AF_INET, socket.SOCK_DGRAM, 0),
        (socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        (socket.AF_PACKET, socket.SOCK_RAW, 0),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0),
    ],
)
def test_loopback_lets_nothing_but_tcp_work(confined, family, kind, protocol):
    """No datagrams (so no names are looked up outside), no multipath, no raw packets."""
    assert confined(lambda: socket.socket(family, kind, protocol).fileno(), loopback=True).errno == errno.EPERM


def test_loopback_refuses_to_send_without_connecting(confined):
    """A fast open would pass by what looks at connections."""

    def send() -> int:
        return socket.socket().sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", 9))

    assert confined(send, loopback=True).errno == errno.EPERM


@pytest.mark.parametrize("act", ["bind", "connect"])
def test_landlock_alone_refuses_tcp(forked, act):
    """The second layer would hold if the first did not."""
    if landlock.probe()[0] < 4:
        pytest.skip("this kernel's Landlock knows no TCP")
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = ("127.0.0.1", 0) if act == "bind" else server.getsockname()

        def alone() -> None:
            kernel.forbid_new_privileges()
            landlock.restrict(Policy())
            getattr(socket.socket(), act)(place)

        assert forked(alone).errno == errno.EACCES
