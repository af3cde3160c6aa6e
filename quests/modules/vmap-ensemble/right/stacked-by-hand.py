"""Independent idiom: states stacked by hand, one vmap for both predictions, members trained alone."""

import copy

import torch
from torch import nn
from torch.func import functional_call, vmap
from torch.fx import Tracer


def graph(model):
    try:
        return [(node.op, node.target, str(node.args)) for node in Tracer().trace(model).nodes]
    except (torch.fx.proxy.TraceError, TypeError, RuntimeError):
        return None


def stack(models):
    if len(models) == 0:
        raise ValueError("no models")
    first = models[0]
    kinds = [([f"{name}: {part}" for name, part in model.named_modules()], graph(model)) for model in models]
    states = [{name: each.shape for name, each in model.state_dict().items()} for model in models]
    if any(kind != kinds[0] for kind in kinds) or any(state != states[0] for state in states):
        raise ValueError("models of different architecture cannot be stacked")
    skeleton = copy.deepcopy(first)
    for part in skeleton.modules():
        for held in (part._parameters, part._buffers):  # noqa: SLF001 - every registered tensor, to be replaced
            held.update({name: None if each is None else each.detach().to("meta") for name, each in held.items()})
    for name, each in first.named_parameters():
        owner, _, last = name.rpartition(".")
        setattr(skeleton.get_submodule(owner), last, nn.Parameter(each.detach().to("meta")))
    parameters = {
        name: torch.stack([dict(model.named_parameters())[name].detach() for model in models]).requires_grad_()
        for name, _ in first.named_parameters()
    }
    buffers = {
        name: torch.stack([dict(model.named_buffers())[name] for model in models]) for name, _ in first.named_buffers()
    }
    return skeleton, parameters, buffers


def ensemble_predict(stacked, x):
    return predict(stacked, x, None)


def ensemble_predict_split(stacked, xs):
    return predict(stacked, xs, 0)


def predict(stacked, x, where):
    skeleton, parameters, buffers = stacked
    call = vmap(lambda state, each: functional_call(skeleton, state, each), in_dims=(0, where), randomness="different")
    return call({**parameters, **buffers}, x)


def train_ensemble(factory, seeds, x, y, steps, lr):
    """Each member alone: trains the models themselves, then stacks them."""
    models = []
    for seed in seeds:
        torch.manual_seed(seed)
        model = factory().train()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(steps):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        models.append(model)
    _, parameters, buffers = stack(models)
    return {name: each.detach() for name, each in parameters.items()}, buffers


def uncertainty(logits):
    shifted = logits - logits.amax(-1, keepdim=True).detach()
    log_z = shifted.exp().sum(-1, keepdim=True).log()
    p = (shifted - log_z).exp()
    mean = p.mean(0)
    aleatoric = (log_z.squeeze(-1) - (p * shifted).sum(-1)).mean(0)
    floor = torch.finfo(mean.dtype).tiny
    total = -(mean * mean.clamp(min=floor).log()).sum(-1)
    return {"mean": mean, "total": total, "aleatoric": aleatoric, "epistemic": total - aleatoric}
