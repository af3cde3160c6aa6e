"""PNG files: their chunks, strictly, and the pixels of small ones. Standard library only."""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from leveling.certificate.refusal import Fault, Refused

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
KEYWORD: Final = b"openbadgecredential"
MOST_CHUNKS = 20_000


class Chunk(NamedTuple):
    """One part of a PNG."""

    kind: bytes
    data: bytes

    def to_bytes(self) -> bytes:
        """As it stands in the file."""
        checksum = zlib.crc32(self.data, zlib.crc32(self.kind))
        return len(self.data).to_bytes(4, "big") + self.kind + self.data + checksum.to_bytes(4, "big")


def chunks_of(png: bytes) -> Iterator[Chunk]:
    """The parts of a PNG from IHDR to IEND.

    Raises:
        Refused: unreadable, when it is cut off or damaged.
    """
    if not png.startswith(SIGNATURE):
        raise Refused(Fault.UNREADABLE, "it is no PNG")
    place, count = len(SIGNATURE), 0
    while place < len(png):
        count += 1
        length = int.from_bytes(png[place : place + 4], "big")
        end = place + 12 + length
        if length > len(png) or end > len(png) or count > MOST_CHUNKS:
            raise Refused(Fault.UNREADABLE, "the PNG is cut off or damaged")
        chunk = Chunk(png[place + 4 : place + 8], png[place + 8 : end - 4])
        if chunk.to_bytes() != png[place:end]:
            raise Refused(Fault.UNREADABLE, "the PNG is damaged: a checksum does not fit")
        yield chunk
        if chunk.kind == b"IEND":
            if end != len(png):
                raise Refused(Fault.HOSTILE, "the PNG goes on after its end")
            return
        place = end
    raise Refused(Fault.UNREADABLE, "the PNG is cut off")


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def packed_rows(png: bytes) -> bytes:
    """The compressed rows, as the PNG holds them."""
    return b"".join(chunk.data for chunk in chunks_of(png) if chunk.kind == b"IDAT")


def pixels_of(png: bytes) -> list[bytes]:
    """The rows of a small 8-bit RGBA picture that we rendered ourselves, four bytes a pixel."""
    width, height = size_of(png)
    raw = zlib.decompress(packed_rows(png))
    stride = width * 4
    rows: list[bytes] = []
    above = bytes(stride)
    for row in range(height):
        start = row * (stride + 1)
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above)
        rows.append(above)
    return rows


def _unfiltered(kind: int, line: bytearray, above: bytes) -> bytes:
    """Undo one of PNG's five filters; a pixel has four bytes."""
    for place in range(len(line)) if kind else ():
        left = line[place - 4] if place >= 4 else 0
        corner = above[place - 4] if place >= 4 else 0
        line[place] = (line[place] + _predicted(kind, left, above[place], corner)) & 255
    return bytes(line)


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
    guess = left + up - corner
    near = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[near.index(min(near))]
