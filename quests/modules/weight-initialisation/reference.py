"""Initialisation: Glorot and Bengio (2010), He et al. (arXiv 1502.01852), Saxe et al. (arXiv 1312.6120)."""

import math
from statistics import NormalDist

import torch
from torch import Generator, Tensor, nn

NORMS = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.LayerNorm | nn.GroupNorm


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Numbers that each output sums over, and outputs that each input goes to; weights are (O, I / groups, *kernel)."""
    if len(shape) < 2:
        raise ValueError(f"fans need a weight of at least two dimensions, not {tuple(shape)}")
    area = math.prod(shape[2:])  # 1 for a linear layer
    return shape[1] * area, shape[0] * area


def gain_of(nonlinearity: str, slope: float) -> float:
    """What a layer multiplies the deviation by, to make up for what its nonlinearity takes away."""
    gains = {
        "linear": 1.0,
        "tanh": 5.0 / 3.0,  # by experience, as in torch: no closed form
        "relu": math.sqrt(2.0),  # half of the second moment is lost
        "leaky_relu": math.sqrt(2.0 / (1.0 + slope**2)),
    }
    if nonlinearity not in gains:
        raise ValueError(f"no gain is known for {nonlinearity!r}; there are {', '.join(gains)}")
    return gains[nonlinearity]


@torch.no_grad()
def xavier_uniform_(w: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Uniform with variance gain^2 * 2 / (fan_in + fan_out)."""
    bound = gain * math.sqrt(6.0 / sum(fans(w.shape)))  # variance of U(-b, b) is b^2 / 3
    return w.uniform_(-bound, bound, generator=generator)


@torch.no_grad()
def kaiming_normal_(
    w: Tensor,
    mode: str = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal with deviation gain / sqrt(fan)."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan_in, fan_out = fans(w.shape)
    fan = fan_in if mode == "fan_in" else fan_out
    return w.normal_(0.0, gain_of(nonlinearity, slope) / math.sqrt(fan), generator=generator)


@torch.no_grad()
def orthogonal_(w: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Orthonormal rows or columns, whichever are fewer, times gain; drawn uniformly (Haar measure)."""
    fans(w.shape)  # refuses vectors
    rows, columns = w.shape[0], math.prod(w.shape[1:])
    normal = torch.randn(max(rows, columns), min(rows, columns), generator=generator, device=w.device)  # tall
    q, r = torch.linalg.qr(normal)
    q = q * torch.sign(torch.diagonal(r))  # QR is unique, and so q uniform, only with a positive diagonal of r
    matrix = q if rows >= columns else q.T
    return w.copy_(gain * matrix.reshape(w.shape))


@torch.no_grad()
def trunc_normal_(w: Tensor, std: float, a: float, b: float, generator: Generator | None = None) -> Tensor:
    """N(0, std^2) given that the value lies in [a, b], through the inverse of the distribution function."""
    if not (std > 0 and a < b):
        raise ValueError(f"a truncated normal needs std > 0 and a < b, not std={std}, a={a}, b={b}")
    low, high = (NormalDist().cdf(edge / std) for edge in (a, b))
    share = torch.rand(w.shape, generator=generator, dtype=torch.float64, device=w.device)
    values = torch.special.ndtri(low + (high - low) * share) * std
    return w.copy_(values).clamp_(a, b)  # rounding to the dtype of w may step over an edge


def init_model(model: nn.Module, scheme: str, generator: Generator | None) -> None:
    """Fill every Linear and Conv2d by `scheme`, biases with 0; norms with 1 and 0; embeddings from N(0, 0.02^2)."""
    schemes = {"xavier": xavier_uniform_, "kaiming": kaiming_normal_, "orthogonal": orthogonal_}
    if scheme not in schemes:
        raise ValueError(f"no scheme is called {scheme!r}; there are {', '.join(schemes)}")
    with torch.no_grad():
        for part in model.modules():  # yields a shared part once
            if isinstance(part, nn.Linear | nn.Conv2d):
                schemes[scheme](part.weight, generator=generator)
            elif isinstance(part, NORMS) and part.weight is not None:
                part.weight.fill_(1.0)
            elif isinstance(part, nn.Embedding):
                part.weight.normal_(0.0, 0.02, generator=generator)
                if part.padding_idx is not None:
                    part.weight[part.padding_idx] = 0.0
            if isinstance(part, nn.Linear | nn.Conv2d | NORMS) and part.bias is not None:
                part.bias.zero_()
