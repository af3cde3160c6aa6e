"""Instruments for gradients, made of hooks that are gone when the work is done."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn


def norm(x: Tensor) -> Tensor:
    """The 2-norm of all entries, shape (), in float32 at least: float16 ends at 65,504."""
    return torch.linalg.vector_norm(x.detach(), dtype=torch.promote_types(x.dtype, torch.float32))


class GradientWatch:
    """Inside `with GradientWatch(model) as watch:` every backward notes each parameter's own gradient norm."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.noted: dict[str, list[Tensor]] = {}
        self.hooks = ExitStack()

    def __enter__(self) -> "GradientWatch":
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                self.hooks.callback(parameter.register_hook(self.note(name)).remove)
        return self

    def __exit__(self, *_: object) -> None:
        self.hooks.close()

    def note(self, name: str) -> Callable[[Tensor], None]:
        """A hook on a leaf: called once per backward with the sum of what arrives, before it is added to .grad."""

        def hook(grad: Tensor) -> None:
            self.noted.setdefault(name, []).append(norm(grad))  # stays a tensor: .item() would wait for the GPU

        return hook

    def norms(self) -> dict[str, list[float]]:
        """By parameter name, one number for each backward that reached it."""
        return {name: [value.item() for value in values] for name, values in self.noted.items()}


def first_nonfinite(model: nn.Module, *inputs: Any) -> tuple[str, str] | None:
    """(path, "forward" or "backward") of the first module to make a NaN or inf from finite numbers; ("input", "forward"); None."""
    if not finite(inputs):
        return "input", "forward"
    found: list[tuple[str, str]] = []
    with left_as_found(model), Aliases(model, found), torch.enable_grad():
        # inputs that require grad are taken for layers too: the first layer then has a gradient to hand back
        outputs = model(*every(lambda x: x.detach().requires_grad_().clone(), inputs))
        if not found:
            roots = [x for x in tensors(outputs) if x.requires_grad]
            torch.autograd.backward(roots, [torch.ones_like(root) for root in roots])
    return found[0] if found else None


class Aliases:
    """Hands every module its own alias of each tensor it takes and gives, so that each gradient has one owner.

    A tensor that two modules read has a single gradient, the sum of both; their two aliases have one each. In time, a
    gradient leaves the inner module before the outer one, so the first entry in `found` is the innermost culprit.
    """

    def __init__(self, model: nn.Module, found: list[tuple[str, str]]) -> None:
        self.model, self.found = model, found
        self.running: list[tuple[str, bool]] = []  # modules in their forward now, outermost first; took finite numbers?
        self.hooks = ExitStack()

    def __enter__(self) -> None:
        for path, module in self.model.named_modules():
            self.hooks.callback(module.register_forward_pre_hook(self.before(path), with_kwargs=True).remove)
            self.hooks.callback(module.register_forward_hook(self.after(path), with_kwargs=True).remove)
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad:
                    self.hooks.callback(parameter.register_hook(self.blame(path)).remove)

    def __exit__(self, *_: object) -> None:
        self.hooks.close()

    def before(self, path: str) -> Callable[..., Any]:
        """What a module takes: a bad gradient that leaves through it was made inside."""

        def hook(module: nn.Module, args: Any, kwargs: Any) -> Any:
            self.running.append((path, finite((args, kwargs))))  # asked now: an in-place module overwrites its input
            return every(self.alias(path), (args, kwargs))

        return hook

    def after(self, path: str) -> Callable[..., Any]:
        """What a module gives: a bad gradient that arrives there was made by whoever encloses it."""

        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
            _, took_finite = self.running.pop()
            if took_finite and not finite(output):
                self.found.append((path, "forward"))
            return every(self.alias(self.running[-1][0] if self.running else path), output)

        return hook

    def alias(self, path: str) -> Callable[[Tensor], Tensor]:
        """Another name for a tensor, whose gradient is looked at on behalf of `path`."""

        def aliased(x: Tensor) -> Tensor:
            if not x.requires_grad:
                return x
            x = x.view_as(x)
            x.register_hook(self.blame(path))
            return x

        return aliased

    def blame(self, path: str) -> Callable[[Tensor], None]:
        """A hook that notes `path` when a gradient is not finite."""

        def hook(grad: Tensor) -> None:
            if not finite(grad):
                self.found.append((path, "backward"))

        return hook


@contextmanager
def left_as_found(model: nn.Module) -> Iterator[None]:
    """Gradients and buffers (running statistics) are the same after as before."""
    grads = [(parameter, parameter.grad) for parameter in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    for parameter, _ in grads:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, grad in grads:
            parameter.grad = grad
        for buffer, value in buffers:
            buffer.copy_(value)


def tensors(nest: Any) -> list[Tensor]:
    """All floating tensors in a nest of tuples, lists and dicts."""
    collected: list[Tensor] = []
    every(lambda x: collected.append(x) or x, nest)
    return collected


def every(change: Callable[[Tensor], Tensor], nest: Any) -> Any:
    """The same nest with every floating tensor changed."""
    if isinstance(nest, Tensor):
        return change(nest) if nest.is_floating_point() else nest
    if isinstance(nest, dict):
        return {key: every(change, value) for key, value in nest.items()}
    if isinstance(nest, tuple | list):
        return type(nest)(every(change, value) for value in nest)
    return nest


def finite(nest: Any) -> bool:
    """Whether no tensor in the nest holds a NaN or an infinity."""
    return all(bool(x.isfinite().all()) for x in tensors(nest))


def ratio_report(model: nn.Module, lr: float) -> dict[str, float]:
    """|lr * grad| / |parameter| by name, inf for a parameter of norm 0; parameters without a gradient are left out."""
    report = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            size = norm(parameter).item()
            report[name] = lr * norm(parameter.grad).item() / size if size else float("inf")
    return report
