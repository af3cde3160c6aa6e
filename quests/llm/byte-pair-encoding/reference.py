"""Byte-pair encoding over bytes. The idea: Sennrich, Haddow and Birch, arXiv 1508.07909; on bytes, as GPT-2 does it."""

import heapq
import re
from collections import Counter, defaultdict
from itertools import pairwise

# Pieces in which merging happens: contractions, letters, digits, other signs (each with the space before it), white space.
PATTERN = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")

Pair = tuple[bytes, bytes]


def split_bytes(data: bytes) -> list[bytes]:
    """b"hi" -> [b"h", b"i"]."""
    return [data[i : i + 1] for i in range(len(data))]


def train_bpe(text: str, n_merges: int) -> list[Pair]:
    """The `n_merges` most frequent pairs, one after the other; ties to the smallest pair of byte strings."""
    pieces = Counter(PATTERN.findall(text))  # the same word a thousand times is counted once, with weight 1000
    words = [split_bytes(piece.encode()) for piece in pieces]
    weights = list(pieces.values())
    counts: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)  # words that hold, or once held, the pair
    for index, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += weights[index]
            where[pair].add(index)

    heap = [(-count, pair) for pair, count in counts.items()]  # smallest first: highest count, then smallest pair
    heapq.heapify(heap)
    merges: list[Pair] = []
    while heap and len(merges) < n_merges:
        count, best = heapq.heappop(heap)
        if -count != counts[best]:
            continue  # written before the count changed; the present count has an entry of its own
        if counts[best] < 2:
            break
        merges.append(best)
        changed: set[Pair] = set()
        for index in where.pop(best):
            old, words[index] = words[index], merge_pair(words[index], best)
            for pair in pairwise(old):
                counts[pair] -= weights[index]
                changed.add(pair)
            for pair in pairwise(words[index]):
                counts[pair] += weights[index]
                where[pair].add(index)
                changed.add(pair)
        for pair in changed:
            heapq.heappush(heap, (-counts[pair], pair))
    return merges


def merge_pair(word: list[bytes], pair: Pair) -> list[bytes]:
    """`word` with every occurrence of `pair` joined, from the left, none overlapping."""
    out: list[bytes] = []
    i = 0
    while i < len(word):
        if i + 1 < len(word) and word[i] == pair[0] and word[i + 1] == pair[1]:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


class BPE:
    """Ids 0..255 are the bytes, 256 + i is what merge i makes, then come the specials."""

    def __init__(self, merges: list[Pair], specials: dict[str, int] | None = None) -> None:
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.bytes_of = {i: bytes([i]) for i in range(256)}
        self.bytes_of |= {256 + i: left + right for i, (left, right) in enumerate(merges)}
        self.id_of = {data: i for i, data in self.bytes_of.items()}
        self.specials = dict(specials or {})
        for name, i in self.specials.items():
            if i in self.bytes_of:
                raise ValueError(f"the id {i} of the special {name!r} is taken by {self.bytes_of[i]!r}")
            self.bytes_of[i] = name.encode()
        longest_first = sorted(self.specials, key=len, reverse=True)
        self.special_pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")

    @property
    def vocab_size(self) -> int:
        """The highest id + 1."""
        return max(self.bytes_of) + 1

    def encode(self, text: str, *, allow_special: bool = False) -> list[int]:
        """Ids of `text`; specials are recognised only with `allow_special`."""
        if not (allow_special and self.specials):
            return self._encode_plain(text)
        ids: list[int] = []
        for part in self.special_pattern.split(text):  # the group keeps the separators
            if part in self.specials:
                ids.append(self.specials[part])
            else:
                ids += self._encode_plain(part)
        return ids

    def decode(self, ids: list[int]) -> str:
        """Join the bytes first, then decode: a character may be spread over several tokens."""
        for i in ids:
            if i not in self.bytes_of:
                raise ValueError(f"no token has the id {i}")
        return b"".join(self.bytes_of[i] for i in ids).decode("utf-8", errors="replace")

    def _encode_plain(self, text: str) -> list[int]:
        known: dict[str, list[int]] = {}  # text repeats its words: merge each distinct piece once
        ids: list[int] = []
        for piece in PATTERN.findall(text):
            if piece not in known:
                known[piece] = [self.id_of[token] for token in self._merge(piece.encode())]
            ids += known[piece]
        return ids

    def _merge(self, data: bytes) -> list[bytes]:
        """Join pairs, lowest rank first and from the left, in O(n log n): a linked list and a heap of candidates."""
        n = len(data)
        tokens = [*split_bytes(data), b""]  # what a neighbour swallowed becomes b"", as does the end: in no merge
        before = list(range(-1, n))  # -1, before the first, is the end as well
        after = list(range(1, n + 1))
        heap = [(self.rank[pair], i) for i, pair in enumerate(pairwise(tokens)) if pair in self.rank]
        heapq.heapify(heap)
        while heap:
            rank, i = heapq.heappop(heap)
            right = after[i]
            if self.rank.get((tokens[i], tokens[right])) != rank:
                continue  # one of the two has been merged since
            tokens[i] += tokens[right]
            tokens[right] = b""
            after[i] = after[right]
            before[after[i]] = i
            for left in (before[i], i):
                pair = (tokens[left], tokens[after[left]])
                if pair in self.rank:
                    heapq.heappush(heap, (self.rank[pair], left))
        return [token for token in tokens if token]
