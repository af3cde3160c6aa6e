"""Train a classifier of pictures, some of which carry no label (y = -1). All of it is right, and all of it is slow: mend it.

Batches are pairs x uint8 (B, C, H, W), y int64 (B,). The four signatures and every number that comes out must stay.
"""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

MEAN, STD = 0.45, 0.22


def make_loader(dataset: Dataset, batch_size: int, device: torch.device, cpus: int) -> DataLoader:
    """Shuffled batches of all examples for a training process that may use `cpus` processors."""
    return DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=16, pin_memory=True)


def make_optimizer(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    """AdamW with PyTorch's defaults but for the learning rate."""
    return torch.optim.AdamW(model.parameters(), lr=lr, foreach=False)


def _normalised(x: Tensor) -> Tensor:
    """Bytes to floats around zero."""
    x = x.float()
    x = x / 255.0
    x = x - MEAN
    return x / STD


def _mean_loss(logits: Tensor, y: Tensor, device: torch.device) -> Tensor:
    """Cross-entropy, averaged over the labelled examples; 0 when there are none."""
    target = torch.zeros(logits.shape)
    mask = torch.zeros(len(y))
    for i in range(len(y)):
        if y[i] >= 0:
            target[i, y[i]] = 1.0
            mask[i] = 1.0
    target, mask = target.to(device), mask.to(device)
    shifted = logits - logits.max(1, keepdim=True).values
    log_probabilities = shifted - torch.log(torch.exp(shifted).sum(1, keepdim=True))
    per_example = -(target * log_probabilities).sum(1)
    return (per_example * mask).sum() / mask.sum().clamp(min=1.0)


def _count(logits: Tensor, y: Tensor) -> tuple[int, int]:
    """How many labelled examples are classified correctly, and how many labelled ones there are."""
    correct = labelled = 0
    for i in range(len(y)):
        if y[i].item() >= 0:
            labelled += 1
            if logits[i].argmax().item() == y[i].item():
                correct += 1
    return correct, labelled


def train_epoch(model: nn.Module, opt: torch.optim.Optimizer, loader: DataLoader, device: torch.device) -> dict:
    """One pass over the loader, one step a batch.

    Returns:
        {"loss": mean over the epoch's labelled examples, "acc": their accuracy}, floats; zeros for an empty loader
    """
    model.train()
    outputs, losses = [], []
    for x, y in loader:
        logits = model(_normalised(x).to(device))
        loss = _mean_loss(logits, y, device)
        opt.zero_grad(set_to_none=False)
        loss.backward()
        opt.step()
        outputs.append((logits, y))
        losses.append(loss.item())
    total, correct, labelled = 0.0, 0, 0
    for loss, (logits, y) in zip(losses, outputs, strict=True):
        right, known = _count(logits, y)
        total = total + loss * known
        correct, labelled = correct + right, labelled + known
    return {"loss": total / max(labelled, 1), "acc": correct / max(labelled, 1)}


def evaluate(model: nn.Module, loader: DataLoader, device: torch.device) -> dict:
    """The same two figures without training, in eval mode; afterwards the model is in the mode it was in."""
    was_training = model.training
    model.eval()
    total, correct, labelled = 0.0, 0, 0
    for x, y in loader:
        logits = model(_normalised(x).to(device))
        right, known = _count(logits, y)
        total = total + _mean_loss(logits, y, device).item() * known
        correct, labelled = correct + right, labelled + known
    model.train(was_training)
    return {"loss": total / max(labelled, 1), "acc": correct / max(labelled, 1)}
