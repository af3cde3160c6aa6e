"""Find the part of a brief that speaks of a failure: by shared words, the rare ones weighing most. No index, no network."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"^##[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_FENCE = re.compile(r"```.*?```", re.DOTALL)
_STOP = frozenset(
    """
    a an and any are as at be but by can each every for from give gives given has have how in into is it its no not of on one only or
    same so than that the their then there these they this to was what when where which who will with without you your expected got
    line call called differ differs value values input inputs output result results
    """.split()
)
_PREFERRED = 1.25  # a heading that usually answers this kind of failure
_LEAST = 2.0  # weight of shared words below which no passage is near


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a brief: its heading, its whole text, and the one passage (paragraph or point) that is nearest."""

    title: str
    text: str
    passage: str


def nearest_section(brief: str, query: str, prefer: str = "") -> Section | None:
    """The section of a Markdown text with the passage nearest to `query`; None where no passage is near.

    Sections whose title contains `prefer` (lower case) win what would nearly be a tie.
    """
    sections = list(sections_of(brief))
    passages = [(title, text, passage, words_of(passage)) for title, text in sections for passage in passages_of(text)]
    wanted = set(words_of(query))
    spread = Counter(word for *_, words in passages for word in set(words))
    best, found = 0.0, None
    for title, text, passage, words in passages:
        shared = wanted & set(words)
        weight = sum(math.log(1 + len(passages) / spread[word]) for word in shared)
        if weight < _LEAST or len(shared) < 2:
            continue
        score = weight / math.sqrt(1 + len(set(words)) / 12)  # a long passage shares words by chance
        if prefer and prefer in title.lower():
            score *= _PREFERRED
        if score > best:
            best, found = score, Section(title, text, passage)
    return found


def sections_of(brief: str) -> Iterator[tuple[str, str]]:
    """(title, text) of every `## ` section; a heading within a code fence is none."""
    fences = [match.span() for match in _FENCE.finditer(brief)]
    heads = [head for head in _HEADING.finditer(brief) if not any(start <= head.start() < end for start, end in fences)]
    for head, after in zip(heads, [*heads[1:], None], strict=False):
        yield head[1], brief[head.end() : after.start() if after else len(brief)].strip()


def passages_of(text: str) -> Iterator[str]:
    """Paragraphs and points of a section, prose only: what stands in code fences is an illustration."""
    for block in re.split(r"\n\s*\n", _FENCE.sub("\n\n", text)):
        for point in re.split(r"\n(?=[*-] |\d+\. )", block):
            if passage := " ".join(point.split()).removeprefix("* ").removeprefix("- "):
                yield passage


def words_of(text: str) -> list[str]:
    """The words that carry meaning, lower case, without the commonest endings."""
    words = (word.lower() for word in _WORD.findall(text))
    return [_stem(word) for word in words if len(word) > 1 and word not in _STOP and not word.isdigit()]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
