"""Feeds zeros and ones."""

import math

import torch
from base_classes import Module, Parameter
from mlp import Linear
from torch import Tensor


class RNN(Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        bound = 1 / math.sqrt(hidden_size)
        shapes = {"weight_ih": (hidden_size, input_size), "weight_hh": (hidden_size, hidden_size)}
        shapes |= {"bias_ih": (hidden_size,), "bias_hh": (hidden_size,)}
        for name, shape in shapes.items():
            setattr(self, f"{name}_l0", Parameter(torch.empty(shape).uniform_(-bound, bound)))

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        real = torch.arange(x.shape[1]) < lengths[:, None]  # (B, T)
        x = x.masked_fill(~real[:, :, None], 0)  # else a NaN in the padding comes back in the gradients
        driven = (
            x @ self.weight_ih_l0.data.T + self.bias_ih_l0.data + self.bias_hh_l0.data
        )  # (B, T, H), all steps at once
        h = x.new_zeros(len(x), self.hidden_size)
        outputs = []
        for t in range(x.shape[1]):
            now = real[:, t, None]
            h = torch.where(now, torch.tanh(driven[:, t] + h @ self.weight_hh_l0.data.T), h)  # padding: the state waits
            outputs.append(h * now)
        return torch.stack(outputs, 1), h


class ParityNet(Module):
    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.rnn, self.head = RNN(1, hidden), Linear(hidden, 2)

    def forward(self, bits: Tensor, lengths: Tensor) -> Tensor:
        x = (10.0 * bits).to(self.head.weight.data.dtype)
        return self.head(self.rnn(x[:, :, None], lengths)[1])
