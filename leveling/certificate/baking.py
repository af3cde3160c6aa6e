"""The credential inside a picture, as Open Badges asks: an element of an SVG, a text chunk of a PNG. And out again.

What is left of the file without the credential is what its digest in the credential is made of, so that a picture which
says something else than the credential is found out.
"""

import json
from typing import Any, Final
from xml.parsers import expat

from leveling.certificate.drawing import NAMESPACE
from leveling.certificate.pixels import KEYWORD, SIGNATURE, Chunk, chunks_of
from leveling.certificate.refusal import Fault, Refused

_OPEN, _CLOSE = b"<openbadges:credential><![CDATA[", b"]]></openbadges:credential>\n"
_AFTER: Final = b"</title>\n"
_ITXT_HEAD: Final = KEYWORD + b"\0\0\0\0\0"  # not compressed, no language, no translated keyword
SVG, PNG, PDF = "image/svg+xml", "image/png", "application/pdf"


def text_of(document: dict[str, Any]) -> bytes:
    """The credential as people can read it, in a form that may stand in any text of XML."""
    text = json.dumps(document, indent=1, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").encode()


def bake_svg(svg: bytes, credential: bytes) -> bytes:
    """The drawing with the credential behind its title."""
    head, after, tail = svg.partition(_AFTER)
    assert after
    return head + after + _OPEN + credential + _CLOSE + tail


def unbake_svg(data: bytes) -> tuple[bytes, bytes]:
    """Credential and drawing apart. The drawing is empty when the file was written anew by another program.

    Raises:
        Refused: when it is no SVG with exactly one credential, or one that could harm a reader.
    """
    found = _element_of(data)
    head, opened, rest = data.partition(_OPEN)
    inside, closed, tail = rest.partition(_CLOSE)
    if opened and closed and inside == found:
        return found, head + tail
    return found, b""


def bake_png(png: bytes, credential: bytes) -> bytes:
    """The picture with the credential in an iTXt chunk before its pixels."""
    parts = [SIGNATURE]
    for chunk in chunks_of(png):
        parts.append(chunk.to_bytes())
        if chunk.kind == b"IHDR":
            parts.append(Chunk(b"iTXt", _ITXT_HEAD + credential).to_bytes())
    return b"".join(parts)


def unbake_png(data: bytes) -> tuple[bytes, bytes]:
    """Credential and picture apart.

    Raises:
        Refused: when it is no PNG with exactly one credential.
    """
    found: list[bytes] = []
    parts = [SIGNATURE]
    for chunk in chunks_of(data):
        if chunk.kind in {b"iTXt", b"tEXt", b"zTXt"} and chunk.data.partition(b"\0")[0] == KEYWORD:
            found.append(_text_of_chunk(chunk))
        else:
            parts.append(chunk.to_bytes())
    if len(found) > 1:
        raise Refused(
            Fault.HOSTILE, "the PNG holds more than one credential: programs would not agree which one counts"
        )
    if not found:
        raise Refused(Fault.NOT_A_CERTIFICATE, "the PNG holds no credential: it is a picture and proves nothing")
    return found[0], b"".join(parts)


def _text_of_chunk(chunk: Chunk) -> bytes:
    rest = chunk.data[len(KEYWORD) + 1 :]
    if chunk.kind != b"iTXt" or rest[:1] != b"\0":
        raise Refused(Fault.NOT_A_CERTIFICATE, "the PNG holds a credential in a form that Open Badges 3.0 does not use")
    return rest[2:].partition(b"\0")[2].partition(b"\0")[2]


class _Reader:
    """Collects the text of credential elements; refuses what no certificate has and what makes readers work for nothing."""

    def __init__(self) -> None:
        self.root = ""
        self.depth = 0
        self.inside = 0
        self.texts: list[list[str]] = []

    def start(self, name: str, _: dict[str, str]) -> None:
        self.depth += 1
        self.root = self.root or name
        if self.depth > 64:
            raise Refused(Fault.HOSTILE, "the SVG is nested deeper than any picture of ours")
        if self.inside:
            raise Refused(Fault.HOSTILE, "there are elements inside the credential of the SVG")
        if name == f"{NAMESPACE} credential":
            self.inside = self.depth
            self.texts.append([])

    def end(self, _: str) -> None:
        if self.inside == self.depth:
            self.inside = 0
        self.depth -= 1

    def text(self, text: str) -> None:
        if self.inside:
            self.texts[-1].append(text)

    def refuse(self, *_: object) -> int:
        raise Refused(
            Fault.HOSTILE, "the SVG declares entities or a document type, which can harm a reader; ours never do"
        )


def _element_of(data: bytes) -> bytes:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the parameter has no name
    except expat.ExpatError as error:
        raise Refused(Fault.UNREADABLE, f"it is no well-formed XML: {error}") from error
    if reader.root != "http://www.w3.org/2000/svg svg":
        raise Refused(Fault.NOT_A_CERTIFICATE, "it is XML, but no SVG picture")
    if len(reader.texts) > 1:
        raise Refused(
            Fault.HOSTILE, "the SVG holds more than one credential: programs would not agree which one counts"
        )
    if not reader.texts:
        raise Refused(Fault.NOT_A_CERTIFICATE, "the SVG holds no credential: it is a picture and proves nothing")
    return "".join(reader.texts[0]).strip().encode()
