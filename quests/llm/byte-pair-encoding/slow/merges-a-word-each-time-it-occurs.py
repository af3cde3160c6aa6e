"""Remembers nothing between the pieces of a text."""

import re
from collections import Counter, defaultdict
from itertools import pairwise

PATTERN = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def train_bpe(text, n_merges):
    spelling = [bytes([byte]) for byte in range(256)]
    pieces = Counter(PATTERN.findall(text)).items()
    words = [(list(piece.encode()), count) for piece, count in pieces]
    counts, holders = defaultdict(int), defaultdict(set)
    for number, (word, count) in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += count
            holders[pair].add(number)
    merges = []
    while counts and len(merges) < n_merges:
        most = max(counts.values())
        if most < 2:
            break
        ties = [pair for pair, count in counts.items() if count == most]
        best = min(ties, key=lambda pair: (spelling[pair[0]], spelling[pair[1]]))
        merges.append((spelling[best[0]], spelling[best[1]]))
        new = len(spelling)
        spelling.append(b"".join(merges[-1]))
        for number in holders.pop(best):
            word, count = words[number]
            for pair in pairwise(word):
                counts[pair] -= count
            position = 0
            while position < len(word) - 1:
                if (word[position], word[position + 1]) == best:
                    word[position : position + 2] = [new]
                position += 1
            for pair in pairwise(word):
                counts[pair] += count
                holders[pair].add(number)
        del counts[best]
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
        return [i for piece in pieces for i in self.merged(piece.encode())]

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
