"""Strings of balanced brackets of several kinds: a small probabilistic grammar with a known entropy.

    S -> nothing, with probability 1 - opening
    S -> open_i S close_i S, with probability opening / kinds for each kind i

and opening < 1/2, so that strings end. Written from left to right this is: at every place open a bracket with
probability `opening` (each kind as likely); otherwise close the innermost open one, or end the string where none is open.

Optimum. The grammar is unambiguous, so predicting the next token is knowing that rule. Whether a bracket opens is a coin,
its kind is uniform, and what closes is determined by the brackets that are open. Every token, END included, therefore has
the same conditional entropy

    h = -p log p - (1 - p) log(1 - p) + p log(kinds)   nats per token,   p = opening,

wherever it stands, so h is also exact for strings that were cut at `longest`. An S expands 1 / (1 - 2p) times in
expectation, which is the expected number of tokens, and h / (1 - 2p) is the entropy of a whole string. What cannot
remember a stack (a counter of depth) must guess the kind that closes and stays above h where kinds > 1.
"""

import math

import torch
from torch import Tensor

from leveling.data.streams import Stream

PAD, END, FIRST = 0, 1, 2  # bracket i opens as FIRST + 2 i and closes as FIRST + 2 i + 1


def dyck(count: int, *, kinds: int = 2, opening: float = 0.45, longest: int = 32, seed: int) -> tuple[Tensor, Tensor]:
    """`count` strings: tokens int64 (N, longest), END after a whole string, PAD behind it; lengths int64 (N,).

    A length counts END. A string with more than `longest` tokens is cut there and has no END. There are
    FIRST + 2 * kinds different tokens.
    """
    _checked(kinds, opening)
    stream = Stream("dyck", seed)
    opens = (stream.uniform(count, longest) < opening).tolist()
    kind = stream.integers(0, kinds, count, longest).tolist()
    strings = [_string(*coins) for coins in zip(opens, kind, strict=True)]
    lengths = torch.tensor([len(string) for string in strings], dtype=torch.int64, device="cpu")
    padded = [string + [PAD] * (longest - len(string)) for string in strings]
    return torch.tensor(padded, dtype=torch.int64, device="cpu").reshape(count, longest), lengths


def dyck_entropy_per_token(*, kinds: int = 2, opening: float = 0.45) -> float:
    """Nats: the least expected log loss per token (PAD not counted)."""
    _checked(kinds, opening)
    return -opening * math.log(opening / kinds) - (1 - opening) * math.log(1 - opening)


def dyck_next(prefix: list[int], *, kinds: int = 2, opening: float = 0.45) -> Tensor:
    """float64 (FIRST + 2 * kinds,): the true probabilities of the token after `prefix`, a string that has not ended."""
    _checked(kinds, opening)
    stack: list[int] = []
    for place, token in enumerate(prefix):
        if FIRST <= token < FIRST + 2 * kinds and token % 2 == 0:
            stack.append(token)
        elif not stack or stack.pop() + 1 != token:
            raise ValueError(f"token {token} at place {place} does not continue a string of balanced brackets")
    probabilities = torch.zeros(FIRST + 2 * kinds, dtype=torch.float64, device="cpu")
    probabilities[FIRST::2] = opening / kinds
    probabilities[stack[-1] + 1 if stack else END] = 1 - opening
    return probabilities


def _string(opens: list[bool], kind: list[int]) -> list[int]:
    """One string, from a coin and a kind for each place."""
    tokens: list[int] = []
    stack: list[int] = []
    for opening, which in zip(opens, kind, strict=True):
        if opening:
            stack.append(FIRST + 2 * which)
            tokens.append(stack[-1])
        elif stack:
            tokens.append(stack.pop() + 1)
        else:
            tokens.append(END)
            break
    return tokens


def _checked(kinds: int, opening: float) -> None:
    if kinds < 1 or not 0 < opening < 0.5:
        raise ValueError(f"kinds {kinds}, opening {opening}: kinds are 1 or more, opening lies between 0 and 1/2")
