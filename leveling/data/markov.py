"""Text in which the next letter depends on the last one or two: a language with a known entropy.

The probabilities of the next letter after each context (`order` letters) are the softmax of N(0, 2.25) values drawn
from `task`, so every letter can follow every context and the chain has one stationary distribution. Text starts in it.

Optimum. No predictor that sees the past has a smaller expected log loss per letter, after the first `order` letters,
than the entropy rate

    h = - sum over contexts c of pi(c) sum over letters a of P(a | c) log P(a | c)   nats per letter,

with pi the stationary distribution over contexts: the solution of pi = pi T, sum pi = 1, where T moves context
(a_1 .. a_m) to (a_2 .. a_m, a) with probability P(a | a_1 .. a_m). Solved as a linear system in float64. A predictor that
looks back fewer letters than `order` stays above h: `markov_entropy_rate(..., seen=k)` is its best loss.
"""

from bisect import bisect_right
from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.streams import Stream

SPREAD = 1.5


def markov(length: int, *, order: int = 1, letters: int = 8, task: int = 0, seed: int) -> Tensor:
    """int64 (length,): letters in [0, letters), one text."""
    transition, stationary = _chain(order, letters, task)
    stream = Stream("markov", seed)
    context = int(stream.choices(stationary, 1))
    text = [context // letters ** (order - 1 - place) % letters for place in range(order)]
    steps = transition.cumsum(1).tolist()
    for point in stream.uniform(max(0, length - order)).tolist():
        # The last sum may fall short of 1 by rounding.
        letter = min(bisect_right(steps[context], point), letters - 1)
        text.append(letter)
        context = (context * letters + letter) % letters**order
    return torch.tensor(text[:length], dtype=torch.int64, device="cpu")


def markov_transition(*, order: int = 1, letters: int = 8, task: int = 0) -> Tensor:
    """float64 (letters,) * order + (letters,): P(next letter | the letters before it, the oldest first)."""
    return _chain(order, letters, task)[0].reshape((letters,) * (order + 1)).clone()


@lru_cache
def markov_entropy_rate(*, order: int = 1, letters: int = 8, task: int = 0, seen: int | None = None) -> float:
    """Nats per letter: the least expected log loss of a predictor that sees the last `seen` letters (None: all)."""
    transition, stationary = _chain(order, letters, task)
    joint = (stationary[:, None] * transition).reshape((letters,) * (order + 1))
    forgotten = order - min(order, order if seen is None else seen)
    if forgotten:
        joint = joint.sum(dim=tuple(range(forgotten)))
    conditional = joint / joint.sum(dim=-1, keepdim=True)
    return float(-(joint * conditional.log()).sum())


@lru_cache
def _chain(order: int, letters: int, task: int) -> tuple[Tensor, Tensor]:
    """Transition float64 (contexts, letters) and stationary distribution float64 (contexts,)."""
    if order not in {1, 2} or not 2 <= letters <= 32:
        raise ValueError(f"order {order} over {letters} letters: the order is 1 or 2, and there are 2 to 32 letters")
    contexts = letters**order
    drawn = Stream(f"markov, task, {order} of {letters}", task).normal(contexts, letters)
    transition = (SPREAD * drawn).softmax(dim=1)
    moves = torch.zeros(contexts, contexts, dtype=torch.float64, device="cpu")
    context = torch.arange(contexts, device="cpu")
    following = (context[:, None] * letters + torch.arange(letters, device="cpu")) % contexts
    moves.scatter_(1, following, transition)
    # pi (T - I) = 0 has one solution up to scale; one of its equations gives way to sum pi = 1.
    system = (moves - torch.eye(contexts, dtype=torch.float64, device="cpu")).T
    system[-1] = 1
    wanted = torch.zeros(contexts, dtype=torch.float64, device="cpu")
    wanted[-1] = 1
    return transition, torch.linalg.solve(system, wanted).clamp(min=0)
