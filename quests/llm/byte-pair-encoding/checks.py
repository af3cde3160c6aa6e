"""Hidden checks of llm/byte-pair-encoding."""

from collections import Counter
from itertools import pairwise

import torch

from leveling.checks import Check, Draw, Workload, case, kind_raised

TRAIN = "train_bpe(text, n_merges)"
ENCODE = "BPE(merges).encode(text)"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SCRIPTS = {
    "emoji of four bytes": "I \U0001f496 BPE \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7",
    "combining marks": "e\u0301 n\u0303 Z\u0351\u036b\u0343 \u0915\u094d\u0937\u093f",
    "Chinese, Japanese, Korean": "\u5b57\u8282\u5bf9\u7f16\u7801 \u30d0\u30a4\u30c8 \ubc14\uc774\ud2b8",
    "control characters": "a\x00b\x07\x1b[0m\x7f\x85\u2028\ufeff end",
    "right to left": "\u0634\u0643\u0631\u0627 \u05e9\u05dc\u05d5\u05dd 123",
    "white space": "  a\t\tb \n\n c\r\n   ",
    "underscores and signs": "__init__(self, *args) -> None:  # don't; 3.14e-5 x\u00b2",
    "the empty text": "",
}


def merge(word, pair):
    """`word` with the pair joined, from the left."""
    out, i = [], 0
    while i < len(word):
        joined = tuple(word[i : i + 2]) == pair
        out.append(b"".join(pair) if joined else word[i])
        i += 2 if joined else 1
    return out


def plain_training(text, n_merges):
    """Training of one piece by recounting, whether a tie had to be broken, and whether a token stood beside its equal."""
    word, merges, tie, run = [bytes([byte]) for byte in text.encode()], [], False, False
    while len(merges) < n_merges:
        counts = Counter(pairwise(word))
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < 2:
            break
        run = run or any(left == right for left, right in counts)
        tie = tie or sum(count == counts[best] for count in counts.values()) > 1
        merges.append(best)
        word = merge(word, best)
    return merges, tie, run


def without_runs(draw, length, letters):
    """Letters drawn from `letters`, no letter next to itself."""
    text = draw.choice(letters)
    while len(text) < length:
        text += draw.choice([letter for letter in letters if letter != text[-1]])
    return text


def tied_text(draw, length, letters, n_merges):
    """One piece whose training meets ties, and never two equal tokens side by side."""
    while True:
        text = without_runs(draw, length, letters)
        merges, tie, run = plain_training(text, n_merges)
        if len(merges) == n_merges and tie and not run:
            return text


def untied_text(draw):
    """One piece whose first three merges meet no tie: three words, each with a number of its own, and letters between them."""
    while True:
        a, b, c, d, e, *others = draw.shuffled(LETTERS)
        most, *rest = draw.shuffled(range(6, 11))
        units = draw.shuffled([a + b + c] * most + [a + b] * rest[0] + [d + e] * rest[1])
        text = "".join(unit + draw.choice(others) for unit in units)
        _, tie, run = plain_training(text, 3)
        if not tie and not run:
            return text


def spelled(words):
    """Merges that build each word letter by letter from the left."""
    merges = {}
    for word in words:
        data = word.encode()
        for end in range(1, len(data)):
            merges[data[:end], data[end : end + 1]] = None
    return list(merges)


class TakesTheMostFrequentPair(Check):
    """Each merge is the pair with the highest count at that moment, given as a tuple of two byte strings."""

    calls = TRAIN

    def cases(self, draw: Draw):
        a, b, c, d = draw.shuffled(LETTERS)[:4]
        yield case("one merge", text=f"{a}{b}{c}{a}{b}{d}{a}{b}", n_merges=1)
        yield case("a merge of a merge", text=f"{a}{b}{c}" * 3 + f"{d}{a}{b}", n_merges=2)
        for _ in range(4):
            yield case("no ties", text=untied_text(draw), n_merges=3)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class TiesGoToTheSmallest(Check):
    """Among pairs of equal count the smallest (left bytes, right bytes) is merged."""

    calls = TRAIN

    def cases(self, draw: Draw):
        a, b, c = sorted(draw.shuffled(LETTERS)[:3])
        yield case("all pairs twice, the smallest last", text=f"{c}{b}{c}{a}{c}{b}{c}{a}", n_merges=1)
        for _ in range(6):
            letters = draw.shuffled(LETTERS)[:4]
            yield case("many ties", text=tied_text(draw, 40, letters, 6), n_merges=6)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class StopsWhenNothingRepeats(Check):
    """Training ends early when no pair is counted twice: no text, no merges, or fewer than were asked for."""

    calls = TRAIN

    def cases(self, draw: Draw):
        word = "".join(draw.shuffled(LETTERS)[:9])
        yield case("no text", text="", n_merges=5)
        yield case("one letter", text=word[0], n_merges=5)
        yield case("no merges wanted", text=word * 3, n_merges=0)
        yield case("nothing occurs twice", text=word, n_merges=5)
        yield case("one word twice", text=f"{word}\n{word}", n_merges=50)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class RunsOfOneLetter(Check):
    """aaaa counts (a, a) at its three places, then merges from the left to aa aa: no letter is used twice."""

    calls = TRAIN

    def cases(self, draw: Draw):
        a, b = draw.shuffled(LETTERS)[:2]
        yield case("one merge possible", text=a * 3, n_merges=9)
        yield case("aaaa", text=a * 4, n_merges=9)
        yield case("abababab", text=(a + b) * 4, n_merges=9)
        yield case("overlapping counts decide", text=f"{b * 4}{a}{b}{a}{b}", n_merges=1)
        yield case("an odd run", text=a * 11 + b + a * 5, n_merges=9)
        for _ in range(4):
            yield case("two letters", text="".join(draw.choice(a + a + b) for _ in range(30)), n_merges=4)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class TrainingStaysInsidePieces(Check):
    """Pairs are counted inside the pieces of PATTERN: never across a word and the space after it, or a sign."""

    calls = TRAIN

    def cases(self, draw: Draw):
        a, b = draw.shuffled(LETTERS)[:2]
        yield case("a letter, a sign, a space", text=f"{a}! {b}! " * 4, n_merges=5)
        yield case("one word and spaces", text=f"{a}{b} " * 5, n_merges=5)
        yield case("digits and letters", text=f"{a}1{a}2{a}1{a}2{a}1", n_merges=5)
        yield case("spaces before a word", text=f"{a}   {b}" * 4, n_merges=5)
        yield case("a sentence", text=draw.text(60, vocabulary=6), n_merges=12)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class MergesOfLongerText(Check):
    """The merges of a longer text agree to the last one."""

    calls = TRAIN

    def cases(self, draw: Draw):
        letters = draw.shuffled(LETTERS)[:4]
        few = ["".join(draw.choice(letters) for _ in range(draw.integer(2, 6))) for _ in range(70)]
        yield case("words of the same four letters", text=" ".join(few), n_merges=60)
        yield case("words of all letters", text=draw.text(250, vocabulary=30), n_merges=80)
        yield case("more merges than there are pairs", text=draw.text(40, vocabulary=5), n_merges=500)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class BytesThenMerges(Check):
    """Ids 0..255 are the bytes, merge i is id 256 + i, and vocab_size is the highest id + 1."""

    calls = "BPE(merges, specials)"

    def cases(self, draw: Draw):
        letters = "".join(draw.shuffled(LETTERS))
        # no letter twice: the order in which merges are replayed does not matter yet
        words = [letters[:5], letters[5:9], letters[9:11], letters[11:15]]
        yield case("no merges", merges=[], specials=None, text="".join(map(chr, range(1, 128))))
        yield case("some merges", merges=spelled(words), specials=None, text=" ".join(words))
        yield case("specials with a gap", merges=spelled(words), specials={"<a>": 300, "<b>": 290}, text=words[0])

    def probe(self, solution, merges, specials, text):
        tokenizer = solution.BPE(merges, specials)
        singles = [tokenizer.decode([i]) for i in [*range(128), *range(256, 256 + len(merges))]]
        return {"vocab_size": tokenizer.vocab_size, "ids": tokenizer.encode(text), "each id decoded": singles}


class LowestRankFirst(Check):
    """Encoding replays the merges: the one learned first goes first, wherever it stands and however short its token."""

    calls = ENCODE

    def cases(self, draw: Draw):
        a, b, c, d = (letter.encode() for letter in draw.shuffled(LETTERS)[:4])
        early = [(b, c), (a, b), (c, d), (a + b, c + d)]
        yield case("a long token exists, a short one was learned first", merges=early, text=(a + b + c + d).decode())
        yield case("the pair further right goes first", merges=[(c, d), (b, c), (a, b)], text=(a + b + c + d).decode())
        yield case("a run, from the left", merges=[(a, a), (a + a, a)], text=(a * 7).decode())
        for _ in range(6):
            letters = draw.shuffled(LETTERS)[:3]
            merges, _, _ = plain_training("".join(draw.choice(letters) for _ in range(150)), 25)
            yield case("random merges", merges=merges, text="".join(draw.choice(letters) for _ in range(80)))

    def probe(self, solution, merges, text):
        return solution.BPE(merges).encode(text)


class EncodingStaysInsidePieces(Check):
    """Encoding splits like training: no token crosses from a word into the space after it, even if a merge could."""

    calls = ENCODE

    def cases(self, draw: Draw):
        a, b = (letter.encode() for letter in draw.shuffled(LETTERS)[:2])
        text = f"{a.decode()} {b.decode()}! {a.decode()}!"
        yield dict(merges=[(a, b" "), (b, b"!"), (b" ", a), (b"!", b" ")], text=text)

    def probe(self, solution, merges, text):
        return solution.BPE(merges).encode(text)


class EveryTextComesBack(Check):
    """decode(encode(text)) == text for any script, control characters, and text that training never saw."""

    calls = "BPE(merges).decode(BPE(merges).encode(text))"

    def cases(self, draw: Draw):
        english = spelled([draw.word(2, 6) for _ in range(10)])
        mixed = spelled([word for text in SCRIPTS.values() for word in text.split()][:12])
        for label, text in SCRIPTS.items():
            for merges in (english, mixed):
                yield case(label, merges=merges, text=text)
        yield case("random characters", merges=mixed, text="".join(chr(draw.integer(1, 0xD7FF)) for _ in range(90)))

    def probe(self, solution, merges, text):
        tokenizer = solution.BPE(merges)
        ids = tokenizer.encode(text)
        return {"ids": ids, "text": tokenizer.decode(ids)}


class TrainsOnBytes(Check):
    """Characters of several bytes are learned from their bytes, in any script."""

    calls = TRAIN

    def cases(self, draw: Draw):
        yield case("one accent", text="\u00e9\u00e8" * 3, n_merges=3)
        yield case("several scripts", text=" ".join(draw.shuffled(list(SCRIPTS.values()) * 3)), n_merges=60)

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class CutCharacters(Check):
    """Ids that cut a character decode with U+FFFD in its place and never raise."""

    calls = "BPE(merges).decode(ids)"

    def cases(self, draw: Draw):
        data = "\U0001f496\u5b57e\u0301".encode()
        for start in range(4):
            for end in range(len(data) - 3, len(data)):
                yield case(f"bytes {start} to {end}", merges=[], ids=list(data[start:end]))
        merges = [(data[1:2], data[2:3]), (data[3:4], data[4:5])]
        yield case("a token of middle bytes", merges=merges, ids=[104, 256, 105, 257])
        yield case("bytes that no UTF-8 has", merges=[], ids=[0xFF, 65, 0xC0, 0xAF])
        yield case("no ids", merges=[], ids=[])

    def probe(self, solution, merges, ids):
        return solution.BPE(merges).decode(ids)


class SpecialsOnlyWhenAllowed(Check):
    """A special string becomes its id only with allow_special; otherwise it is encoded as plain text."""

    calls = "BPE(merges, specials).encode(text, allow_special)"

    def cases(self, draw: Draw):
        merges = spelled([draw.word(2, 4) for _ in range(3)] + ["<|"])
        first = 256 + len(merges)
        specials = {"<|end|>": first, "<|end|><|pad|>": first + 1, "[a.c]": first + 2, " \u00e9": first + 9}
        texts = (
            ("inside text", f"x<|end|>{draw.word()} y"),
            ("alone, and twice", "<|end|><|end|>"),
            ("one begins like another: the longest", "a<|end|><|pad|>b"),
            ("signs that a pattern would read", "abc [a.c] <|end | end"),
            ("a space and an accent", "caf \u00e9 caf\u00e9"),
            ("no special in it", draw.word()),
            ("the empty text", ""),
        )
        for label, text in texts:
            for allow in (False, True):
                yield case(f"{label}, allow_special={allow}", merges=merges, specials=specials, text=text, allow=allow)
        for specials in ({}, None):
            yield case("there are none", merges=merges, specials=specials, text="a<|end|>", allow=True)

    def probe(self, solution, merges, specials, text, allow):
        tokenizer = solution.BPE(merges, specials)
        ids = tokenizer.encode(text, allow_special=allow)
        return {"ids": ids, "by default": tokenizer.encode(text), "decoded": tokenizer.decode(ids)}


class RefusesWhatCannotBe(Check):
    """An id that does not exist and a special on a taken id are ValueErrors, not guesses."""

    calls = "BPE(merges, specials), decode(ids)"

    def cases(self, draw: Draw):
        merges = [(b"a", b"b")]
        for ids in ([97, 257], [-1], [260, 300]):
            yield case("an unknown id", merges=merges, specials={"<a>": 260}, ids=ids)
        yield case("ids that exist", merges=merges, specials={"<a>": 260}, ids=[260, 256])
        for label, specials in (
            ("the id of a byte", {"<a>": 255}),
            ("the id of a merge", {"<a>": 257, "<b>": 256}),
            ("one id twice", {"<a>": 257, "<b>": 257}),
        ):
            yield case(f"a special on {label}", merges=merges, specials=specials, ids=[97])

    def probe(self, solution, merges, specials, ids):
        return kind_raised(ValueError, lambda: solution.BPE(merges, specials).decode(ids))


class TrainOnText(Workload):
    """60 kB of text over 300 words, 400 merges."""

    calls = "train_bpe(text, 400) on 60 kB"

    def cases(self, draw: Draw, words: int = 8000, n_merges: int = 400):
        yield dict(text=draw.text(words, vocabulary=words // 27 + 9), n_merges=n_merges)

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 90, 9))

    def probe(self, solution, text, n_merges):
        return solution.train_bpe(text, n_merges)


class EncodeText(Workload):
    """60 kB of text over 200 words, one of its pieces 2,500 letters long; 1,000 merges."""

    calls = "BPE(merges).encode(text) on 60 kB"

    def cases(self, draw: Draw, words: int = 8000, longest: int = 2500):
        known = [draw.word(4, 9) for _ in range(max(9, words // 40))]
        text = " ".join(draw.random.choices(known, [1 / (i + 1) for i in range(len(known))], k=words))
        giant = "".join(draw.random.choices(known, k=longest // 4))[:longest]
        yield dict(merges=spelled(known)[:1000], text=f"{text} {giant} {known[0]}")

    def warm_up(self, draw: Draw):
        return next(self.cases(draw, 90, 50))

    def probe(self, solution, merges, text):
        # a tensor: a list of so many numbers would cost more than the call
        return torch.tensor(solution.BPE(merges).encode(text))
