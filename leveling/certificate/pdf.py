"""The certificate as a PDF of one page: the rendered picture, the fingerprint as text, the credential as an attachment.

The picture is that of the PNG, so every name that can be drawn there is right here too, and its compressed rows are taken
over as they are. A PDF is read back only when it is, byte for byte, what is written here around its two streams.
"""

import re
from typing import Any, Final

from leveling.certificate.canonical import NotCanonical, parse
from leveling.certificate.credential import fingerprint
from leveling.certificate.pixels import packed_rows, size_of
from leveling.certificate.refusal import Fault, Refused

_PAGE = (841.89, 595.276)  # A4 landscape in points
_STREAM: Final = re.compile(
    rb"/Subtype /Image /Width (\d{1,5}) /Height (\d{1,5}) [^\n]{0,400}/Length (\d{1,9}) >>\nstream\n"
)
_ATTACHED: Final = re.compile(rb"/Type /EmbeddedFile [^\n]{0,200}/Length (\d{1,9}) >>\nstream\n")


def write(png: bytes, credential: bytes, document: dict[str, Any]) -> bytes:
    """The PDF of an RGBA picture."""
    return _laid_out(packed_rows(png), size_of(png), credential, document)


def picture_in(png: bytes) -> bytes:
    """What the digest of the picture is made of."""
    width, height = size_of(png)
    return _bytes_of_picture(width, height, packed_rows(png))


def read(data: bytes) -> tuple[bytes, bytes]:
    """Credential and picture apart; the picture is empty when the PDF was changed around them.

    Raises:
        Refused: when no credential is in it.
    """
    image, attached = _STREAM.search(data), _ATTACHED.search(data)
    if image is None or attached is None:
        raise Refused(Fault.NOT_A_CERTIFICATE, "the PDF holds no credential of leveling: it proves nothing")
    rows = data[image.end() : image.end() + int(image[3])]
    credential = data[attached.end() : attached.end() + int(attached[1])]
    size = (int(image[1]), int(image[2]))
    try:
        same = _laid_out(rows, size, credential, parse(credential)) == data
    except (NotCanonical, TypeError, KeyError, AttributeError):
        same = False
    return credential, _bytes_of_picture(*size, rows) if same else b""


def _bytes_of_picture(width: int, height: int, rows: bytes) -> bytes:
    return f"{width} {height}\n".encode() + rows


def _laid_out(rows: bytes, size: tuple[int, int], credential: bytes, document: dict[str, Any]) -> bytes:
    width, height = size
    # A pixel's fourth byte is its opacity, which is full everywhere. The colour space names four parts and drops the last,
    # so that the rows of the PNG need not be taken apart.
    colours = "[/DeviceN [/R /G /B /Opacity] /DeviceRGB 8 0 R]"
    across, down = _PAGE
    content = (
        f"q {across} 0 0 {down} 0 0 cm /Picture Do Q\n"
        f"BT 3 Tr /Plain 8 Tf 139 70 Td ({fingerprint(document)}) Tj ET\n".encode()
    )
    title = document["name"].encode("utf-16-be").hex().upper()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(credential.json) 6 0 R] >> >> /AF [6 0 R] >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {down}] /Contents 4 0 R "
        "/Resources << /XObject << /Picture 5 0 R >> /Font << /Plain 9 0 R >> >> >>".encode(),
        _stream("<<", content),
        _stream(
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace {colours} "
            f"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 4 /BitsPerComponent 8 /Columns {width} >>",
            rows,
        ),
        b"<< /Type /Filespec /F (credential.json) /UF (credential.json) /AFRelationship /Data /EF << /F 7 0 R >> >>",
        _stream("<< /Type /EmbeddedFile /Subtype /application#2Fjson", credential),
        _stream("<< /FunctionType 4 /Domain [0 1 0 1 0 1 0 1] /Range [0 1 0 1 0 1]", b"{ pop }"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        f"<< /Title <FEFF{title}> /Producer (leveling) >>".encode(),
    ]
    return _file(objects)


def _stream(head: str, data: bytes) -> bytes:
    return f"{head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
    offsets = []
    place = len(parts[0])
    for number, body in enumerate(objects, start=1):
        offsets.append(place)
        part = f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        parts.append(part)
        place += len(part)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    parts.append(
        f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R /Info {count - 1} 0 R >>\n"
        f"startxref\n{place}\n%%EOF\n".encode()
    )
    return b"".join(parts)
