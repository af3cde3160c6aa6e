"""Counts all pairs anew for every merge (over distinct words, but still)."""

import re
from collections import Counter, defaultdict
from itertools import pairwise

PATTERN = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def join(word, left, right):
    out, i = [], 0
    while i < len(word):
        if word[i : i + 2] == [left, right]:
            out.append(left + right)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def train_bpe(text, n_merges):
    words = [([bytes([b]) for b in piece.encode()], n) for piece, n in Counter(PATTERN.findall(text)).items()]
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for word, n in words:
            for pair in pairwise(word):
                counts[pair] += n
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        merges.append(best)
        words = [(join(word, *best), n) for word, n in words]
    return merges


class BPE:
    def __init__(self, merges, specials=None):
        self.spelling = {i: bytes([i]) for i in range(256)}
        number_of = {bytes([i]): i for i in range(256)}
        self.result = {}
        for i, (left, right) in enumerate(merges, start=256):
            self.result[number_of[left], number_of[right]] = i
            self.spelling[i] = left + right
            number_of[left + right] = i
        self.specials = specials or {}
        for text, i in self.specials.items():
            if i in self.spelling:
                raise ValueError(f"id {i} for {text!r} is in use")
            self.spelling[i] = text.encode()
        self.vocab_size = 1 + max(self.spelling)

    def encode(self, text, *, allow_special=False):
        ids, start = [], 0
        if allow_special:
            at = 0
            while at < len(text):
                here = max((name for name in self.specials if text.startswith(name, at)), key=len, default="")
                if here:
                    ids += [*self.ordinary(text[start:at]), self.specials[here]]
                    start = at + len(here)
                at += len(here) or 1
        return ids + self.ordinary(text[start:])

    def ordinary(self, text):
        pieces = PATTERN.findall(text)
        known = {piece: self.merged(piece.encode()) for piece in dict.fromkeys(pieces)}
        return [i for piece in pieces for i in known[piece]]

    def merged(self, data):
        """Places of each possible merge lie in a bucket; the bucket of the lowest rank is emptied from the left."""
        ids = [*data, -1]
        end = len(data)
        following, previous = list(range(1, end + 1)), list(range(-1, end))
        buckets = defaultdict(list)
        for i in range(end):
            if (ids[i], ids[i + 1]) in self.result:
                buckets[self.result[ids[i], ids[i + 1]]].append(i)
        while buckets:
            new = min(buckets)
            for i in sorted(buckets.pop(new)):
                j = following[i] if ids[i] >= 0 else end
                if self.result.get((ids[i], ids[j])) != new:
                    continue
                ids[i], ids[j] = new, -2
                following[i] = following[j]
                previous[following[i]] = i
                for k in (previous[i], i):
                    if k >= 0 and (made := self.result.get((ids[k], ids[following[k]]))):
                        buckets[made].append(k)
        return [i for i in ids if i >= 0]

    def decode(self, ids):
        if unknown := set(ids) - self.spelling.keys():
            raise ValueError(f"unknown ids {unknown}")
        return b"".join([self.spelling[i] for i in ids]).decode(errors="replace")
