"""Adds up the losses as they are, graph and all."""

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

MEAN, STD = 0.45, 0.22


def make_loader(dataset, batch_size, device, cpus):
    workers = cpus // 2
    pinned = str(device).startswith("cuda")
    return DataLoader(
        dataset, batch_size, shuffle=True, num_workers=workers, persistent_workers=bool(workers), pin_memory=pinned
    )


def make_optimizer(model, lr):
    return torch.optim.AdamW(model.parameters(), lr, foreach=True)


def moved(x, y, device):
    x, y = x.to(device), y.to(device)
    x = (x.float() / 255 - MEAN) / STD
    return x.to(memory_format=torch.channels_last), y


def scored(logits, y):
    """Summed loss, labelled examples, correct ones: three numbers that stay on the device."""
    loss = F.nll_loss(torch.log_softmax(logits, 1), y, ignore_index=-1, reduction="sum")
    return loss, (y >= 0).sum(), (logits.argmax(1) == y).sum()


def result(loss, known, correct):
    loss, known, correct = torch.stack([loss, known.float(), correct.float()]).cpu().tolist()
    return {"loss": loss / max(known, 1), "acc": correct / max(known, 1)}


def train_epoch(model, opt, loader, device):
    model.train()
    model.to(memory_format=torch.channels_last)
    sums = [torch.zeros((), device=device) for _ in range(3)]
    for pair in loader:
        x, y = moved(*pair, device)
        loss, known, correct = scored(model(x), y)
        opt.zero_grad()
        (loss / known.clamp(min=1)).backward()
        opt.step()
        sums = [a + b for a, b in zip(sums, (loss, known, correct), strict=True)]
    return result(*sums)


@torch.inference_mode()
def evaluate(model, loader, device):
    mode = model.training
    model.eval()
    model.to(memory_format=torch.channels_last)
    sums = [torch.zeros((), device=device) for _ in range(3)]
    for pair in loader:
        x, y = moved(*pair, device)
        sums = [a + b for a, b in zip(sums, scored(model(x), y), strict=True)]
    model.train(mode)
    return result(*sums)
