"""Remembers pieces, but rescans a piece for every merge."""

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
        pieces = PATTERN.findall(text)
        known = {piece: self.merged(piece) for piece in set(pieces)}
        return [i for piece in pieces for i in known[piece]]

    def encode(self, text, *, allow_special=False):
        if not allow_special or not self.specials:
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
