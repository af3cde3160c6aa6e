"""A bundle from a stranger: refused before it can cost memory, disk or time, and never unpacked to disk."""

import contextlib
import io
import os
import stat
import struct
import warnings
import zipfile

import pytest

from leveling.certificate import bundle, reading
from leveling.certificate.refusal import Fault, Refused


def files_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def zipped(files, extra=()):
    """A ZIP of files, and of (ZipInfo, data) pairs as they are."""
    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # twice the same name is the point
        for name, data in files.items():
            archive.writestr(name, data)
        for entry, data in extra:
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return held.getvalue()


def fault_of(data):
    with pytest.raises(Refused) as caught:
        reading.take(data)
    assert len(str(caught.value)) < 400
    return caught.value.fault


NAMES = (
    "../../outside.py",
    "/etc/cron.d/evil",
    "C:/evil.py",
    "solutions/../../x.py",
    "..\\..\\evil.py",
    "solutions/evil.py",
    f"solutions/{'A' * 64}.py",
    f"solutions/{'0' * 64}.py/",
    "CERTIFICATE.JSON",
    "certificate.json ",
    "a" * 5000,
    "sol\x1b[2Jutions.py",
    "\u202ejson.py",
    "__main__.py",
)


@pytest.mark.parametrize("name", NAMES)
def test_only_known_names_are_taken(exported, name, tmp_path, monkeypatch):
    """Nothing that climbs out, nothing made to be mistaken; and nothing is written anywhere."""
    monkeypatch.chdir(tmp_path)
    data = zipped(files_of(exported("bundle")), [(zipfile.ZipInfo(name), b"import os\n")])
    assert fault_of(data) is Fault.HOSTILE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_no_solutions(exported, kind):
    """A link named like a solution would read whatever it points to."""
    entry = zipfile.ZipInfo(f"solutions/{'0' * 64}.py")
    entry.external_attr = (kind | 0o777) << 16
    assert fault_of(zipped(files_of(exported("bundle")), [(entry, b"/etc/passwd")])) is Fault.HOSTILE


def test_no_name_counts_twice(exported):
    """Programs differ on which of two files of one name they read."""
    files = files_of(exported("bundle"))
    data = zipped(files, [(zipfile.ZipInfo("certificate.json"), files["certificate.json"])])
    assert fault_of(data) is Fault.HOSTILE


def test_a_bomb_is_seen_before_it_goes_off(exported):
    """Many files of zeros, each within its limit: a thousandfold growth in all."""
    bombs = [(zipfile.ZipInfo(f"solutions/{place:064x}.py"), bytes(1 << 20)) for place in range(20)]
    assert fault_of(zipped(files_of(exported("bundle")), bombs)) is Fault.HOSTILE


def test_a_file_larger_than_any_solution_is_refused(exported):
    """Also when it packs well; a megabyte is the most."""
    entry = zipfile.ZipInfo(f"solutions/{'0' * 64}.py")
    assert fault_of(zipped(files_of(exported("bundle")), [(entry, os.urandom(1 << 16) * 17)])) is Fault.TOO_LARGE


def test_a_size_that_lies_is_refused(exported):
    """The directory says a few bytes, the data goes on."""
    entry = zipfile.ZipInfo(f"solutions/{'0' * 64}.py")
    data = bytearray(zipped(files_of(exported("bundle")), [(entry, b"x = 1\n" * 5000)]))
    place = data.rindex(b"PK\1\2")
    data[place + 24 : place + 28] = struct.pack("<L", 12)
    assert fault_of(bytes(data)) in {Fault.HOSTILE, Fault.UNREADABLE}


def test_files_lying_over_each_other_are_refused(exported):
    """The bomb that needs no recursion: many entries share one packed block."""
    first = zipfile.ZipInfo(f"solutions/{'0' * 64}.py")
    second = zipfile.ZipInfo(f"solutions/{'1' * 64}.py")
    data = bytearray(zipped(files_of(exported("bundle")), [(first, os.urandom(999)), (second, os.urandom(999))]))
    last = data.rindex(b"PK\1\2")
    before = data.rindex(b"PK\1\2", 0, last)
    data[last + 42 : last + 46] = data[before + 42 : before + 46]
    assert fault_of(bytes(data)) is Fault.HOSTILE


def test_too_many_files_are_refused_unread(exported, monkeypatch):
    """By the count at the end, before a list of them is built."""
    data = bytearray(exported("bundle"))
    data[-14:-10] = struct.pack("<2H", 0xFFFE, 0xFFFE)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert fault_of(bytes(data)) is Fault.HOSTILE


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"PK\3\4" + os.urandom(5000),
        lambda data: data[:100],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\0" * 30,
        lambda data: data[:-22] + bytes(100) + data[-22:],
        lambda data: b"PK\3\4" + bytes(500) + data,
        lambda data: data[:-22] + data[-22:-2] + struct.pack("<H", 7) + b"comment",
    ],
)
def test_what_is_no_whole_archive_is_refused(exported, change):
    """Cut, padded, prefixed, commented: a bundle is exactly its parts."""
    assert fault_of(change(exported("bundle"))) in {Fault.HOSTILE, Fault.UNREADABLE}


@pytest.mark.parametrize("place", range(0, 4000, 97))
def test_no_flipped_byte_ends_in_a_traceback(exported, place):
    """Whatever byte is hit: refused in words, or harmless, never another exception."""
    data = bytearray(exported("bundle"))
    data[place % len(data)] ^= 0xFF
    with contextlib.suppress(Refused):
        assert reading.take(bytes(data)).kind == "bundle"


@pytest.mark.parametrize("missing", ["certificate.json", "certificate.svg", "manifest.json"])
def test_a_zip_of_something_else_is_no_bundle(exported, missing):
    """The part that lacks is named."""
    files = files_of(exported("bundle"))
    del files[missing]
    assert fault_of(zipped(files)) is Fault.NOT_A_CERTIFICATE


def test_encrypted_or_strangely_packed_files_are_refused(exported):
    """Only the two ways of packing that leveling uses."""
    files = files_of(exported("bundle"))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    assert fault_of(held.getvalue()) is Fault.HOSTILE


def test_the_manifest_lists_every_file_and_no_other(exported):
    """An unlisted file, a future format, no list."""
    files = files_of(exported("bundle"))
    listed = files["manifest.json"]
    unlisted = {**files, f"solutions/{'0' * 64}.py": b"x = 1\n"}
    assert fault_of(zipped(unlisted)) is Fault.HOSTILE
    assert (
        fault_of(zipped({**files, "manifest.json": listed.replace(b'"format": 1', b'"format": 2')}))
        is Fault.FUTURE_FORMAT
    )
    assert fault_of(zipped({**files, "manifest.json": b"[]"})) is Fault.MALFORMED
    assert fault_of(zipped({**files, "manifest.json": b"{"})) is Fault.MALFORMED
    assert fault_of(zipped({**files, "README.txt": b"other words"})) is Fault.ALTERED


def test_a_file_that_is_none_is_said(tmp_path):
    """A folder, a pipe that nobody writes to, nothing, something huge: an answer at once."""
    huge = tmp_path / "huge.svg"
    with huge.open("wb") as file:
        file.truncate(reading.LARGEST_FILE + 1)
    (tmp_path / "empty.svg").touch()
    wanted = {
        "none.svg": Fault.UNREADABLE,
        "empty.svg": Fault.UNREADABLE,
        "huge.svg": Fault.TOO_LARGE,
        "": Fault.UNREADABLE,
    }
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.svg")
        wanted["pipe.svg"] = Fault.UNREADABLE
    for name, fault in wanted.items():
        with pytest.raises(Refused) as caught:
            reading.read(tmp_path / name)
        assert caught.value.fault is fault


def test_the_limits_hold_what_a_long_life_makes():
    """Ten thousand solutions fit the number of entries, and a megabyte each of the largest."""
    assert bundle.MOST_ENTRIES > 10_000
    assert bundle.LARGEST_SOLUTION == 1 << 20
