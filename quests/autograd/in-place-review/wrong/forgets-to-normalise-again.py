"""Masks the weights and leaves their sum below 1."""

import re
import warnings

import torch
from torch.nn.functional import mse_loss

PENALTY = 0.1


def attention_step(q, k, v, keep):
    weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    weights = weights.masked_fill(~keep, 0.0)
    return weights @ v


def recurrent_rollout(cell, h, xs):
    states = h.new_zeros(len(xs), *h.shape)
    for t in range(len(xs)):
        previous = states[t - 1].clone() if t else h
        states[t] = cell(xs[t], previous)
    return states


def normalised(x):
    return torch.nn.functional.normalize(x, dim=-1)


def running_loss(model, batches):
    total, samples = torch.zeros(()), 0
    for x, y in batches:
        total = total + mse_loss(model(x), y).detach() * len(x)
        samples += len(x)
    return float(total / samples)


def penalised_loss(model, x, y):
    loss = mse_loss(model(x), y)
    for name, p in model.named_parameters():
        if name.endswith("weight"):
            loss = loss + PENALTY * (p * p).sum()
    return loss


def safe_norm(x):
    return torch.linalg.vector_norm(x, dim=-1)


def log_gradient(x, log):
    if x.requires_grad:
        x.register_hook(lambda grad: log.append(float(grad.norm())))
    return x


def blame(step):
    with warnings.catch_warnings(record=True, action="always") as told, torch.autograd.detect_anomaly():
        loss = step()
        try:
            loss.backward()
        except RuntimeError:
            text = "".join(str(warning.message) for warning in told)
            found = re.search("Error detected in ([A-Za-z0-9_]+)", text)
            if found is None:
                raise
            return found.group(1)
    return None
