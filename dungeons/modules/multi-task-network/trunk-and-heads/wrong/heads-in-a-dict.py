"""Heads in a plain dict."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn


class MultiTask(nn.Module):
    """trunk(x) is computed once; each head makes its task's output of it."""

    def __init__(self, trunk: nn.Module, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = dict(heads)

    def forward(self, x: Tensor, tasks: Iterable[str] | None = None) -> dict[str, Tensor]:
        heads = {task: self.heads[task] for task in (self.heads if tasks is None else tasks)}
        features = self.trunk(x)
        return {task: head(features) for task, head in heads.items()}

    def add_head(self, name: str, head: nn.Module) -> None:
        if name in self.heads:
            raise ValueError(f"there is a head {name!r} already")
        for like in self.trunk.parameters():  # a trunk without parameters leaves the head as it is
            head.to(like.device, like.dtype)
        self.heads[name] = head.train(self.training)

    def remove_head(self, name: str) -> nn.Module:
        return self.heads.pop(name)


class PointHead(nn.Module):
    """Where the score is high: the mean place under a softmax over all cells of the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        share = attention(self.score(features))  # (B, H, W)
        rows, columns = middles(share.shape[1], share), middles(share.shape[2], share)
        return torch.stack([share.sum(2) @ rows, share.sum(1) @ columns], dim=1)  # (B, 2)


class ClassHead(nn.Module):
    """What is there where the score is high: the mean of the features under that softmax, then a linear layer."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, 1, 1)
        self.linear = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        share = attention(self.score(features))
        return self.linear(torch.einsum("bchw,bhw->bc", features, share))


def attention(score: Tensor) -> Tensor:
    """Scores (B, 1, H, W) -> shares (B, H, W) that add up to 1 over the cells of each picture."""
    return score.flatten(1).softmax(dim=1).view(len(score), *score.shape[2:])


def middles(count: int, like: Tensor) -> Tensor:
    """The middles of `count` equal parts of [0, 1]."""
    return (torch.arange(count, device=like.device, dtype=like.dtype) + 0.5) / count
