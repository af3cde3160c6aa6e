"""Five modules from one page of description."""

import math

import torch
from torch import Tensor, nn


class PReLUChannels(nn.Module):
    """x above 0, weight[c] * x elsewhere (He et al., arXiv 1502.01852)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        slope = self.weight.reshape(-1, *[1] * (x.dim() - 2))  # (C, 1, ...): aligned with dimension 1
        return torch.where(x > 0, x, slope * x)


class SqueezeExcite(nn.Module):
    """x times a gate for each channel, computed from the means of all channels (Hu et al., arXiv 1709.01507)."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        means = x.flatten(2).mean(2)  # (B, C, ...) -> (B, C)
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))
        return x * gate.reshape(*gate.shape, *[1] * (x.dim() - 2))  # (B, C, 1, ...)


class LearnedAverage(nn.Module):
    """The sum of k inputs of one shape, weighted by softmax(weight)."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(k))  # equal shares

    def forward(self, inputs: list[Tensor]) -> Tensor:
        if len(inputs) != len(self.weight):
            raise ValueError(f"{len(inputs)} inputs for {len(self.weight)} weights")
        return torch.tensordot(self.weight.softmax(0), torch.stack(inputs), dims=1)  # (k,) with (k, ...)


class NoisyLinear(nn.Module):
    """A linear layer with learned, factorised Gaussian noise (Fortunato et al., arXiv 1706.10295)."""

    def __init__(self, in_features: int, out_features: int, sigma: float = 0.5) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight_mu = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.weight_sigma = nn.Parameter(torch.full((out_features, in_features), sigma * bound))
        self.bias_mu = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))
        self.bias_sigma = nn.Parameter(torch.full((out_features,), sigma * bound))

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight_mu, self.bias_mu
        if self.training:
            e_out, e_in = (torch.randn(n, dtype=x.dtype, device=x.device) for n in weight.shape)
            f_out, f_in = (e.sign() * e.abs().sqrt() for e in (e_out, e_in))
            weight = weight + self.weight_sigma * torch.outer(f_out, f_in)  # I + O draws for I * O noises
            bias = bias + self.bias_sigma * f_out
        return x @ weight.T + bias


class MultiInputMLP(nn.Module):
    """One encoder for each named input; relu, concatenation in sorted order of the names, a linear head."""

    def __init__(self, sizes: dict[str, int], hidden: int, out: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({name: nn.Linear(size, hidden) for name, size in sizes.items()})
        self.head = nn.Linear(hidden * len(sizes), out)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        # a missing name is a KeyError that says it, as from any dict
        parts = [torch.relu(self.encoders[name](inputs[name])) for name in sorted(self.encoders)]
        return self.head(torch.cat(parts, dim=-1))
