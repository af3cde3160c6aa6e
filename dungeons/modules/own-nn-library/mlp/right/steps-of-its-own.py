"""Adam written out, masks from a Bernoulli draw, the loss through a shifted softmax."""

import itertools

import torch
from base_classes import Module, Parameter, Sequential


class Linear(Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = in_features**-0.5
        self.weight = Parameter((2 * torch.rand(out_features, in_features) - 1) * bound)
        self.bias = Parameter((2 * torch.rand(out_features) - 1) * bound) if bias else None

    def forward(self, x):
        y = torch.tensordot(x, self.weight.data, dims=([-1], [1]))
        return y + self.bias.data if self.bias is not None else y


class ReLU(Module):
    def forward(self, x):
        return torch.relu(x)


class Dropout(Module):
    def __init__(self, p=0.5):
        super().__init__()
        if p < 0 or p >= 1:
            raise ValueError(f"p = {p}")
        self.p = p

    def forward(self, x):
        if self.training and self.p > 0:
            return x * torch.empty_like(x).bernoulli_(1 - self.p).div_(1 - self.p)
        return x


def cross_entropy(logits, labels):
    logs = logits - logits.amax(1, keepdim=True).detach()
    logs = logs - logs.exp().sum(1, keepdim=True).log()
    return -logs[torch.arange(len(labels)), labels].mean()


def mlp(sizes, dropout=0.0):
    layers = [Linear(sizes[0], sizes[1])]
    for before, after in itertools.pairwise(sizes[1:]):
        layers.extend((ReLU(), Dropout(dropout), Linear(before, after)))
    return Sequential(*layers)


def fit(net, inputs, labels, *, epochs, batch=100, rate=0.005, report=None):
    net.train()
    count, per_epoch = len(labels), -(-len(labels) // batch)
    moments = [[each, torch.zeros_like(each.data), torch.zeros_like(each.data)] for each in net.parameters()]
    done, all_steps = 0, epochs * per_epoch
    for _ in range(epochs):
        order = torch.randperm(count)
        for start in range(0, count, batch):
            rows = order[start : start + batch]
            loss = cross_entropy(net(*[each[rows] for each in inputs]), labels[rows])
            for each, _, _ in moments:
                each.data.grad = None
            loss.backward()
            now, done = rate * (all_steps - done) / all_steps, done + 1
            with torch.no_grad():
                for each, mean, square in moments:
                    if each.grad is not None:
                        mean.mul_(0.9).add_(each.grad, alpha=0.1)
                        square.mul_(0.999).addcmul_(each.grad, each.grad, value=0.001)
                        spread = (square / (1 - 0.999**done)).sqrt_().add_(1e-8)
                        each.data.addcdiv_(mean, spread, value=-now / (1 - 0.9**done))
            if report is not None:
                report(done, all_steps, loss=loss.item())
    return net.eval()


def predict(net, inputs):
    net.eval()
    with torch.inference_mode():
        return net(*inputs).max(dim=1).indices
