"""Grid worlds with walls, slipping and one goal: a decision process whose optimal values are known.

A cell is a wall with probability `walls`; one cell is the goal; free cells from which the goal cannot be reached become
walls too; all is drawn again until a third of the cells or more are free. Actions 0 to 3 are up, right, down, left. With
probability 1 - slip the step goes that way, otherwise to one of the two sides (slip / 2 each); a step into a wall or off
the grid stays. Entering the goal pays 1, all else 0. The goal and walls are absorbing and pay nothing. Rewards are
discounted by `discount` a step.

Optimum. The operator (B V)(s) = max over a of [R(s, a) + discount sum P(s' | s, a) V(s')] shrinks distances in the maximum
norm by `discount` (< 1), so it has one fixed point, the optimal values, and iterating it gets there (Bellman; Banach).
When a sweep changed no value by more than e, the values are within e discount / (1 - discount) of the optimum: the
iteration goes on until that is below 1e-10. A policy's worth is measured against them by `grid_policy_values`, a linear
system: (I - discount P_pi) V = R_pi.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from leveling.data.streams import Stream

ACCURACY = 1e-10


class GridWorld(NamedTuple):
    """S = size^2 cells, numbered row by row."""

    transition: Tensor  # float64 (S, 4, S): P(next cell | cell, action)
    reward: Tensor  # float64 (S, 4): expected reward of an action in a cell
    walls: Tensor  # bool (size, size)
    goal: int
    discount: float


def grid_world(size: int = 8, *, walls: float = 0.2, slip: float = 0.1, discount: float = 0.95, seed: int) -> GridWorld:
    """A grid of `size` x `size` cells."""
    if size < 2 or not 0 <= walls <= 0.35 or not 0 <= slip <= 1 or not 0 <= discount < 1:
        raise ValueError(
            f"size {size}, walls {walls}, slip {slip}, discount {discount}: size is 2 or more, walls lie in [0, 0.35], "
            "slip in [0, 1], discount in [0, 1)"
        )
    stream = Stream("grid world", seed)
    reachable, goal = _drawn(stream, size, walls)
    steps = _steps(reachable, size)  # (S, 4): where a step that does not slip ends
    transition = torch.zeros(size * size, 4, size * size, dtype=torch.float64, device="cpu")
    cells = torch.arange(size * size, device="cpu")[:, None].expand(-1, 4)
    actions = torch.arange(4, device="cpu").expand(size * size, 4)
    for turn, chance in ((0, 1 - slip), (1, slip / 2), (3, slip / 2)):
        ends = steps[:, (torch.arange(4, device="cpu") + turn) % 4]
        # Both sides may end in the same cell, so add up.
        transition.index_put_((cells, actions, ends), torch.full_like(transition[..., 0], chance), accumulate=True)
    absorbing = ~reachable.flatten()
    absorbing[goal] = True
    transition[absorbing] = 0
    transition[absorbing, :, absorbing.nonzero().flatten()] = 1
    reward = transition[:, :, goal].clone()
    reward[absorbing] = 0
    return GridWorld(transition, reward, ~reachable, goal, discount)


def grid_optimal_values(world: GridWorld) -> Tensor:
    """float64 (S,): the largest expected discounted sum of rewards from each cell, to 1e-10."""
    values = torch.zeros(len(world.transition), dtype=torch.float64, device="cpu")
    while True:
        better = grid_action_values(world, values).amax(dim=1)
        change = float((better - values).abs().max())
        values = better
        if change * world.discount <= ACCURACY * (1 - world.discount):
            return values


def grid_action_values(world: GridWorld, values: Tensor) -> Tensor:
    """float64 (S, 4): the worth of each action, if `values` (S,) are the worths of the cells."""
    afterwards = torch.einsum("sat,t->sa", world.transition, values)
    return torch.add(world.reward, afterwards, alpha=world.discount)


def grid_policy_values(world: GridWorld, policy: Tensor) -> Tensor:
    """float64 (S,): the worth of each cell under `policy`, probabilities (S, 4) of the actions."""
    weights = policy.to(torch.float64)
    moves = torch.einsum("sa,sat->st", weights, world.transition)
    here = torch.eye(len(moves), dtype=torch.float64, device="cpu")
    values: Tensor = torch.linalg.solve(here - world.discount * moves, (weights * world.reward).sum(dim=1))
    return values


def _drawn(stream: Stream, size: int, walls: float) -> tuple[Tensor, int]:
    """Free cells, bool (size, size), and the goal."""
    while True:
        blocked = stream.uniform(size, size) < walls
        goal = int(stream.integers(0, size * size, 1))
        reachable = _reachable(blocked.tolist(), goal, size)
        if 3 * int(reachable.sum()) >= size * size:
            return reachable, goal


def _reachable(blocked: list[list[bool]], goal: int, size: int) -> Tensor:
    """Bool (size, size): free cells that are connected to the goal."""
    seen, waiting = {divmod(goal, size)}, [divmod(goal, size)]
    while waiting:
        row, column = waiting.pop()
        for cell in ((row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)):
            inside = 0 <= cell[0] < size and 0 <= cell[1] < size
            if inside and cell not in seen and not blocked[cell[0]][cell[1]]:
                seen.add(cell)
                waiting.append(cell)
    reachable = torch.zeros(size, size, dtype=torch.bool, device="cpu")
    reachable[tuple(torch.tensor(sorted(seen), device="cpu").T)] = True
    return reachable


def _steps(reachable: Tensor, size: int) -> Tensor:
    """int64 (S, 4): the cell in which each action ends when it does not slip."""
    cells = torch.arange(size * size, device="cpu").reshape(size, size)
    ends = []
    for down, right in ((-1, 0), (0, 1), (1, 0), (0, -1)):
        row = torch.arange(size, device="cpu") + down
        column = torch.arange(size, device="cpu") + right
        inside = ((row >= 0) & (row < size))[:, None] & ((column >= 0) & (column < size))
        there = (row.clamp(0, size - 1)[:, None], column.clamp(0, size - 1))
        ends.append(torch.where(inside & reachable[there], cells[there], cells).flatten())
    return torch.stack(ends, dim=1)
