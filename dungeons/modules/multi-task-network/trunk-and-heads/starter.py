"""One trunk, run once for each batch, and heads that are added and removed by name."""

from collections.abc import Iterable, Mapping

from torch import Tensor, nn


class MultiTask(nn.Module):
    """A trunk and one head for each task. Keys of state_dict(): trunk.* and heads.<name>.*, nothing else."""

    def __init__(self, trunk: nn.Module, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        raise NotImplementedError("MultiTask.__init__")

    def forward(self, x: Tensor, tasks: Iterable[str] | None = None) -> dict[str, Tensor]:
        """{task: output} for `tasks` (None: all heads), in that order. The trunk is called once.

        Raises KeyError for a task without a head.
        """
        raise NotImplementedError("MultiTask.forward")

    def add_head(self, name: str, head: nn.Module) -> None:
        """Register a head; it takes over dtype and device of the trunk and the mode (training or not) of this module.

        Raises ValueError where the name is taken.
        """
        raise NotImplementedError("MultiTask.add_head")

    def remove_head(self, name: str) -> nn.Module:
        """Take a head out and return it. Raises KeyError where there is none."""
        raise NotImplementedError("MultiTask.remove_head")


class PointHead(nn.Module):
    """Features (B, C, H, W) -> (B, 2): mean row and column, as fractions of height and width, under a softmax over cells.

    Child `score`: a 1 x 1 convolution from C channels to one, with bias.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        raise NotImplementedError("PointHead.__init__")

    def forward(self, features: Tensor) -> Tensor:
        raise NotImplementedError("PointHead.forward")


class ClassHead(nn.Module):
    """Features (B, C, H, W) -> logits (B, classes): the mean of the features under a softmax over cells, then `linear`.

    Children `score`, as in PointHead, and `linear`, from C to classes.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        raise NotImplementedError("ClassHead.__init__")

    def forward(self, features: Tensor) -> Tensor:
        raise NotImplementedError("ClassHead.forward")
