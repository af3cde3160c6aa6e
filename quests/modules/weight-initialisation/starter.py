"""Initialisation with the right variance."""

from torch import Generator, Tensor, nn


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (O, I / groups, *kernel); fewer than two dimensions raise ValueError."""
    raise NotImplementedError("fans")


def xavier_uniform_(w: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill w in place from a uniform with variance gain^2 * 2 / (fan_in + fan_out), and return it."""
    raise NotImplementedError("xavier_uniform_")


def kaiming_normal_(
    w: Tensor,
    mode: str = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill w in place from a normal with deviation gain / sqrt(fan), and return it.

    Args:
        mode: "fan_in" or "fan_out".
        nonlinearity: "linear" (gain 1), "tanh" (5 / 3), "relu" (sqrt(2)) or "leaky_relu" (sqrt(2 / (1 + slope^2))).

    Raises:
        ValueError: for another mode or nonlinearity.
    """
    raise NotImplementedError("kaiming_normal_")


def orthogonal_(w: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill w in place, seen as (O, the rest), with a uniformly drawn orthogonal matrix times gain, and return it.

    Of rows and columns the fewer are orthonormal. Vectors raise ValueError.
    """
    raise NotImplementedError("orthogonal_")


def trunc_normal_(w: Tensor, std: float, a: float, b: float, generator: Generator | None = None) -> Tensor:
    """Fill w in place from N(0, std^2) given that the value lies in [a, b], and return it.

    Raises:
        ValueError: unless std > 0 and a < b.
    """
    raise NotImplementedError("trunc_normal_")


def init_model(model: nn.Module, scheme: str, generator: Generator | None) -> None:
    """Initialise all parts of a model, each once.

    Linear and Conv2d: weights by scheme "xavier", "kaiming" (fan_in, relu) or "orthogonal", biases 0. Batch, layer and
    group norms: weight 1, bias 0. Embedding: N(0, 0.02^2), its padding row 0. Another scheme raises ValueError.
    """
    raise NotImplementedError("init_model")
