"""Parameters, buffers and plain attributes: what is trained, what is saved, and what merely travels along."""

from torch import Tensor, nn


class FeatureScaler(nn.Module):
    """(x - mean) / std * gain + shift, column by column.

    Holds `gain` and `shift`, which are trained, and `mean`, `std` and the flag `fitted`, which are saved but not trained.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        raise NotImplementedError("FeatureScaler.__init__")

    def fit(self, x: Tensor) -> None:
        """Take mean and population standard deviation (1 for a constant column) of x (N, dim) and set the flag."""
        raise NotImplementedError("FeatureScaler.fit")

    def forward(self, x: Tensor) -> Tensor:
        """x (..., dim) -> (..., dim); the identity while unfitted and untrained."""
        raise NotImplementedError("FeatureScaler.forward")


class PositionTable(nn.Module):
    """Adds row t of a fixed (max_len, dim) `table` to position t.

    table[t, 2i] = sin(t / 10000^(2i / dim)), table[t, 2i + 1] = cos(t / 10000^(2i / dim)); moves along, is not saved.
    """

    def __init__(self, max_len: int, dim: int) -> None:
        super().__init__()
        raise NotImplementedError("PositionTable.__init__")

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, dim) -> (B, T, dim); ValueError when T > max_len."""
        raise NotImplementedError("PositionTable.forward")


def describe(module: nn.Module) -> dict[str, list[str]]:
    """What a module and all parts of it hold, by full dotted names in registration order, a tied tensor once.

    Returns:
        {"trained": [...], "frozen": [...], "saved_buffers": [...], "temporary_buffers": [...]}
    """
    raise NotImplementedError("describe")
