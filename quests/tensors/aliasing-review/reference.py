"""The reviewed code: whoever writes in place owns the memory, and nobody else looks at it."""

import torch
from torch import Tensor

NOISE = 0.1


def moving_window_features(series: Tensor, w: int) -> Tensor:
    """series (T,) float -> (T - w + 1, w): every window of w neighbours, minus its own mean."""
    windows = series.unfold(0, w, 1)  # (T - w + 1, w), a view: every number lies in up to w windows
    return windows - windows.mean(1, keepdim=True)


def init_states(h0: Tensor, batch: int) -> Tensor:
    """h0 (H,) float -> (batch, H): h0 plus noise of its own for every row."""
    noise = torch.randn(batch, len(h0), dtype=h0.dtype, device=h0.device)  # the full shape: expanded noise is one row
    return h0 + NOISE * noise


def histogram(ids: Tensor, n: int) -> Tensor:
    """ids (...) int64 in [0, n) -> (n,) int64."""
    return torch.bincount(ids.flatten(), minlength=n)  # counts[ids] += 1 reads, adds and writes each id once


def clip_and_log(batch: dict, limit: float) -> dict:
    """A new dict with "values" clamped and the share that was clipped."""
    values = batch["values"]
    clipped = values.clamp(-limit, limit)
    share = (clipped != values).float().mean()
    return {**batch, "values": clipped, "share_clipped": share}


def snapshot(history: list, state: Tensor) -> list:
    """Append what state is now to history and return history."""
    history.append(state.detach().clone())  # detach lets go of the graph, clone of the memory; it takes both
    return history


def zero_bad_rows(x: Tensor, bad: Tensor) -> Tensor:
    """x (N, D), bad (N,) bool -> a copy of x in which bad rows weigh 0."""
    out = x.clone()
    out[bad, 0] = 0  # one index: written into out. out[bad][:, 0] would write into the copy that out[bad] makes
    return out


def to_colour(grey: Tensor, amount: float) -> Tensor:
    """grey (1, 1, H, W) -> (H, W, 3), darker by amount, not below 0."""
    pixels = grey.squeeze(0).permute(1, 2, 0)  # (H, W, 1), still grey's memory
    return (pixels - amount).clamp(min=0).repeat(1, 1, 3)  # repeat copies; expand would be one channel seen three times


def standardised(x: Tensor) -> Tensor:
    """x (N, D) -> columns with mean 0 and range 1."""
    out = x - x.mean(0)
    spread = x.amax(0) - x.amin(0)  # (D,)
    out /= spread.masked_fill(
        spread == 0, 1
    )  # in place, and innocent: this function made out, and nothing before needs its old values
    return out
