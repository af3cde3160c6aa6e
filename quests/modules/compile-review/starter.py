"""Two modules that work, and that torch.compile cannot swallow: "fullgraph=True raises, without it nothing gets faster".

The docstrings are right and say what callers rely on. Mend the bodies; names, arguments, results, gradients and state_dict stay.
"""

import numpy as np
import torch
from torch import Tensor, nn


class Router(nn.Module):
    """Sends each row to the expert that the gate prefers, and scales what comes back.

    `steps` counts calls in training mode (int(router.steps) is how callers read it).
    """

    def __init__(self, dim: int, experts: int, limit: float = 10.0) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = nn.ModuleList(nn.Linear(dim, dim) for _ in range(experts))
        self.limit = limit
        self.steps = 0
        self.usage = [0] * experts

    def set_limit(self, limit: float) -> None:
        """Rows are shortened to this length from now on; called between training steps."""
        self.limit = limit

    def usage_counts(self) -> list[int]:
        """How many rows each expert has had, over all calls in training mode."""
        return list(self.usage)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, D) -> (B, D).

        Rows longer than limit are shortened to it (the factor is a constant for autograd). Each goes through the expert of
        its largest gate share, times that share, and is then multiplied by the root of its own mean where that mean is
        positive; all other rows stay as they are.
        """
        if self.training:
            self.steps += 1
        lengths = np.sqrt((x.detach().cpu().numpy() ** 2).sum(-1))  # (B,)
        if lengths.size and lengths.max() > self.limit:
            print(f"shortened {int((lengths > self.limit).sum())} rows")  # noqa: T201 - part of what is to be mended
            factor = np.minimum(1.0, self.limit / np.maximum(lengths, 1e-30))
            x = x * torch.from_numpy(factor).to(x)[:, None]
        shares = torch.softmax(self.gate(x), -1)  # (B, experts)
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows = (shares.argmax(-1) == number).nonzero().squeeze(1)
            if len(rows) == 0:
                continue
            if self.training:
                self.usage[number] += len(rows)
            out[rows] = expert(x[rows]) * shares[rows, number, None]
        results = []
        for row in out:
            level = row.mean()
            results.append(row * level.sqrt() if level.item() > 0 else row)
        return torch.stack(results) if results else out


class Ragged(nn.Module):
    """Pools sequences of different lengths, padded to a common one."""

    def __init__(self, dim: int, scale: float = 1.0) -> None:
        super().__init__()
        self.out = nn.Linear(dim, dim)
        self.scale = scale
        self.ramps = {}

    def set_scale(self, scale: float) -> None:
        """What pooled vectors are multiplied by from now on; called between training steps."""
        self.scale = scale

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (B, T, D), lengths (B,) int64 in [0, T] -> (B, D).

        The mean over a sequence's own positions, position t weighted by (t + 1) / T, plus its last own vector; 0 for an
        empty one. Then times scale, then a linear layer. What lies in the padding does not matter, NaN included.
        """
        most = x.shape[1]
        if most not in self.ramps:
            self.ramps[most] = (torch.arange(most, device=x.device) + 1) / max(most, 1)
        ramp = self.ramps[most].to(x.dtype)  # (T,)
        pooled = []
        for row, length in zip(x, lengths.tolist(), strict=True):
            if length == 0:
                pooled.append(torch.zeros_like(x[0, 0]) if most else x.new_zeros(x.shape[2]))
                continue
            own = row[:length] * ramp[:length, None]  # (length, D)
            pooled.append(own.mean(0) + row[length - 1])
        return self.out(torch.stack(pooled) * self.scale)
