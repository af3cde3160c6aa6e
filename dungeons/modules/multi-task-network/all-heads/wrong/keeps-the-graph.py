"""predict with a graph."""

from collections.abc import Callable, Iterable, Mapping

import torch
from balancing import weighted
from echoes.modules.ten_modules import Flatten
from missing_labels import task_losses
from torch import Tensor, nn
from trunk_and_heads import ClassHead, MultiTask, PointHead

HEADS = {
    "label": lambda: ClassHead(32, 9),
    "centre": lambda: PointHead(32),
    "count": lambda: nn.Sequential(nn.AdaptiveMaxPool2d(2), Flatten(), nn.Linear(4 * 32, 4)),
}
WEIGHTS = {"label": 1.0, "centre": 16.0, "count": 1.0}  # a place in fractions errs by little


def build(tasks: Iterable[str]) -> MultiTask:
    """A trunk to (B, 32, 8, 8), and a head for each task."""
    trunk = nn.Sequential(*layer(3, 16), nn.MaxPool2d(2), *layer(16, 32))
    return MultiTask(trunk, {task: HEADS[task]() for task in tasks})


def layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def train(
    images: Tensor,
    targets: Mapping[str, Tensor],
    *,
    epochs: int = 5,
    seed: int = 0,
    report: Callable[..., None] | None = None,
) -> MultiTask:
    """Mini-batches of 64 under AdamW; the rate rises, then falls to zero."""
    torch.manual_seed(seed)
    net = build(targets).to(images.device)
    batches = [rows for _ in range(epochs) for rows in torch.randperm(len(images)).split(64)]
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=len(batches))
    for number, rows in enumerate(batches):
        losses = task_losses(net(images[rows]), {task: target[rows] for task, target in targets.items()})
        if not losses:  # a last batch of few pictures may have no label at all
            continue
        loss = weighted(losses, WEIGHTS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if report:
            report(number + 1, len(batches), loss=float(loss.detach()))
    return net


def predict(net: MultiTask, images: Tensor) -> dict[str, Tensor]:
    """The outputs of all heads in evaluation mode."""
    return net.eval()(images)
