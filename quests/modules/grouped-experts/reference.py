"""Experts of uneven load as products over contiguous groups (after MegaBlocks, arXiv 2211.15841: no padding, no dropping)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ACTIVATIONS = {"swiglu": F.silu, "geglu": F.gelu}


class GroupedExperts(nn.Module):
    """E gated MLPs, expert e: down[e] (act(gate[e] x) * (up[e] x)), each token through k of them."""

    def __init__(self, experts: int, dim: int, hidden: int, activation: str = "swiglu") -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"there is no activation {activation!r}; there are {', '.join(ACTIVATIONS)}")
        self.act = ACTIVATIONS[activation]
        self.gate = started(experts, hidden, dim)
        self.up = started(experts, hidden, dim)
        self.down = started(experts, dim, hidden)

    def forward(self, x: Tensor, expert_ids: Tensor, weights: Tensor) -> Tensor:
        """x (N, D), expert_ids (N, k) int64, weights (N, k) -> (N, D): the weighted sum of each token's experts."""
        n, k = expert_ids.shape
        ids = expert_ids.flatten()  # (N k,); entry j belongs to token j // k
        order = ids.argsort(stable=True)  # entries, expert by expert
        counts = torch.bincount(ids, minlength=len(self.gate))  # (E,)
        rows = x[order // k]  # (N k, D): every expert's tokens lie together
        hidden = self.act(grouped(rows, self.gate, counts)) * grouped(rows, self.up, counts)  # (N k, H)
        y = grouped(hidden, self.down, counts)  # (N k, D)
        # back to the places they came from by reading, not by adding: nothing collides, and the sum has a fixed order
        y = y[order.argsort()].view(n, k, x.shape[1])
        return (y * weights[..., None]).sum(1).to(x.dtype)


def started(experts: int, outputs: int, inputs: int) -> nn.Parameter:
    """(E, O, I), every expert as nn.Linear(I, O) starts; nn.init would take O * I for the number of inputs."""
    bound = 1 / math.sqrt(inputs)
    return nn.Parameter(torch.empty(experts, outputs, inputs).uniform_(-bound, bound))


def grouped(rows: Tensor, weight: Tensor, counts: Tensor) -> Tensor:
    """rows (M, I) in groups of counts (E,), weight (E, O, I) -> (M, O), group e times weight[e]^T."""
    if rows.is_cuda and rows.dtype == torch.bfloat16 and weight.shape[1] % 8 == weight.shape[2] % 8 == 0:
        # one kernel for all groups; their ends stay on the device
        return F.grouped_mm(rows, weight.mT, offs=counts.cumsum(0, dtype=torch.int32))
    parts = rows.split(counts.tolist())
    # unbind, not weight[e]: its backward stacks the E gradients, instead of adding E tensors of E matrices each
    return torch.cat([part @ matrix.T for part, matrix in zip(parts, weight.unbind(), strict=True)])
