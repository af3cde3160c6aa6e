"""Readers of data sets that a learner has: whole, cut off, hostile and absent files."""

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from leveling import data


def idx(array):
    """The bytes of an idx file."""
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def images():
    return np.arange(3 * 28 * 28, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)


@pytest.fixture
def labels():
    return np.array([7, 0, 9], dtype=np.uint8)


@pytest.fixture
def rows():
    return np.random.default_rng(0).integers(0, 256, (4, 3072), dtype=np.uint8)


def in_protocol_of_python_2(rows, labels):
    """A batch as Python 2 wrote it: keys and raw bytes are 8-bit strings, which Python 3 no longer writes."""
    raw = rows.tobytes()
    return (
        b"\x80\x02}(U\x04data"  # protocol 2, dict, key
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
        b"(K\x01"
        b"M"
        + struct.pack("<H", len(rows))
        + b"M"
        + struct.pack("<H", 3072)
        + b"\x86"
        + b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + b"\x89T"
        + struct.pack("<i", len(raw))
        + raw
        + b"tb"
        + b"U\x06labels]("
        + b"".join(b"K" + bytes([label]) for label in labels)
        + b"eU\x0bbatch_labelU\x01xu."
    )


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("where", ["", "MNIST/raw"])
@pytest.mark.parametrize("dotted", [False, True])
def test_mnist_is_read_plain_and_packed_wherever_tools_put_it(tmp_path, images, labels, packed, where, dotted):
    """The values of the files, as uint8 and int64."""
    place = tmp_path / where
    place.mkdir(parents=True, exist_ok=True)
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", labels)):
        spelt = name.replace("-idx", ".idx") if dotted else name
        (place / (spelt + ".gz" * packed)).write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    got, digits = data.mnist("train", folder=tmp_path)
    assert torch.equal(got, torch.from_numpy(images)) and got.dtype == torch.uint8
    assert digits.tolist() == [7, 0, 9] and digits.dtype == torch.int64


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: raw[:-5], "has .* bytes; shape"),
        (lambda raw: raw[:7], "has 7 bytes"),
        (lambda _: b"", "begins with nothing"),
        (lambda raw: b"\0\0\x0d" + raw[3:], "no idx file of bytes"),
        (lambda raw: raw + b"x", "has .* bytes; shape"),
    ],
)
def test_a_damaged_idx_file_is_named_with_what_was_found(tmp_path, images, labels, damage, message):
    """Cut off, empty, of floats, too long."""
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(damage(idx(images)))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    with pytest.raises(data.Damaged, match=message) as refusal:
        data.mnist("test", folder=tmp_path)
    assert str(tmp_path / "t10k-images-idx3-ubyte") in str(refusal.value)


def test_a_packed_file_that_was_cut_off_is_named(tmp_path, images, labels):
    """As after a broken download."""
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images))[:-30])
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    with pytest.raises(data.Damaged, match="cannot be unpacked"):
        data.mnist("train", folder=tmp_path)


def test_images_and_labels_of_different_sets_are_refused(tmp_path, images, labels):
    """Three images, two labels."""
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels[:2]))
    with pytest.raises(data.Damaged, match="same set"):
        data.mnist("train", folder=tmp_path)


def test_the_binary_version_of_cifar_is_read(tmp_path, rows):
    """Five files in their order; label first, then the picture by channels."""
    place = tmp_path / "cifar-10-batches-bin"
    place.mkdir()
    for part in range(1, 6):
        raw = b"".join(bytes([(part + at) % 10]) + row.tobytes() for at, row in enumerate(rows))
        (place / f"data_batch_{part}.bin").write_bytes(raw)
    pictures, classes = data.cifar10("train", folder=tmp_path)
    assert torch.equal(pictures, torch.from_numpy(rows).reshape(4, 3, 32, 32).repeat(5, 1, 1, 1))
    assert classes.tolist() == [(part + at) % 10 for part in range(1, 6) for at in range(4)]


@pytest.mark.parametrize("raw", [b"", b"\1" * 3072, b"\x0a" + b"\0" * 3072])
def test_a_binary_batch_that_cannot_be_one_is_named(tmp_path, raw):
    """Empty, cut off, with a label of 10."""
    (tmp_path / "test_batch.bin").write_bytes(raw)
    with pytest.raises(data.Damaged, match=r"test_batch\.bin has"):
        data.cifar10("test", folder=tmp_path)


@pytest.mark.parametrize("written", ["python 2", 2, 4])
def test_the_python_version_of_cifar_is_read_without_numpys_own_code(tmp_path, rows, written):
    """Batches as Python 2 wrote them, and as today's numpy and Python write them."""
    labels = [3, 1, 4, 1]
    content = {b"data": rows, b"labels": labels, b"batch_label": b"x"}
    raw = in_protocol_of_python_2(rows, labels) if written == "python 2" else pickle.dumps(content, protocol=written)
    (tmp_path / "test_batch").write_bytes(raw)
    pictures, classes = data.cifar10("test", folder=tmp_path)
    assert torch.equal(pictures, torch.from_numpy(rows).reshape(4, 3, 32, 32)) and classes.tolist() == labels
    if written == "python 2":  # the hand-written bytes mean to numpy what they mean to us
        assert np.array_equal(pickle.loads(raw, encoding="bytes")[b"data"], rows)


class Hostile:
    """Pickled, it asks for a call when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_that_wants_to_run_something_is_refused_and_nothing_runs(tmp_path, rows, protocol):
    """The file that it would open is not there afterwards."""
    trace = tmp_path / "trace"
    content = {b"data": rows, b"labels": [0] * 4, b"extra": Hostile(trace)}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content, protocol=protocol))
    with pytest.raises(data.Damaged, match=r"names (io|_io|__builtin__|builtins|numpy)"):
        data.cifar10("test", folder=tmp_path)
    assert not trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {b"data": np.zeros((2, 3072), dtype=np.uint8)},
        {b"data": np.zeros((2, 3072), dtype=np.uint8), b"labels": [0]},
        {b"data": np.zeros((2, 3072), dtype=np.uint8), b"labels": [0, 10]},
        {b"data": np.zeros((2, 3072), dtype=np.uint8), b"labels": [0, "1"]},
        {b"data": np.zeros((2, 3071), dtype=np.uint8), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072), dtype=np.int8), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072), dtype=np.uint8, order="F"), b"labels": [0, 1]},
        {b"data": b"\0" * 6144, b"labels": [0, 1]},
    ],
)
def test_a_pickle_of_something_else_is_named(tmp_path, content):
    """No dict, lacking parts, of other sizes or types."""
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(data.Damaged, match="test_batch holds"):
        data.cifar10("test", folder=tmp_path)


@pytest.mark.parametrize("keep", [0, 1, 50, 1000, -1])
def test_a_pickle_that_was_cut_off_is_named(tmp_path, rows, keep):
    """Anywhere."""
    (tmp_path / "test_batch").write_bytes(in_protocol_of_python_2(rows, [1, 2, 3, 4])[:keep])
    with pytest.raises(data.Damaged, match="cannot be read"):
        data.cifar10("test", folder=tmp_path)


def test_wikitext_is_read_tokens_before_raw(tmp_path):
    """Line ends stay as they are in the file."""
    (tmp_path / "wiki.valid.raw").write_bytes(b" = Raw = \r\n")
    assert data.wikitext2("valid", folder=tmp_path) == " = Raw = \r\n"
    (tmp_path / "wiki.valid.tokens").write_bytes(" = T\u00f6kens = \n".encode())
    assert data.wikitext2("valid", folder=tmp_path) == " = T\u00f6kens = \n"
    (tmp_path / "wiki.valid.tokens").write_bytes(b"ab\xff")
    with pytest.raises(data.Damaged, match="at byte 2"):
        data.wikitext2("valid", folder=tmp_path)


@pytest.mark.parametrize("read", [data.mnist, data.cifar10, data.wikitext2])
def test_what_is_not_here_names_folders_and_files(tmp_path, monkeypatch, read):
    """Of the argument alone, or of LEVELING_DATA and the home folder."""
    with pytest.raises(data.NotHere, match="the folder that was given") as refusal:
        read("train", folder=tmp_path / "mine")
    assert str(tmp_path / "mine") in str(refusal.value) and "downloads nothing" in str(refusal.value)
    monkeypatch.setenv("LEVELING_DATA", str(tmp_path / "named"))
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    with pytest.raises(data.NotHere) as refusal:
        read("train")
    for part in (str(tmp_path / "named"), str(tmp_path / "home" / "data"), "train"):
        assert part in str(refusal.value) or (part == "train" and "data_batch_1" in str(refusal.value))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may read everything cannot be refused")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    """With the system's reason."""
    (tmp_path / "wiki.test.tokens").write_text("closed")
    (tmp_path / "wiki.test.tokens").chmod(0)
    with pytest.raises(data.NotHere, match=r"wiki\.test\.tokens is there but cannot be read: Permission denied"):
        data.wikitext2("test", folder=tmp_path)


def test_a_read_that_fails_is_no_traceback_of_the_system(tmp_path, monkeypatch):
    """As in the arena, where a file can be seen but not opened."""

    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "test_batch").write_bytes(b"closed")
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(data.NotHere, match="test_batch is there but cannot be read: Permission denied"):
        data.cifar10("test", folder=tmp_path)


def test_the_environment_and_the_home_folder_are_looked_into(tmp_path, monkeypatch):
    """The environment variable first."""
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.delenv("LEVELING_DATA", raising=False)
    (tmp_path / "home" / "data" / "wikitext-2").mkdir(parents=True)
    (tmp_path / "home" / "data" / "wikitext-2" / "wiki.test.tokens").write_text("home")
    assert data.wikitext2("test") == "home"
    monkeypatch.setenv("LEVELING_DATA", str(tmp_path / "named"))
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "wiki.test.raw").write_text("named")
    assert data.wikitext2("test") == "named"


def test_a_set_that_is_partly_there_names_what_is_lacking(tmp_path, labels):
    """Labels without images."""
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    with pytest.raises(data.NotHere, match="has train-labels-idx1-ubyte and lacks train-images-idx3-ubyte"):
        data.mnist("train", folder=tmp_path)
