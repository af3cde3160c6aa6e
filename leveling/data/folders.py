"""MNIST, CIFAR-10 and WikiText-2 from a folder that the learner already has. Nothing is ever downloaded.

Looked into, in this order, each with the subfolders that common tools make: the argument `folder` (alone, where it is
given), the folder in the environment variable LEVELING_DATA, and `data` in the home folder.

No pickle is executed: CIFAR-10's Python batches are read by pickled_batches.py, which knows arrays of bytes and no more.
"""

import gzip
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from leveling.data.pickled_batches import Damaged, read_batch

MNIST_FOLDERS = (".", "mnist", "MNIST", "MNIST/raw", "mnist/raw", "raw")
CIFAR_FOLDERS = (
    ".",
    "cifar-10-batches-bin",
    "cifar-10-batches-py",
    *(f"{folder}/cifar-10-batches-{kind}" for folder in ("cifar10", "CIFAR10", "cifar-10") for kind in ("bin", "py")),
)
WIKITEXT_FOLDERS = (".", "wikitext-2", "wikitext-2-raw", "wikitext2", "WikiText2", "WikiText2/wikitext-2")
CIFAR_ROW = 1 + 3 * 32 * 32  # bytes of one picture in the binary version: the label, then red, green, blue


class NotHere(FileNotFoundError):
    """The data set is in none of the folders that were looked into, or its file may not be read; the message says which."""


def mnist(split: Literal["train", "test"] = "train", *, folder: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """Images uint8 (60000 or 10000, 28, 28) and digits int64, from the four idx files, plain or .gz.

    Raises:
        NotHere: the files are in none of the folders.
        Damaged: a file is cut off or is something else.
    """
    stem = {"train": "train", "test": "t10k"}[_known(split, ("train", "test"))]
    names = (f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte")
    # Both spellings are in circulation.
    spellings = [
        [name, name + ".gz", dotted, dotted + ".gz"] for name in names for dotted in [name.replace("-idx", ".idx")]
    ]
    images, labels = (_idx(path) for path in _find("MNIST", folder, MNIST_FOLDERS, spellings))
    if images.dim() != 3 or labels.dim() != 1 or len(images) != len(labels):
        raise Damaged(
            f"MNIST's {split} files hold images of shape {tuple(images.shape)} and labels of shape {tuple(labels.shape)}; "
            "expected (N, rows, columns) and (N,): are the two files from the same set?"
        )
    return images, labels.to(torch.int64)


def cifar10(split: Literal["train", "test"] = "train", *, folder: str | Path | None = None) -> tuple[Tensor, Tensor]:
    """Images uint8 (50000 or 10000, 3, 32, 32) and classes int64 in [0, 10), from the binary or the Python version.

    Raises:
        NotHere: the files are in none of the folders.
        Damaged: a file is cut off or is something else.
    """
    _known(split, ("train", "test"))
    stems = [f"data_batch_{part}" for part in range(1, 6)] if split == "train" else ["test_batch"]
    paths = _find("CIFAR-10", folder, CIFAR_FOLDERS, [[stem + ".bin", stem] for stem in stems])
    parts = [_binary_batch(path) if path.suffix == ".bin" else read_batch(path, _readable(path)) for path in paths]
    return torch.cat([images for images, _ in parts]), torch.cat([labels for _, labels in parts])


def wikitext2(split: Literal["train", "valid", "test"] = "train", *, folder: str | Path | None = None) -> str:
    """The text of wiki.<split>.tokens or, where that is not there, wiki.<split>.raw; line ends as they are in the file.

    Raises:
        NotHere: the file is in none of the folders.
        Damaged: the file is not UTF-8.
    """
    _known(split, ("train", "valid", "test"))
    spellings = [[f"wiki.{split}.tokens", f"wiki.{split}.raw"]]
    path = _find("WikiText-2", folder, WIKITEXT_FOLDERS, spellings)[0]
    try:
        return _readable(path).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Damaged(f"{path} is not UTF-8 text: {fault.reason} at byte {fault.start}; get a new copy") from None


def _known(split: str, splits: tuple[str, ...]) -> str:
    if split not in splits:
        raise ValueError(f"split is {split!r}; there are {', '.join(splits)}")
    return split


def _roots(folder: str | Path | None) -> list[Path]:
    if folder is not None:
        return [Path(folder).expanduser()]
    named = os.environ.get("LEVELING_DATA")
    roots = [Path(named).expanduser()] if named else []
    try:
        return [*roots, Path.home() / "data"]
    except RuntimeError:  # there is no home folder, as in some containers
        return roots


def _find(
    what: str, folder: str | Path | None, subfolders: Sequence[str], spellings: Sequence[Sequence[str]]
) -> list[Path]:
    """One file for each entry of `spellings`, all from the first folder that holds them all."""
    roots = _roots(folder)
    partly = ""
    for place in (root / subfolder for root in roots for subfolder in subfolders):
        found = [next((place / name for name in names if (place / name).is_file()), None) for names in spellings]
        whole = [path for path in found if path is not None]
        if len(whole) == len(spellings):
            return whole
        if whole:
            lacking = [names[0] for names, path in zip(spellings, found, strict=True) if path is None]
            partly += f"{place} has {whole[0].name} and lacks {', '.join(lacking)}.\n"
    places = "\n".join(f"  {root}, and in it {', '.join(subfolders[1:])}" for root in roots)
    files = "\n".join("  " + " or ".join(names) for names in spellings)
    where = "the folder that was given" if folder is not None else "LEVELING_DATA (if set) and the home folder's data"
    raise NotHere(
        f"{what} is not here. Looked into {where}:\n{places}\nExpected, all in one folder:\n{files}\n"
        f"{partly}leveling downloads nothing: put the files there, or name their folder with folder=... or LEVELING_DATA."
    )


def _readable(path: Path) -> bytes:
    """The bytes of a file that was found."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise NotHere(
            f"{path} is there but cannot be read: {fault.strerror}. Look at its permissions; code that is being judged "
            "may read no folder of yours at all."
        ) from None


def _idx(path: Path) -> Tensor:
    """uint8 tensor from an idx file: two zero bytes, type 8, number of dimensions, sizes (big-endian), values."""
    raw = _readable(path)
    if path.suffix == ".gz":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as fault:
            raise Damaged(f"{path} cannot be unpacked ({fault}); it may have been cut off: get a new copy") from None
    if len(raw) < 4 or raw[:3] != b"\x00\x00\x08" or not 1 <= raw[3] <= 4:
        raise Damaged(f"{path} is no idx file of bytes: it begins with {raw[:4].hex(' ') or 'nothing'}, not 00 00 08")
    head = 4 + 4 * raw[3]
    sizes = [int.from_bytes(raw[at : at + 4], "big") for at in range(4, head, 4)]
    values = torch.Size(sizes).numel()
    if len(raw) != head + values:
        raise Damaged(f"{path} has {len(raw)} bytes; shape {tuple(sizes)} needs {head + values}: get a new copy")
    return torch.tensor(bytearray(raw[head:]), dtype=torch.uint8).reshape(sizes)


def _binary_batch(path: Path) -> tuple[Tensor, Tensor]:
    """Images uint8 (N, 3, 32, 32) and labels int64 (N,) from a batch of CIFAR-10's binary version."""
    raw = _readable(path)
    if not raw or len(raw) % CIFAR_ROW:
        raise Damaged(f"{path} has {len(raw)} bytes, no whole number of pictures of {CIFAR_ROW} bytes: get a new copy")
    rows = torch.frombuffer(bytearray(raw), dtype=torch.uint8).reshape(-1, CIFAR_ROW)
    if int(rows[:, 0].max()) > 9:
        raise Damaged(f"{path} has a label of {int(rows[:, 0].max())}; CIFAR-10 has 0 to 9")
    return rows[:, 1:].reshape(-1, 3, 32, 32).clone(), rows[:, 0].to(torch.int64)
