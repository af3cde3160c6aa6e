"""Model surgery: everything here goes through what nn.Module offers to the outside: names, setattr and forward hooks."""

import copy
import difflib
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn

NORMS = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d


def replace_modules(
    model: nn.Module, predicate: Callable[[nn.Module], bool], factory: Callable[[nn.Module, str], nn.Module]
) -> int:
    """Put factory(old, name) in the place of every match, once per distinct module; returns how many those are."""
    if predicate(model):
        raise ValueError("the model itself matches: there is no place to put its replacement")
    places: list[tuple[str, nn.Module]] = []  # all of them before the first change, so that nothing new is visited
    for name, part in model.named_modules(remove_duplicate=False):
        inside = any(name.startswith(f"{outer}.") for outer, _ in places)  # goes away with what holds it
        if not inside and predicate(part):
            places.append((name, part))
    made: dict[nn.Module, nn.Module] = {}  # modules hash by identity
    for name, old in places:
        if old not in made:
            made[old] = factory(old, name)
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, made[old])
    return len(made)


def hold(norm: nn.Module, _inputs: tuple[Any, ...]) -> None:
    """Forward pre-hook: whatever train() has said, this norm is in eval mode when it runs."""
    norm.eval()


def freeze(model: nn.Module, patterns: list[str]) -> list[str]:
    """Stop the gradients of all parameters whose full name fits a pattern, and the statistics of norms frozen whole."""
    named = dict(model.named_parameters())
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in named):
            raise ValueError(f"no parameter fits {pattern!r}; there are {', '.join(named)}")
    frozen = [name for name in named if any(fnmatchcase(name, pattern) for pattern in patterns)]
    for name in frozen:
        named[name].requires_grad_(requires_grad=False)
    for part in model.modules():
        own = list(part.parameters())  # of a norm: weight and bias
        if isinstance(part, NORMS) and own and not any(value.requires_grad for value in own):
            part.register_forward_pre_hook(hold)
    return frozen


class Tap:
    """Collects what named modules return, while the `with` block runs."""

    def __init__(self, model: nn.Module, names: list[str]) -> None:
        known = dict(model.named_modules(remove_duplicate=False))
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
                raise KeyError(f"no module is called {name!r}; did you mean {near[0]!r}?")
        self.features: dict[str, Any] = {}
        self._parts = {name: known[name] for name in names}
        self._handles: list[Any] = []

    def __enter__(self) -> Self:
        self.features.clear()
        for name, part in self._parts.items():
            self._handles.append(part.register_forward_hook(self._keeper(name)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _keeper(self, name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        seen: list[Tensor] = []

        def keep(_part: nn.Module, _inputs: Any, output: Tensor) -> None:  # returns None: the output stays what it is
            seen.append(output.clone())  # an in-place relu may follow; the copy keeps the graph
            self.features[name] = seen[0] if len(seen) == 1 else seen

        return keep


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """A copy in eval mode in which each Conv2d followed by a BatchNorm2d in a Sequential has taken the norm into itself."""
    model = copy.deepcopy(model).eval()
    uses = Counter(id(part) for _, part in model.named_modules(remove_duplicate=False))
    for chain in list(model.modules()):
        if type(chain).forward is not nn.Sequential.forward:  # another forward may use the parts otherwise
            continue
        for index in range(len(chain) - 1):
            conv, norm = chain[index], chain[index + 1]
            fits = isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            if fits and norm.running_mean is not None and uses[id(conv)] == 1:
                fold(conv, norm)
                chain[index + 1] = nn.Identity()  # the places of the others keep their numbers
    return model


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Make conv(x) what norm(conv(x)) was, by the norm's running statistics; new parameters, should the old be tied."""
    scale = torch.rsqrt(norm.running_var + norm.eps)  # (O,)
    scale = scale if norm.weight is None else scale * norm.weight
    bias = -norm.running_mean if conv.bias is None else conv.bias - norm.running_mean
    bias = bias * scale if norm.bias is None else bias * scale + norm.bias
    conv.weight = nn.Parameter(conv.weight * scale.view(-1, 1, 1, 1))
    conv.bias = nn.Parameter(bias)
