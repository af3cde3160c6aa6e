"""Feature code that a colleague sends for review: "works on my data". Eight functions; not all of them are guilty.

The docstrings are right and say what callers rely on. Mend the bodies; names, arguments, shapes and dtypes stay.
"""

import torch
from torch import Tensor

NOISE = 0.1


def moving_window_features(series: Tensor, w: int) -> Tensor:
    """series (T,) float -> (T - w + 1, w): every window of w neighbours, minus its own mean. series is left as it is."""
    windows = series.unfold(0, w, 1)  # (T - w + 1, w)
    windows -= windows.mean(1, keepdim=True)
    return windows


def init_states(h0: Tensor, batch: int) -> Tensor:
    """h0 (H,) float -> (batch, H) in h0's dtype: h0 plus normal noise of deviation 0.1, drawn anew for every element.

    Gradients reach h0; h0 is left as it is.
    """
    states = h0.unsqueeze(0).expand(batch, -1)  # (1, H) -> (batch, H)
    states += NOISE * torch.randn(states.shape)
    return states


def histogram(ids: Tensor, n: int) -> Tensor:
    """ids (...) int64 in [0, n) -> (n,) int64: how often each id occurs."""
    counts = torch.zeros(n, dtype=torch.int64)
    counts[ids] += 1
    return counts


def clip_and_log(batch: dict, limit: float) -> dict:
    """A new dict: batch with "values" clamped to [-limit, limit], and "share_clipped" beside it.

    "share_clipped" is a 0-d float32: the share of values that lay outside. All other entries are handed on as they are
    (the same objects). batch and its tensors are left as they are.
    """
    values = batch["values"]
    clipped = values.clamp_(-limit, limit)
    batch["values"] = clipped
    batch["share_clipped"] = (clipped != values).float().mean()
    return batch


def snapshot(history: list, state: Tensor) -> list:
    """Append what state is now to history, for plotting later, and return history.

    What happens to state afterwards does not show in history, and history keeps no autograd graph alive.
    """
    history.append(state)
    return history


def zero_bad_rows(x: Tensor, bad: Tensor) -> Tensor:
    """x (N, D) float, column 0 the weight of its row; bad (N,) bool -> a copy of x in which bad rows weigh 0.

    All other entries keep their value and their gradient; x is left as it is.
    """
    x[bad][:, 0] = 0
    return x


def to_colour(grey: Tensor, amount: float) -> Tensor:
    """grey (1, 1, H, W) float -> (H, W, 3): darker by amount, not below 0, the same in all three channels.

    The pixels are the caller's to paint on: writing one channel changes neither the other two nor grey.
    """
    pixels = grey.squeeze(0).permute(1, 2, 0)  # (1, H, W) -> (H, W, 1)
    pixels -= amount
    pixels.clamp_(min=0)
    return pixels.expand(-1, -1, 3)


def standardised(x: Tensor) -> Tensor:
    """x (N, D) float -> every column with mean 0 and range 1 (largest minus smallest); constant ones 0.

    x is left as it is.
    """
    out = x - x.mean(0)
    spread = x.amax(0) - x.amin(0)  # (D,)
    out /= spread.masked_fill(spread == 0, 1)
    return out
