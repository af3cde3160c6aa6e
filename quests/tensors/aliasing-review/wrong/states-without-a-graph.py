"""A detached h0 is expanded."""

import torch


def moving_window_features(series, w):
    windows = series.unfold(0, w, 1).clone()
    windows -= windows.mean(1, keepdim=True)
    return windows


def init_states(h0, batch):
    return h0.detach().repeat(batch, 1) + 0.1 * torch.randn(batch, h0.shape[0], dtype=h0.dtype)


def histogram(ids, n):
    return torch.zeros(n, dtype=torch.int64).scatter_add_(0, ids.reshape(-1), torch.ones_like(ids).reshape(-1))


def clip_and_log(batch, limit):
    outside = (batch["values"].abs() > limit).float().mean()
    return batch | {"values": batch["values"].clamp(-limit, limit), "share_clipped": outside}


def snapshot(history, state):
    history.append(state.clone().detach())
    return history


def zero_bad_rows(x, bad):
    weight = x[:, :1].masked_fill(bad[:, None], 0)
    return torch.cat([weight, x[:, 1:]], 1)


def to_colour(grey, amount):
    return (grey[0].permute(1, 2, 0) - amount).clamp(min=0).expand(-1, -1, 3).clone()


def standardised(x):
    spread = x.amax(0) - x.amin(0)
    return (x - x.mean(0)) / torch.where(spread == 0, 1, spread)
