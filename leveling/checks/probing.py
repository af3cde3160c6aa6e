"""What a probe may use on both sides: gradients, caught exceptions, shared memory, parameters set from the outside.

Everything here runs inside the arena and returns plain values or tensors for the judge to compare.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def cotangent(output: Tensor) -> Tensor:
    """A fixed direction (same shape and dtype as `output`) along which gradients are taken; no entry is zero or repeated soon."""
    numbers = torch.arange(output.numel(), dtype=torch.float64)
    pattern = torch.cos(1.7 + 0.9 * numbers) + 0.1
    return pattern.to(output.dtype).reshape(output.shape).to(output.device)


def floats_in(value: Any) -> Iterator[Tensor]:
    """Every floating or complex tensor in a nest of containers, in order."""
    if isinstance(value, Tensor):
        if value.is_floating_point() or value.is_complex():
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from floats_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from floats_in(item)


def gradients(outputs: Any, *, keep: bool = False, **inputs: Tensor) -> dict[str, Tensor | None]:
    """Gradients of `outputs` (any nest) with respect to the named `inputs`, along `cotangent`.

    Returns:
        {"gradient of NAME": tensor or None where no gradient arrives}
    """
    roots = [output for output in floats_in(outputs) if output.requires_grad]
    if not roots:
        return {f"gradient of {name}": None for name in inputs}
    found = torch.autograd.grad(
        roots, list(inputs.values()), [cotangent(root) for root in roots], allow_unused=True, retain_graph=keep
    )
    return {f"gradient of {name}": gradient for name, gradient in zip(inputs, found, strict=True)}


def parameter_gradients(outputs: Any, owner: nn.Module, **inputs: Tensor) -> dict[str, Tensor | None]:
    """As `gradients`, for the named inputs and every parameter of `owner` that wants one."""
    wanted: dict[str, Any] = dict(inputs)
    wanted |= {f"parameter {name}": value for name, value in owner.named_parameters() if value.requires_grad}
    return gradients(outputs, **wanted)


def raised(function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, str]:
    """Call and tell which exception came: {"raised": type name or "nothing", "message": its text}."""
    try:
        function(*arguments, **options)
    except NotImplementedError:
        raise
    except Exception as error:  # any exception type is a legitimate observation here
        return {"raised": type(error).__name__, "message": str(error)}
    return {"raised": "nothing", "message": ""}


def kind_raised(kind: type[BaseException], function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """`kind`'s name when the call raises it (or a subclass), the other exception's name, or "nothing"."""
    try:
        function(*arguments, **options)
    except NotImplementedError:
        raise
    except kind:
        return kind.__name__
    except Exception as error:  # another exception is the observation
        return type(error).__name__
    return "nothing"


def shares_memory(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors lie in the same storage."""
    return first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()


def state_values(owner: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the parameters in registration order."""
    return [(name, tuple(value.shape)) for name, value in owner.named_parameters()]


def fill_parameters(owner: nn.Module, seed: int = 0, scale: float = 0.5) -> nn.Module:
    """Set every parameter, in registration order, to fixed values that depend on order and shape alone, not on dtype.

    The learner's and the reference's object, even under other attribute names, then compute the same function, also
    when the reference runs in float64.
    """
    with torch.no_grad():
        for index, parameter in enumerate(owner.parameters()):
            numbers = torch.arange(parameter.numel(), dtype=torch.float64)
            values = torch.sin((1.0 + 0.37 * index + 0.11 * seed) * (numbers + 1.0) * 1.618) * scale
            parameter.copy_(values.reshape(parameter.shape).to(parameter.dtype))
    return owner


def set_parameters(owner: nn.Module, values: Mapping[str, Tensor] | Sequence[Tensor]) -> nn.Module:
    """Copy values into the parameters: by name from a mapping, else in registration order.

    Raises:
        ValueError: when the number or a shape does not fit; the text says which.
    """
    named = dict(owner.named_parameters())
    pairs = values.items() if isinstance(values, Mapping) else zip(named, values, strict=False)
    if len(values) != len(named):
        raise ValueError(f"the solution registers {len(named)} parameters ({', '.join(named)}), expected {len(values)}")
    with torch.no_grad():
        for name, value in pairs:
            if name not in named:
                raise ValueError(f"no parameter is called {name!r}; there are {', '.join(named)}")
            if named[name].shape != value.shape:
                raise ValueError(
                    f"parameter {name} has shape {tuple(named[name].shape)}, expected {tuple(value.shape)}"
                )
            named[name].copy_(value)
    return owner


def same_bits(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors agree in shape, dtype and every value, NaN equal to NaN."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    return bool(torch.equal(torch.nan_to_num(first, nan=math.pi), torch.nan_to_num(second, nan=math.pi)))
