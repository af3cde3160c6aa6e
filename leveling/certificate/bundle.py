"""The certificate with the solutions that it names, as a ZIP. A bundle may come from a stranger: it is read with suspicion.

Nothing is unpacked to disk. Only known names are accepted, each once, each a plain file, within sizes that are checked
before and while reading. See docs/certificate.md for the limits.
"""

import hashlib
import io
import json
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from leveling.certificate.canonical import NotCanonical, parse
from leveling.certificate.refusal import Fault, Refused

FORMAT: Final = 1
CREDENTIAL, PICTURE, MANIFEST, README = "certificate.json", "certificate.svg", "manifest.json", "README.txt"
MOST_ENTRIES = 10_010
LARGEST_SOLUTION = 1 << 20
LARGEST_PART = 16 << 20
LARGEST_TOTAL = 128 << 20
MOST_SHRUNK = 150  # times: Python text shrinks five- to tenfold, a bomb a thousandfold
_NAME: Final = re.compile(r"certificate\.json|certificate\.svg|manifest\.json|README\.txt|solutions/([0-9a-f]{64})\.py")
_END: Final = struct.Struct("<4s4H2LH")
_WORDS: Final = (
    "A certificate of leveling with the solutions that it names.\n\n"
    "To check it, install leveling and run:\n\n    leveling certificate verify THIS.zip --replay\n\n"
    "--replay judges every solution again, in a sandbox, on fresh hidden inputs.\n"
    "certificate.json is the signed credential (Open Badges 3.0), certificate.svg its picture,\n"
    "solutions/ holds each file under the SHA-256 of its content.\n"
)


def pack(credential: bytes, picture: bytes, solutions: Mapping[str, str]) -> bytes:
    """The bundle; `solutions` by the SHA-256 of their text. The same content gives the same bytes."""
    files = {CREDENTIAL: credential, PICTURE: picture, README: _WORDS.encode()}
    files |= {f"solutions/{digest}.py": text.encode() for digest, text in sorted(solutions.items())}
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = json.dumps({"format": FORMAT, "files": listed}, indent=1).encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return held.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a bundle by name, the manifest checked and left out.

    Raises:
        Refused: for everything that is not exactly what `pack` makes.
    """
    _check_end(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(data))
            files = {entry.filename: _read(archive, entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise Refused(Fault.UNREADABLE, f"the bundle is damaged: {error}") from error
    _check_manifest(files)
    return files


def solutions_in(files: Mapping[str, bytes]) -> dict[str, str]:
    """The solutions by their hash, each proven to be what its name says.

    Raises:
        Refused: solution_altered, or malformed when one is no text.
    """
    found = {}
    for name, data in files.items():
        match = _NAME.fullmatch(name)
        if match is None or match[1] is None:
            continue
        digest = match[1]
        if hashlib.sha256(data).hexdigest() != digest:
            text = f"the solution {digest[:12]}... is not what it was: its content does not fit its hash"
            raise Refused(Fault.SOLUTION_ALTERED, text)
        try:
            found[digest] = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(Fault.MALFORMED, f"the solution {digest[:12]}... is no UTF-8 text") from error
    return found


def _check_end(data: bytes) -> None:
    """The directory of the archive, looked at before anything reads it: one, at the end, of a sane size."""
    if len(data) < _END.size:
        raise Refused(Fault.UNREADABLE, "the bundle is cut off")
    magic, disk, first_disk, here, count, size, start, comment = _END.unpack(data[-_END.size :])
    if magic != b"PK\5\6":
        raise Refused(Fault.UNREADABLE, "the bundle is cut off, or something was added behind its end")
    if comment or disk or first_disk or here != count:
        raise Refused(Fault.HOSTILE, "the bundle is a ZIP of a kind that leveling never writes (parts or comments)")
    if count > MOST_ENTRIES or size > MOST_ENTRIES * 200:
        raise Refused(Fault.HOSTILE, f"the bundle lists {count} files; a certificate has at most {MOST_ENTRIES}")
    if start + size + _END.size != len(data):
        raise Refused(Fault.HOSTILE, "the bundle has something hidden between its parts")


def _check_entries(entries: list[zipfile.ZipInfo], packed: int) -> None:
    seen: set[str] = set()
    total = place = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = entry.filename
        _check_entry(entry)
        if name in seen:
            raise Refused(Fault.HOSTILE, f"the bundle holds {name!r} twice: programs would not agree which one counts")
        if entry.header_offset < place:
            raise Refused(Fault.HOSTILE, "files of the bundle lie over each other, as in a ZIP bomb")
        seen.add(name)
        place = entry.header_offset + entry.compress_size
        total += entry.file_size
    if total > LARGEST_TOTAL or total > max(packed, 1 << 14) * MOST_SHRUNK:
        text = (
            f"the bundle of {packed >> 10} KiB would unpack to {total >> 20} MiB: that is a ZIP bomb, not a certificate"
        )
        raise Refused(Fault.HOSTILE, text)
    lacking = {CREDENTIAL, PICTURE, MANIFEST} - seen
    if lacking:
        raise Refused(Fault.NOT_A_CERTIFICATE, f"the ZIP holds no {min(lacking)}: it is no bundle of leveling")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    shown = ascii(name[:100])
    if name != entry.orig_filename or name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name:
        raise Refused(Fault.HOSTILE, f"the bundle holds {shown}, a name that leads out of its folder")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG} or entry.is_dir():
        raise Refused(Fault.HOSTILE, f"the bundle holds {shown}, which is a link or no plain file")
    match = _NAME.fullmatch(name)
    if match is None:
        if name in {CREDENTIAL.upper(), MANIFEST.upper()} or name.lower().startswith(("certificate.", "manifest.")):
            raise Refused(Fault.HOSTILE, f"the bundle holds {shown}, a name made to be mistaken")
        raise Refused(Fault.HOSTILE, f"the bundle holds {shown}, which belongs in no certificate")
    if entry.flag_bits & 0x1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Refused(Fault.HOSTILE, f"{shown} in the bundle is encrypted or packed in a way that leveling never uses")
    if entry.file_size > (LARGEST_SOLUTION if match[1] else LARGEST_PART):
        raise Refused(Fault.TOO_LARGE, f"{shown} in the bundle takes {entry.file_size >> 20} MiB, more than is allowed")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One file, never more of it than it says to have."""
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise Refused(Fault.HOSTILE, f"{entry.filename!a} in the bundle is not of the size that it says")
    return data


def _check_manifest(files: dict[str, bytes]) -> None:
    try:
        manifest = parse(files.pop(MANIFEST))
    except NotCanonical as error:
        raise Refused(Fault.MALFORMED, f"{MANIFEST} in the bundle: {error}") from error
    number = manifest.get("format") if isinstance(manifest, dict) else None
    if isinstance(number, int) and not isinstance(number, bool) and number > FORMAT:
        text = f"the bundle is of format {number}, this version knows up to {FORMAT}: install a newer leveling"
        raise Refused(Fault.FUTURE_FORMAT, text)
    listed = manifest.get("files") if isinstance(manifest, dict) else None
    if number != FORMAT or not isinstance(listed, dict):
        raise Refused(Fault.MALFORMED, f"{MANIFEST} in the bundle lists no files")
    if listed.keys() - files.keys():
        gone = min(listed.keys() - files.keys())
        fault = Fault.SOLUTION_MISSING if gone.startswith("solutions/") else Fault.MALFORMED
        raise Refused(fault, f"{gone[:100]!a} is listed in the bundle, but missing")
    if files.keys() - listed.keys():
        raise Refused(Fault.HOSTILE, f"{min(files.keys() - listed.keys())!a} was added to the bundle")
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != listed[name]:
            fault = Fault.SOLUTION_ALTERED if name.startswith("solutions/") else Fault.ALTERED
            raise Refused(fault, f"{name} in the bundle is not what the manifest says: it was altered")
