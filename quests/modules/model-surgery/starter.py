"""Model surgery: replace, freeze, tap, fold."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from torch import nn


def replace_modules(
    model: nn.Module, predicate: Callable[[nn.Module], bool], factory: Callable[[nn.Module, str], nn.Module]
) -> int:
    """Replace every part for which predicate(part) holds by factory(part, name), in place, at any depth.

    A part in two places is replaced by one new part in both. Nothing inside a match or a replacement is visited.

    Returns:
        the number of distinct parts replaced.

    Raises:
        ValueError: when the model itself matches.
    """
    raise NotImplementedError("replace_modules")


def freeze(model: nn.Module, patterns: list[str]) -> list[str]:
    """Freeze the parameters whose full names fit one of the shell patterns; a pattern that fits none raises ValueError.

    A batch norm whose own parameters are all frozen works as in eval mode from then on, whatever train() says.

    Returns:
        the names of the frozen parameters, in the order of named_parameters().
    """
    raise NotImplementedError("freeze")


class Tap:
    """While its `with` block runs, `features` collects what the named parts return: a tensor, or a list of several.

    An unknown name raises KeyError with the closest known one.
    """

    features: dict[str, Any]

    def __init__(self, model: nn.Module, names: list[str]) -> None:
        raise NotImplementedError("Tap.__init__")

    def __enter__(self) -> Self:
        raise NotImplementedError("Tap.__enter__")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError("Tap.__exit__")


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """A copy in eval mode where each Conv2d + BatchNorm2d, neighbours in a Sequential, is one Conv2d and an Identity.

    A convolution that stands in more than one place is left as it is, and so is its norm.
    """
    raise NotImplementedError("fold_batch_norm")
