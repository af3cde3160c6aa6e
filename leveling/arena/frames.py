"""Frames on a byte channel: four bytes of length, then UTF-8 JSON. Used by both ends; torch-free."""

import json
import os
import struct
from typing import Any

HEADER = struct.Struct("<I")
MAX_FRAME = 64 << 20


class ChannelClosed(Exception):
    """The other end is gone."""


def frame(message: dict[str, Any]) -> bytes:
    """The bytes of one message."""
    body = json.dumps(message, separators=(",", ":")).encode("utf-8")
    return HEADER.pack(len(body)) + body


def write_all(fd: int, data: bytes) -> None:
    """Write every byte of `data`, blocking.

    Raises:
        ChannelClosed: when the reader is gone.
    """
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ChannelClosed from error


def read_exactly(fd: int, count: int) -> bytes:
    """Read `count` bytes, blocking.

    Raises:
        ChannelClosed: at the end of the stream.
    """
    parts = []
    while count:
        try:
            part = os.read(fd, min(count, 1 << 20))
        except ConnectionResetError as error:
            raise ChannelClosed from error
        if not part:
            raise ChannelClosed
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> dict[str, Any]:
    """The next message, blocking. For the worker's side, which trusts the judge."""
    (length,) = HEADER.unpack(read_exactly(fd, HEADER.size))
    message = json.loads(read_exactly(fd, length))
    assert isinstance(message, dict)
    return message
