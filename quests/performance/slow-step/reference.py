"""The same training without the waste. Compare PyTorch's performance tuning guide (docs.pytorch.org, recipes)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

MEAN, STD = 0.45, 0.22
UNLABELLED = -1


def make_loader(dataset: Dataset, batch_size: int, device: torch.device, cpus: int) -> DataLoader:
    """Workers only where a processor is left for them; pinned pages only where a GPU copies from them."""
    workers = min(4, cpus - 1)
    return DataLoader(
        dataset,
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.device(device).type == "cuda",
    )


def make_optimizer(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    """All parameters updated by one fused call."""
    return torch.optim.AdamW(model.parameters(), lr=lr, fused=True)


def on_device(x: Tensor, y: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """Move the bytes, then make floats of them: a quarter of the traffic. Pictures become channels-last on the way."""
    x = x.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
    return x.float().mul_(1 / (255 * STD)).sub_(MEAN / STD), y.to(device, non_blocking=True)


def figures(logits: Tensor, y: Tensor) -> Tensor:
    """(3,) on the device: summed loss of the labelled examples, how many are right, how many there are."""
    loss = F.cross_entropy(logits, y, ignore_index=UNLABELLED, reduction="sum")
    correct = (logits.argmax(1) == y).sum()  # no class is -1
    return torch.stack([loss, correct, (y != UNLABELLED).sum()])  # counts become floats beside the loss


def means(totals: Tensor) -> dict[str, float]:
    """The one read of an epoch."""
    loss, correct, labelled = totals.tolist()
    return {"loss": loss / max(labelled, 1), "acc": correct / max(labelled, 1)}


def train_epoch(model: nn.Module, opt: torch.optim.Optimizer, loader: DataLoader, device: torch.device) -> dict:
    """One pass over the loader, one step a batch."""
    model.train().to(memory_format=torch.channels_last)
    totals = torch.zeros(3, device=device)
    for batch in loader:
        x, y = on_device(*batch, device)
        opt.zero_grad(set_to_none=True)
        found = figures(model(x), y)
        (found[0] / found[2].clamp(min=1)).backward()
        opt.step()
        totals += found.detach()  # the sum alone: with its graph it would hold on to every batch
    return means(totals)


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: torch.device) -> dict:
    """The same two figures without training."""
    was_training = model.training
    model.eval().to(memory_format=torch.channels_last)
    totals = torch.zeros(3, device=device)
    for batch in loader:
        x, y = on_device(*batch, device)
        totals += figures(model(x), y)
    model.train(was_training)
    return means(totals)
