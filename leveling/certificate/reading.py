"""Take any file for what it may be: an SVG, PNG, PDF, JSON or bundle with a credential in it."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leveling.certificate import baking, bundle, pdf, pixels
from leveling.certificate.canonical import NotCanonical, parse
from leveling.certificate.refusal import Fault, Refused

LARGEST_FILE = 64 << 20
LARGEST_CREDENTIAL = 16 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """What a file holds. `picture` is what its digest must fit, by media type; empty bytes fit nothing.

    `solutions` by hash, and `twin`, the credential baked into the bundle's own picture, come with a bundle only.
    """

    kind: str
    document: Any
    picture: tuple[str, bytes] | None = None
    solutions: Mapping[str, str] = field(default_factory=dict)
    twin: "Held | None" = None


def read(path: Path) -> Held:
    """Read a file of at most 64 MiB.

    Raises:
        Refused: when it cannot be read or holds no credential.
    """
    return take(_bytes_of(path))


def take(data: bytes) -> Held:
    """As `read`, from bytes."""
    if data.startswith(pixels.SIGNATURE):
        return _baked("png", baking.PNG, *baking.unbake_png(data))
    if data.startswith(b"PK\3\4"):
        return _bundle(data)
    if data.startswith(b"%PDF-"):
        return _baked("pdf", baking.PDF, *pdf.read(data))
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return _baked("svg", baking.SVG, *baking.unbake_svg(data))
    if start.startswith((b"{", b"[")):
        return Held("json", _parsed(data))
    raise Refused(
        Fault.NOT_A_CERTIFICATE, "it is no certificate: neither SVG, PNG, PDF or JSON with a credential, nor a bundle"
    )


def _bundle(data: bytes) -> Held:
    files = bundle.unpack(data)
    twin = _baked("svg", baking.SVG, *baking.unbake_svg(files[bundle.PICTURE]))
    return Held("bundle", _parsed(files[bundle.CREDENTIAL]), None, bundle.solutions_in(files), twin)


def _baked(kind: str, media_type: str, credential: bytes, picture: bytes) -> Held:
    return Held(kind, _parsed(credential), (media_type, picture))


def _parsed(data: bytes) -> Any:
    if len(data) > LARGEST_CREDENTIAL:
        raise Refused(Fault.TOO_LARGE, f"the credential takes {len(data) >> 20} MiB; at most 16 MiB are read")
    try:
        return parse(data)
    except NotCanonical as error:
        raise Refused(Fault.UNREADABLE, f"the credential cannot be read: {error}") from error


def _bytes_of(path: Path) -> bytes:
    try:
        # A pipe must not keep us waiting before we know that it is one.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise Refused(Fault.UNREADABLE, "it is no plain file")
            if found.st_size > LARGEST_FILE:
                text = f"it takes {found.st_size >> 20} MiB; a certificate has at most {LARGEST_FILE >> 20}"
                raise Refused(Fault.TOO_LARGE, text)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(found.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Refused(Fault.UNREADABLE, f"it cannot be read: {error.strerror}") from error
    if not data:
        raise Refused(Fault.UNREADABLE, "it is empty")
    return data
