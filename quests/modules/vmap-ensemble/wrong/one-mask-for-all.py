"""Draws one dropout mask for all members."""

import copy

import torch
import torch.fx
from torch import nn
from torch.func import functional_call, stack_module_state, vmap


def layout(model):
    held = [*model.named_parameters(), *model.named_buffers()]
    shapes = [(name, each.shape) for name, each in held]
    try:
        return repr(model), torch.fx.symbolic_trace(model).code, shapes
    except Exception:
        return repr(model), shapes


def stack(models):
    if not models or len({str(layout(model)) for model in models}) > 1:
        raise ValueError("the models differ in their parts or shapes")
    parameters, buffers = stack_module_state(models)
    return copy.deepcopy(models[0]).to("meta"), parameters, buffers


def ensemble_predict(stacked, x):
    skeleton, parameters, buffers = stacked

    def one(parameters, buffers, x):
        return functional_call(skeleton, (parameters, buffers), (x,))

    return vmap(one, in_dims=(0, 0, None), randomness="same")(parameters, buffers, x)


def ensemble_predict_split(stacked, xs):
    skeleton, parameters, buffers = stacked

    def one(parameters, buffers, x):
        return functional_call(skeleton, (parameters, buffers), (x,))

    return vmap(one, randomness="different")(parameters, buffers, xs)


def train_ensemble(factory, seeds, x, y, steps, lr):
    models = []
    for seed in seeds:
        torch.manual_seed(seed)
        models.append(factory().train())
    skeleton, parameters, buffers = stack(models)
    for _ in range(steps):
        logits = ensemble_predict((skeleton, parameters, buffers), x)
        loss = sum(nn.functional.cross_entropy(each, y) for each in logits)
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        parameters = {
            name: (value - lr * gradient).detach().requires_grad_()
            for (name, value), gradient in zip(parameters.items(), gradients, strict=True)
        }
    return parameters, buffers


def uncertainty(logits):
    log_p = logits.log_softmax(-1)
    log_mean = log_p.logsumexp(0) - torch.tensor(float(len(logits))).log()
    total = -(log_mean.exp() * log_mean).sum(-1)
    aleatoric = -(log_p.exp() * log_p).sum(-1).mean(0)
    return {"mean": log_mean.exp(), "total": total, "aleatoric": aleatoric, "epistemic": total - aleatoric}
