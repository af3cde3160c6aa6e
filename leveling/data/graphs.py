"""Graphs with hidden groups (the symmetric stochastic block model): which group does a node belong to?

Each of n nodes is in one of k groups, independently and equally likely. Two nodes are linked with probability
inside / n if their groups are the same and outside / n if not, independently. The average degree is about
(inside + (k - 1) outside) / k.

Threshold. With lambda = (inside - outside)^2 / (k (inside + (k - 1) outside)), the Kesten-Stigum threshold is
lambda = 1. For k = 2 no method finds groups better than chance below it as n grows, and efficient ones do above it
(Mossel, Neeman, Sly 2012, 2018; Massoulie 2014). With four groups or more some information may
remain below it, out of reach of the efficient methods that are known.

Bound (not an optimum). Suppose a rival is told the true group of every node but one. All that tells about that one are
its links: as n grows their numbers into the groups are independent, Poisson(inside / k) into its own and
Poisson(outside / k) into each other one, and the best guess is the group with the most links (the fewest, if inside <
outside). So no method, told the groups of some nodes or of none, exceeds

    accuracy <= sum over c of P(X = c) sum over t of C(k - 1, t) P(Y = c)^t P(Y < c)^(k - 1 - t) / (t + 1)

with X and Y those Poisson numbers and ties split evenly, in the limit of large n. At finite n the rival gains a little
more, of order 1 / sqrt(n), from the groups' sizes. Where groups are named only up to a permutation, the best of the k!
namings is usually scored, which lifts pure chance by order 1 / sqrt(n) too.
"""

import math

import torch
from torch import Tensor

from leveling.data.streams import Stream


def graph(
    nodes: int, *, groups: int = 2, inside: float = 12.0, outside: float = 3.0, seed: int
) -> tuple[Tensor, Tensor]:
    """Links int64 (2, E) with the smaller node first, each once, sorted; groups int64 (nodes,) in [0, groups)."""
    _checked(groups, inside, outside)
    if max(inside, outside) > nodes:
        raise ValueError(f"inside {inside} and outside {outside} must not exceed the number of nodes, {nodes}")
    stream = Stream("graph", seed)
    labels = stream.integers(0, groups, nodes)
    links = []
    for node in range(nodes - 1):  # row by row: all pairs at once would fill the memory of a small machine
        chance = torch.where(labels[node + 1 :] == labels[node], inside / nodes, outside / nodes)
        others = (stream.uniform(nodes - node - 1) < chance).nonzero().flatten() + node + 1
        links.append(torch.stack([torch.full_like(others, node), others]))
    return torch.cat(links, dim=1), labels


def graph_signal(*, groups: int = 2, inside: float = 12.0, outside: float = 3.0) -> float:
    """Lambda of the docstring: groups can be found efficiently above 1; with two groups, not at all below."""
    _checked(groups, inside, outside)
    return (inside - outside) ** 2 / (groups * (inside + (groups - 1) * outside))


def graph_accuracy_bound(*, groups: int = 2, inside: float = 12.0, outside: float = 3.0) -> float:
    """The accuracy of the rival who knows every other node's group, as the number of nodes grows."""
    _checked(groups, inside, outside)
    own, other = _poisson(inside / groups), _poisson(outside / groups)
    if inside < outside:  # the group with the fewest links: count downwards
        own, other = own[::-1], other[::-1]
    total, below = 0.0, 0.0
    for at_own, at_other in zip(own, other, strict=True):
        ties = sum(math.comb(groups - 1, t) * at_other**t * below ** (groups - 1 - t) / (t + 1) for t in range(groups))
        total += at_own * ties
        below += at_other
    return total


def _poisson(mean: float) -> list[float]:
    """Probabilities of 0, 1, ... 1023; what lies beyond is nothing at the means that are allowed."""
    return [math.exp(c * math.log(mean) - mean - math.lgamma(c + 1)) for c in range(1024)]


def _checked(groups: int, inside: float, outside: float) -> None:
    if groups < 2 or not (0 < inside <= 500 and 0 < outside <= 500):
        raise ValueError(
            f"groups {groups}, inside {inside}, outside {outside}: there are 2 groups or more; the others lie in (0, 500]"
        )
