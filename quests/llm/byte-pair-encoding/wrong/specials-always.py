"""Looks for specials in every text."""

import re
from collections import Counter
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
        self.merges = list(merges)
        self.rank = {pair: i for i, pair in enumerate(self.merges)}
        self.vocab = [bytes([b]) for b in range(256)] + [left + right for left, right in self.merges]
        self.ids = {token: i for i, token in enumerate(self.vocab)}
        self.specials = specials or {}
        taken = list(self.specials.values())
        if min(taken, default=len(self.vocab)) < len(self.vocab) or len(set(taken)) < len(taken):
            raise ValueError("a special takes an id that is in use")
        self.names = {i: name.encode() for name, i in self.specials.items()}

    @property
    def vocab_size(self):
        return max([len(self.vocab) - 1, *self.names]) + 1

    def merged(self, piece):
        word = [bytes([b]) for b in piece.encode()]
        while len(word) > 1:
            best = min(pairwise(word), key=lambda pair: self.rank.get(pair, len(self.rank)))
            if best not in self.rank:
                break
            word = join(word, *best)
        return [self.ids[token] for token in word]

    def plain(self, text):
        return [i for piece in PATTERN.findall(text) for i in self.merged(piece)]

    def encode(self, text, *, allow_special=False):
        if not self.specials:
            return self.plain(text)
        names = sorted(self.specials, key=len, reverse=True)
        ids = []
        for part in re.split("(" + "|".join(re.escape(name) for name in names) + ")", text):
            ids += [self.specials[part]] if part in self.specials else self.plain(part)
        return ids

    def token(self, i):
        if i in self.names:
            return self.names[i]
        if not 0 <= i < len(self.vocab):
            raise ValueError(f"unknown id {i}")
        return self.vocab[i]

    def decode(self, ids):
        return b"".join(self.token(i) for i in ids).decode("utf-8", errors="replace")
