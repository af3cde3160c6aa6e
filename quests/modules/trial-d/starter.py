"""Promotion trial: modules from a one-page brief. Names in code style are keys of state_dict; nothing else is in it."""

from torch import Tensor, nn


class PReLUChannels(nn.Module):
    """x (B, C, ...): x above 0, weight[c] * x elsewhere. Parameter `weight` (C,), starts at 0.25."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        raise NotImplementedError("PReLUChannels.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("PReLUChannels.forward")


class SqueezeExcite(nn.Module):
    """x (B, C, ...) times sigmoid(excite(relu(squeeze(means)))), means (B, C) over all dimensions after C, one or more.

    Children: `squeeze`, C to max(1, C // reduction), and `excite`, back to C; both linear with bias.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        raise NotImplementedError("SqueezeExcite.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("SqueezeExcite.forward")


class LearnedAverage(nn.Module):
    """k tensors of one shape -> their sum, weighted by softmax(weight). Parameter `weight` (k,), starts at 0.

    Another number of inputs than k raises ValueError.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        raise NotImplementedError("LearnedAverage.__init__")

    def forward(self, inputs: list[Tensor]) -> Tensor:
        raise NotImplementedError("LearnedAverage.forward")


class NoisyLinear(nn.Module):
    """x (..., I) -> (..., O) with weight = weight_mu + weight_sigma * outer(f(e_out), f(e_in)), bias = bias_mu + bias_sigma * f(e_out).

    e_in (I,), e_out (O,) standard normal, new at each call in training mode; f(e) = sign(e) sqrt(|e|). In evaluation mode the
    noise is left out. Parameters `weight_mu`, `weight_sigma` (O, I), `bias_mu`, `bias_sigma` (O,): the mus start uniform in
    +-1 / sqrt(I), the sigmas at sigma / sqrt(I).
    """

    def __init__(self, in_features: int, out_features: int, sigma: float = 0.5) -> None:
        super().__init__()
        raise NotImplementedError("NoisyLinear.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("NoisyLinear.forward")


class MultiInputMLP(nn.Module):
    """{name: (..., size)} -> (..., out): `encoders`.NAME, linear to hidden; relu; joined in sorted order of names; `head`, linear.

    A missing input raises KeyError with its name; inputs that have no encoder are ignored.
    """

    def __init__(self, sizes: dict[str, int], hidden: int, out: int) -> None:
        super().__init__()
        raise NotImplementedError("MultiInputMLP.__init__")

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        raise NotImplementedError("MultiInputMLP.forward")
