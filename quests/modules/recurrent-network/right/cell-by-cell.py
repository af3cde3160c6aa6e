"""Independent idiom: the cell is called at every step, both directions by index, nothing hoisted."""

import torch
from torch import nn


class RNNCell(nn.Module):
    def __init__(self, input_size, hidden_size, nonlinearity="tanh"):
        super().__init__()
        if nonlinearity not in {"tanh", "relu"}:
            raise ValueError(nonlinearity)
        self.kind = nonlinearity
        bound = hidden_size**-0.5
        self.weight_ih = nn.Parameter((torch.rand(hidden_size, input_size) * 2 - 1) * bound)
        self.weight_hh = nn.Parameter((torch.rand(hidden_size, hidden_size) * 2 - 1) * bound)
        self.bias_ih = nn.Parameter((torch.rand(hidden_size) * 2 - 1) * bound)
        self.bias_hh = nn.Parameter((torch.rand(hidden_size) * 2 - 1) * bound)

    def forward(self, x, h):
        return step(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, self.kind)


def step(x, h, w_ih, w_hh, b_ih, b_hh, kind="tanh"):
    total = nn.functional.linear(x, w_ih, b_ih) + nn.functional.linear(h, w_hh, b_hh)
    return getattr(total, kind)()


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.names = [f"l{i}{end}" for i in range(num_layers) for end in ("", "_reverse")[: 1 + bidirectional]]
        self.dirs, self.size = 1 + bidirectional, hidden_size
        for name in self.names:
            width = input_size if "l0" in name else hidden_size * self.dirs
            for part, value in RNNCell(width, hidden_size).named_parameters():
                self.register_parameter(f"{part}_{name}", value)

    def forward(self, x, lengths=None, h0=None):
        rows, time = x.shape[:2]
        lengths = x.new_full((rows,), time, dtype=torch.int64) if lengths is None else lengths
        live = (torch.arange(time, device=x.device)[:, None] < lengths).unsqueeze(-1)  # (T, B, 1)
        h0 = x.new_zeros(len(self.names), rows, self.size) if h0 is None else h0
        steps = [now.masked_fill(~keep, 0) for now, keep in zip(x.unbind(1), live, strict=True)]
        last = []
        for layer in range(0, len(self.names), self.dirs):
            found = [[] for _ in steps]
            for side in range(self.dirs):
                name, h = self.names[layer + side], h0[layer + side]
                held = [self.get_parameter(f"{p}_{name}") for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
                for t in range(time)[:: 1 - 2 * side]:
                    h = torch.where(live[t], step(steps[t], h, *held), h)
                    found[t].append(h * live[t])
                last.append(h)
            steps = [torch.cat(parts, -1) for parts in found]
        return torch.stack(steps, 1), torch.stack(last)
