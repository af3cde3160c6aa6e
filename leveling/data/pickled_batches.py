"""Read a pickled CIFAR-10 batch without running what a pickle may ask for.

A pickle is a small program that can name any function and call it. Here every name is refused but those that a batch
needs: the three with which an array of numpy is written, and the one with which newer Pythons write bytes in old
protocols. Even these are not numpy's own: they are stand-ins that keep a shape and the raw bytes.
"""

import io
import pickle
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

PICTURE = 3 * 32 * 32


class Damaged(ValueError):
    """A file is there but cannot be what its name says; the message names it, what was found and what to do."""


class _Dtype:
    """Stands for numpy.dtype: remembers its code, such as u1."""

    def __init__(self, code: object = None, *_: object) -> None:
        self.code = code.decode("latin-1") if isinstance(code, bytes) else code

    def __setstate__(self, state: object) -> None:
        """Byte order and the like mean nothing for single bytes."""


class _Array:
    """Stands for numpy.ndarray: remembers shape, dtype and bytes."""

    shape: object = None
    dtype: object = None
    raw: object = None
    by_columns: object = False

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 5:
            _, self.shape, self.dtype, self.by_columns, self.raw = state


def _reconstruct(*_: object) -> _Array:
    """Stands for numpy's function of that name: an array that is still empty."""
    return _Array()


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    """Stands for codecs.encode, which writes bytes as text in old protocols."""
    if not isinstance(text, str) or encoding not in {"latin1", b"latin1"}:
        raise pickle.UnpicklingError("bytes in an unknown encoding")
    return text.encode("latin-1")


_ALLOWED = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): _encoded,
}


class _Reader(pickle.Unpickler):
    """Knows the names in _ALLOWED and no other."""

    def find_class(self, module: str, name: str) -> object:
        """What stands for `module.name` here."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no batch needs")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: object) -> NoReturn:
        """Refused: a batch refers to nothing outside itself."""
        raise pickle.UnpicklingError(f"it refers to something outside itself, {pid!r}")


def read_batch(path: Path, raw: bytes) -> tuple[Tensor, Tensor]:
    """Images uint8 (N, 3, 32, 32) and labels int64 (N,) from `raw`, the bytes of `path`, a batch of CIFAR-10's Python version.

    Raises:
        Damaged: the file is cut off, is no pickle, or holds or names anything else.
    """
    try:
        content = _Reader(io.BytesIO(raw), encoding="bytes").load()
    except Exception as fault:  # the bytes are anyone's: a broken pickle can fail in any way, none of them ours
        raise Damaged(
            f"{path} cannot be read as a batch of CIFAR-10: {str(fault) or type(fault).__name__}. {_ADVICE}"
        ) from None
    if not isinstance(content, dict):
        raise Damaged(f"{path} holds a {type(content).__name__}, not the dict of a batch of CIFAR-10. {_ADVICE}")
    fields = {key.decode("latin-1") if isinstance(key, bytes) else key: value for key, value in content.items()}
    images, labels = _images(fields.get("data")), _labels(fields.get("labels"))
    if images is None or labels is None or len(images) != len(labels):
        raise Damaged(
            f"{path} holds {', '.join(map(str, fields)) or 'nothing'}; a batch of CIFAR-10 has data (N x {PICTURE} "
            f"bytes) and labels (N numbers from 0 to 9). {_ADVICE}"
        )
    return images, labels


_ADVICE = "Get a new copy, or the binary version (cifar-10-batches-bin)."


def _images(array: object) -> Tensor | None:
    """uint8 (N, 3, 32, 32), or None where `array` is not an array of such pictures."""
    if not (isinstance(array, _Array) and isinstance(array.raw, bytes) and isinstance(array.dtype, _Dtype)):
        return None
    count = len(array.raw) // PICTURE
    if array.dtype.code != "u1" or array.by_columns or count == 0 or array.shape != (count, PICTURE):
        return None
    if len(array.raw) != count * PICTURE:
        return None
    return torch.frombuffer(bytearray(array.raw), dtype=torch.uint8).reshape(count, 3, 32, 32)


def _labels(values: object) -> Tensor | None:
    """int64 (N,), or None where `values` is not a list of numbers from 0 to 9."""
    if not isinstance(values, list) or not all(isinstance(value, int) and 0 <= value <= 9 for value in values):
        return None
    return torch.tensor(values, dtype=torch.int64, device="cpu")
