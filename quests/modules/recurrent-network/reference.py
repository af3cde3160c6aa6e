"""An Elman network (Elman, Finding Structure in Time, 1990) with the parameter names and the padding rules of torch.nn.RNN."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def parameter(*shape: int, hidden_size: int) -> nn.Parameter:
    """Uniform in +-1 / sqrt(hidden_size), as torch starts every recurrent layer."""
    bound = 1.0 / math.sqrt(hidden_size)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


class RNNCell(nn.Module):
    """One step: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh") -> None:
        super().__init__()
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        self.weight_ih = parameter(hidden_size, input_size, hidden_size=hidden_size)
        self.weight_hh = parameter(hidden_size, hidden_size, hidden_size=hidden_size)
        self.bias_ih = parameter(hidden_size, hidden_size=hidden_size)
        self.bias_hh = parameter(hidden_size, hidden_size=hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """x (B, I), h (B, H) -> (B, H)."""
        total = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        return torch.tanh(total) if self.nonlinearity == "tanh" else torch.relu(total)


class RNN(nn.Module):
    """Layers of tanh recurrences over (B, T, I), in one or both directions."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False) -> None:
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.suffixes = ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * len(self.suffixes)
            for suffix in self.suffixes:
                shapes = {
                    "weight_ih": (hidden_size, width),
                    "weight_hh": (hidden_size, hidden_size),
                    "bias_ih": (hidden_size,),
                    "bias_hh": (hidden_size,),
                }
                for name, shape in shapes.items():
                    self.register_parameter(f"{name}_l{layer}{suffix}", parameter(*shape, hidden_size=hidden_size))

    def forward(self, x: Tensor, lengths: Tensor | None = None, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (B, T, I), lengths (B,), h0 (layers * dirs, B, H) -> outputs (B, T, H * dirs), h_n (layers * dirs, B, H)."""
        batch, time, _ = x.shape
        if h0 is None:
            h0 = x.new_zeros(self.num_layers * len(self.suffixes), batch, self.hidden_size)
        real = None  # (B, T, 1): where a sequence still has steps
        if lengths is not None:
            real = (torch.arange(time, device=x.device) < lengths.to(x.device).unsqueeze(1)).unsqueeze(2)
            x = torch.where(real, x, 0)  # else a NaN in the padding comes back as 0 * NaN in the gradients
        states = h0.unbind(0)
        last = []
        for layer in range(self.num_layers):
            found = []
            for suffix in self.suffixes:
                start = states[len(last)]
                outputs, h = self._run(x, start, real, f"_l{layer}{suffix}", reverse=suffix != "")
                found.append(outputs)
                last.append(h)  # layer by layer, forward before backward
            x = torch.cat(found, dim=2)  # (B, T, H * dirs): what the next layer reads
        return x, torch.stack(last)

    def _run(self, x: Tensor, h: Tensor, real: Tensor | None, name: str, *, reverse: bool) -> tuple[Tensor, Tensor]:
        """One layer in one direction: outputs (B, T, H), zero at padding, and the state after the last real step."""
        weight_ih, weight_hh = getattr(self, "weight_ih" + name), getattr(self, "weight_hh" + name)
        bias = getattr(self, "bias_ih" + name) + getattr(self, "bias_hh" + name)
        driven = F.linear(x, weight_ih, bias).unbind(1)  # T x (B, H): one product, only the recurrence has to wait
        time = x.shape[1]
        outputs = [x] * time
        for t in reversed(range(time)) if reverse else range(time):
            new = torch.tanh(torch.addmm(driven[t], h, weight_hh.T))
            h = new if real is None else torch.where(real[:, t], new, h)  # padding: the state waits
            outputs[t] = h
        stacked = torch.stack(outputs, dim=1)
        return (stacked if real is None else torch.where(real, stacked, 0)), h
