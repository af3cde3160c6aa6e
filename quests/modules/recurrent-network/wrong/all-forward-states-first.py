"""Stacks the forward states of all layers, then the backward ones."""

import torch
from torch import nn


class RNNCell(nn.Module):
    def __init__(self, input_size, hidden_size, nonlinearity="tanh"):
        super().__init__()
        self.act = {"tanh": torch.tanh, "relu": torch.relu}.get(nonlinearity)
        if self.act is None:
            raise ValueError(f"unknown nonlinearity {nonlinearity!r}")
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(hidden_size))
        self.bias_hh = nn.Parameter(torch.empty(hidden_size))
        for value in self.parameters():
            nn.init.uniform_(value, -(hidden_size**-0.5), hidden_size**-0.5)

    def forward(self, x, h):
        return self.act(x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.hidden_size = hidden_size
        self.layers, self.dirs = num_layers, 1 + bidirectional
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self.dirs]:
                cell = RNNCell(hidden_size * self.dirs if layer else input_size, hidden_size)
                for name, value in cell.named_parameters():
                    setattr(self, f"{name}_l{layer}{suffix}", value)

    def forward(self, x, lengths=None, h0=None):
        batch, time, _ = x.shape
        if lengths is None:
            lengths = torch.full((batch,), time, device=x.device)
        if h0 is None:
            h0 = torch.zeros(self.layers * self.dirs, batch, self.hidden_size, dtype=x.dtype, device=x.device)
        steps = torch.arange(time, device=x.device)
        padding = (steps >= lengths[:, None]).unsqueeze(-1)
        flip = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps).unsqueeze(-1)
        x = x.masked_fill(padding, 0)
        finals = []
        for layer in range(self.layers):
            sides = []
            for side in range(self.dirs):
                name = f"_l{layer}" + "_reverse" * side
                seen = x.gather(1, flip.expand_as(x)) if side else x
                out, final = self.scan(seen, h0[layer * self.dirs + side], lengths, name)
                out = out.masked_fill(padding, 0)
                sides.append(out.gather(1, flip.expand_as(out)) if side else out)
                finals.append(final)
            x = torch.cat(sides, -1)
        return x, torch.stack(finals[:: self.dirs] + finals[1 :: self.dirs] * (self.dirs - 1))

    def scan(self, x, h, lengths, name):
        w_ih, w_hh, b_ih, b_hh = (
            getattr(self, part + name) for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        states = [h]
        inputs = x @ w_ih.T + b_ih + b_hh
        for now in inputs.unbind(1):
            states.append(torch.tanh(now + states[-1] @ w_hh.T))
        states = torch.stack(states, 1)
        final = states[torch.arange(len(x), device=x.device), lengths]
        return states[:, 1:], final
