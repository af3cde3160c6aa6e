"""Byte-level byte-pair encoding: learn merges from text, encode with them, decode again."""

import re

# Pieces in which merging happens: contractions, letters, digits, other signs (each with the space before it), white space.
PATTERN = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def train_bpe(text: str, n_merges: int) -> list[tuple[bytes, bytes]]:
    """Learn up to `n_merges` merges, in the order in which they were learned.

    Each takes the pair of neighbouring tokens with the highest count; among equals the smallest pair, compared as
    `(left bytes, right bytes)`. Ends early when no pair is counted twice.
    """
    raise NotImplementedError("train_bpe")


class BPE:
    """A tokeniser over given merges. Ids: 0..255 the bytes, 256 + i what merge i makes, then the specials."""

    def __init__(self, merges: list[tuple[bytes, bytes]], specials: dict[str, int] | None = None) -> None:
        """Raises ValueError when the id of a special is already that of a byte, a merge or another special."""
        raise NotImplementedError("BPE.__init__")

    @property
    def vocab_size(self) -> int:
        """Rows that an embedding table needs: the highest id + 1."""
        raise NotImplementedError("BPE.vocab_size")

    def encode(self, text: str, *, allow_special: bool = False) -> list[int]:
        """Ids of `text`. Special strings become their ids only with `allow_special`; else they are plain text."""
        raise NotImplementedError("BPE.encode")

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`; bytes that are not UTF-8 become U+FFFD. Raises ValueError for an id that does not exist."""
        raise NotImplementedError("BPE.decode")
