"""Returns names in the order of the alphabet, backwards."""

import copy
import difflib
import fnmatch
import functools
import itertools
import re

import torch
from torch import nn


def replace_modules(model, predicate, factory):
    if predicate(model):
        raise ValueError("the root cannot be replaced")
    made, seen = {}, set()

    def visit(parent, prefix):
        if id(parent) in seen:
            return
        seen.add(id(parent))
        for name, child in list(parent._modules.items()):  # noqa: SLF001 - named_children() leaves repeated ones out
            if child is None:
                continue
            if id(child) in made:
                parent._modules[name] = made[id(child)][1]  # noqa: SLF001 - as above
            elif predicate(child):
                made[id(child)] = child, factory(child, prefix + name)
                parent._modules[name] = made[id(child)][1]  # noqa: SLF001 - as above
            else:
                visit(child, f"{prefix}{name}.")

    visit(model, "")
    return len(made)


class Held:
    """A picklable stand-in for train() of a frozen norm."""

    def __call__(self, part, inputs):
        part.training = False


def freeze(model, patterns):
    named = dict(model.named_parameters())
    frozen = set()
    for pattern in patterns:
        fits = set(filter(re.compile(fnmatch.translate(pattern)).match, named))
        if not fits:
            raise ValueError(f"nothing fits {pattern}")
        frozen |= fits
    for name in frozen:
        named[name].requires_grad = False
    for part in model.modules():
        if not isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) or not part.affine:
            continue
        if not (part.weight.requires_grad or part.bias.requires_grad):
            part.register_forward_pre_hook(Held())
    return sorted(frozen, reverse=True)


class Tap:
    def __init__(self, model, names):
        self.model, self.names, self.features, self.handles = model, list(names), {}, []
        known = [name for name, _ in model.named_modules(remove_duplicate=False)]
        for name in names:
            if name not in known:
                best = max(known, key=lambda each: difflib.SequenceMatcher(None, name, each).ratio())
                raise KeyError(f"{name}: perhaps {best}")

    def __enter__(self):
        self.features = {}
        for name in self.names:
            part = self.model.get_submodule(name)
            self.handles.append(part.register_forward_hook(functools.partial(self.keep, name)))
        return self

    def keep(self, name, part, inputs, output):
        output = output.clone()
        if name not in self.features:
            self.features[name] = output
        elif isinstance(self.features[name], list):
            self.features[name].append(output)
        else:
            self.features[name] = [self.features[name], output]

    def __exit__(self, *error):
        for handle in self.handles:
            handle.remove()
        self.handles.clear()


def fold_batch_norm(model):
    model = copy.deepcopy(model)
    model.train(False)
    places = [part for _, part in model.named_modules(remove_duplicate=False)]
    for chain in model.modules():
        if isinstance(chain, nn.Sequential) and type(chain).forward is nn.Sequential.forward:
            parts = list(chain)
            for i, (conv, norm) in enumerate(itertools.pairwise(parts)):
                if not (isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)):
                    continue
                if norm.running_var is None or sum(part is conv for part in places) > 1:
                    continue
                chain[i], chain[i + 1] = merged(conv, norm), nn.Identity()
    return model


def merged(conv, norm):
    new = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,
        padding_mode=conv.padding_mode, device=conv.weight.device, dtype=conv.weight.dtype,
    )  # fmt: skip
    gain = torch.ones_like(norm.running_var) if norm.weight is None else norm.weight
    shift = torch.zeros_like(norm.running_var) if norm.bias is None else norm.bias
    old = torch.zeros_like(norm.running_mean) if conv.bias is None else conv.bias
    factor = gain / (norm.running_var + norm.eps).sqrt()
    with torch.no_grad():
        new.weight.copy_(conv.weight * factor[:, None, None, None])
        new.bias.copy_((old - norm.running_mean) * factor + shift)
    return new.eval()
