"""Boss: one small network for class, place and count, trained on pictures of which every label may be missing.

Tasks and targets, in the form of floor 2: "label", int64 (N,), 0 to 8; "centre", floats (N, 2), row and column as fractions of
the picture; "count", int64 (N,), 0 to 3 for one to four shapes.
"""

from collections.abc import Callable, Iterable, Mapping

from missing_labels import task_losses  # your floor 2
from torch import Tensor
from trunk_and_heads import ClassHead, MultiTask, PointHead  # your floor 1


def build(tasks: Iterable[str]) -> MultiTask:
    """A fresh network for pictures (B, 3, 16, 16) with a head for each of `tasks`.

    Outputs: "label" (B, 9) logits, "centre" (B, 2) fractions, "count" (B, 4) logits.
    """
    raise NotImplementedError("build")


def train(
    images: Tensor,
    targets: Mapping[str, Tensor],
    *,
    epochs: int = 5,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> MultiTask:
    """Train a network for the tasks that `targets` names, `epochs` times through images (N, 3, 16, 16) float32.

    The same seed gives the same network. Call report(step, of, loss=value) after every step, if it is given.
    """
    raise NotImplementedError("train")


def predict(net: MultiTask, images: Tensor) -> dict[str, Tensor]:
    """The outputs of all heads for pictures (B, 3, 16, 16), without a graph, each picture answered as if it came alone."""
    raise NotImplementedError("predict")
