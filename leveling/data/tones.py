"""Pure tones in white noise: what is the frequency?

    x[n] = cos(2 pi f n / rate + phase) + noise * N(0, 1),   n = 0 .. samples - 1,

with f uniform in [low, high) Hz and the phase uniform in [0, 2 pi). Amplitude 1 and the noise are known.

Optimum. With unknown phase the Fisher information about (w, phase), w = 2 pi f / rate in radians per sample, is

    J = 1/noise^2 * sum over n of g g',   g = -sin(w n + phase) (n, 1),

and no unbiased estimate of w has a variance below the first entry of J^-1 (Cramer and Rao). For many samples that is

    24 noise^2 / (N (N^2 - 1))   (Rife and Boorstyn, 1974);

here the matrix is summed exactly and the bound averaged over a grid of f and phase. The maximum of the likelihood (a
periodogram with fine interpolation) comes close to it while noise is below about sqrt(N) / 6; beyond that threshold it
sometimes takes a wrong peak and errs by far more than the bound says. Being for unbiased estimates, the bound could be
beaten by knowledge of the range alone only where it is not small against high - low.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from leveling.data.quadrature import positive
from leveling.data.streams import Stream


def tones(
    count: int,
    *,
    samples: int = 256,
    rate: float = 8000.0,
    low: float = 200.0,
    high: float = 3000.0,
    noise: float = 0.5,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """`count` waveforms: float32 (N, samples) at `rate` samples a second, and their frequencies float32 (N,) in Hz."""
    _checked(samples, rate, low, high, noise)
    stream = Stream("tones", seed)
    # Rounded before use: the waveform is that of the number which is given out.
    hertz = stream.uniform(count, low=low, high=high).to(torch.float32)
    phase = stream.uniform(count, high=2 * math.pi)
    time = torch.arange(samples, dtype=torch.float64, device="cpu") / rate
    waves = (2 * math.pi * hertz.to(torch.float64)[:, None] * time + phase[:, None]).cos()
    return (waves + noise * stream.normal(count, samples)).to(torch.float32), hertz


@lru_cache
def tones_frequency_floor(
    *, samples: int = 256, rate: float = 8000.0, low: float = 200.0, high: float = 3000.0, noise: float = 0.5
) -> float:
    """Hz: the least root mean squared error of an unbiased estimate of the frequency, over the tones that are drawn."""
    _checked(samples, rate, low, high, noise)
    part = (torch.arange(64, dtype=torch.float64, device="cpu") + 0.5) / 64
    omega = 2 * math.pi / rate * (low + (high - low) * part)
    phase = 2 * math.pi * part[::4]
    n = torch.arange(samples, dtype=torch.float64, device="cpu")
    power = (omega[:, None, None] * n + phase[:, None]).sin() ** 2  # (64, 16, samples)
    about_omega, mixed, about_phase = ((power * n**k).sum(dim=-1) for k in (2, 1, 0))
    variance = noise**2 * about_phase / (about_omega * about_phase - mixed**2)
    return float(variance.mean().sqrt()) * rate / (2 * math.pi)


def _checked(samples: int, rate: float, low: float, high: float, noise: float) -> None:
    positive("noise", noise)
    if samples < 8:
        raise ValueError(f"samples is {samples}; it must be 8 or more")
    if not 0 < low < high < rate / 2:
        raise ValueError(f"frequencies {low} to {high} Hz must lie between 0 and half the rate, {rate / 2} Hz")
