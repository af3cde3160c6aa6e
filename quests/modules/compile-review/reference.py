"""The reviewed code: decisions about values are made by tensors, and what changes between calls is a buffer."""

import torch
from torch import Tensor, nn


class Router(nn.Module):
    """Sends each row to the expert that the gate prefers, and scales what comes back."""

    limit: Tensor
    steps: Tensor
    usage: Tensor

    def __init__(self, dim: int, experts: int, limit: float = 10.0) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = nn.ModuleList(nn.Linear(dim, dim) for _ in range(experts))
        # not persistent: state_dict stays what it was; a tensor's value is no constant of the graph, a number's is
        self.register_buffer("limit", torch.tensor(limit), persistent=False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("usage", torch.zeros(experts, dtype=torch.int64), persistent=False)

    def set_limit(self, limit: float) -> None:
        """Rows are shortened to this length from now on."""
        self.limit.fill_(limit)

    def usage_counts(self) -> list[int]:
        """How many rows each expert has had; reads back to Python, so it stays outside forward."""
        return self.usage.tolist()

    def forward(self, x: Tensor) -> Tensor:
        """x (B, D) -> (B, D)."""
        lengths = torch.linalg.vector_norm(x.detach(), dim=-1, keepdim=True)  # (B, 1)
        x = x * (self.limit / lengths.clamp(min=1e-30)).clamp(max=1.0)  # a factor of 1 for rows within the limit
        shares = torch.softmax(self.gate(x), -1)  # (B, experts)
        chosen = shares.argmax(-1, keepdim=True)  # (B, 1)
        if self.training:  # a Python bool that seldom changes: one graph for each value
            self.steps += 1
            self.usage += (chosen == torch.arange(len(self.experts), device=x.device)).sum(0)
        # every expert sees every row: `experts` times the products, no shape that depends on values
        seen = torch.stack([expert(x) for expert in self.experts], 1)  # (B, experts, D)
        out = torch.take_along_dim(seen, chosen[:, :, None], 1).squeeze(1) * shares.gather(
            1, chosen
        )  # picked, not masked
        level = out.mean(-1, keepdim=True)  # (B, 1)
        positive = level > 0
        root = torch.where(
            positive, level, 1.0
        ).sqrt()  # the root never sees what it must not: its slope at 0 is infinite
        return out * torch.where(positive, root, 1.0)


class Ragged(nn.Module):
    """Pools sequences of different lengths, padded to a common one."""

    scale: Tensor

    def __init__(self, dim: int, scale: float = 1.0) -> None:
        super().__init__()
        self.out = nn.Linear(dim, dim)
        self.register_buffer("scale", torch.tensor(scale), persistent=False)

    def set_scale(self, scale: float) -> None:
        """What pooled vectors are multiplied by from now on."""
        self.scale.fill_(scale)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (B, T, D), lengths (B,) int64 in [0, T] -> (B, D)."""
        position = torch.arange(
            x.shape[1], device=x.device
        )  # made anew: cheap, and no key that a graph would depend on
        own = position < lengths[:, None]  # (B, T)
        weight = (position + 1).to(x.dtype) / x.shape[1]  # (T,)
        kept = torch.where(own[:, :, None], x, 0.0)  # where, not times: the padding may hold NaN
        mean = (kept * weight[:, None]).sum(1) / lengths.clamp(min=1)[:, None]  # (B, D)
        last = torch.where((position == lengths[:, None] - 1)[:, :, None], x, 0.0).sum(1)  # (B, D), 0 for an empty one
        return self.out((mean + last) * self.scale)
