"""The digits are those of the source, whole and split as stated."""

import hashlib
import sys

import pytest
import torch

from leveling import data
from leveling.data.digits import SHA256, _order

PER_DIGIT = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # of the source
FIRST = [1407, 1213, 884, 1529, 1380]
ORDER_SHA256 = "d0ad2604511ba1e1b187970b82f33e8d5ac12dad5987a044dd1166fcabc98e59"


def test_all_digits_are_there_once():
    """Counts per class are the source's; put back in order, labels and pixels have the source's checksum."""
    train, test = data.digits("train"), data.digits("test")
    assert (len(train[0]), len(test[0])) == (1347, 450)
    images, labels = torch.cat([train[0], test[0]]), torch.cat([train[1], test[1]])
    assert torch.bincount(labels).tolist() == PER_DIGIT
    back = _order().argsort()
    raw = bytes(labels[back].tolist()) + bytes(images[back].to(torch.uint8).flatten().tolist())
    assert hashlib.sha256(raw).hexdigest() == SHA256


def test_shapes_dtypes_and_values():
    """float32 (N, 8, 8) from 0 to 16, int64 labels."""
    images, labels = data.digits("train")
    assert images.shape == (1347, 8, 8) and images.dtype == torch.float32 and labels.dtype == torch.int64
    assert float(images.min()) == 0 and float(images.max()) == 16


def test_the_split_stays_what_it_is():
    """The first places of the stored order, so that no change of the code moves an image from test to train."""
    order = _order()
    assert sorted(order.tolist()) == list(range(1797))
    assert order[:5].tolist() == FIRST and hashlib.sha256(str(order.tolist()).encode()).hexdigest() == ORDER_SHA256


def test_a_caller_may_change_what_it_gets():
    """The next call is not affected."""
    images, _ = data.digits("test")
    images.zero_()
    assert float(data.digits("test")[0].max()) == 16


def test_the_digits_can_be_told_apart():
    """A nearest neighbour is right on at least 97 of 100: labels belong to their images."""
    (images, labels), (test, truth) = data.digits("train"), data.digits("test")
    nearest = torch.cdist(test.flatten(1), images.flatten(1)).argmin(dim=1)
    assert float((labels[nearest] == truth).double().mean()) > 0.97


def test_another_split_is_refused():
    """With the names of those that there are."""
    with pytest.raises(ValueError, match="'train' or 'test'"):
        data.digits("validation")  # type: ignore[arg-type] # what a learner may well try


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    """Cut off, it is refused with advice."""
    home = sys.modules["leveling.data.digits"]
    (tmp_path / "digits.bin").write_bytes(b"x\x9cnot the digits")
    monkeypatch.setattr(home, "files", lambda _: tmp_path)
    home._everything.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"digits\.bin is damaged.*reinstall"):
            data.digits("train")
    finally:
        home._everything.cache_clear()
