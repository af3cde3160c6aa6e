"""How large an error may be: the reference's own error against the float64 truth, times a factor, plus a floor.

Errors are measured relative to a *scale* of each element, `max(|t|, m)`: its own true value or, where that is smaller,
the median magnitude `m` of the tensor (elements that are zero up to float64 rounding do not count). Not the largest
magnitude: one spike would then hide every other value. Not the element alone: a value that is small because large terms
cancelled carries the rounding errors of those terms. Where the truth is zero throughout, the scale is that of what the
reference made of it (rounding noise), and 1 if that is zero too.

    budget = factor x max(error of the reference, LEAST eps) + floor eps        (relative to the scale)

* The reference may be exact by luck, or because it computes in float64 inside. LEAST grants it an error all the same,
  so that a sum of a thousand terms in another order passes: that costs up to about 25 eps for a plain loop in float32.
* With few elements the reference's largest error says little; the floor then grows, eightfold for a single number.
* Without a truth, and for float64 (where the truth is as coarse as the result), only the reference's result is known
  and the floor alone decides: ALONE eps. For float64 that is wide, and still 4,000 times below one step in float32.
* A truth from which the reference itself strays so far that zeros would pass is none (random numbers drawn in another
  dtype, a flipped argmax): the reference's result is then the measure.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from leveling.checks.tolerance import Tolerance

FACTOR, FLOOR, LEAST, ALONE = 16.0, 8.0, 1.5, 256.0
HALF_FACTOR, HALF_FLOOR, HALF_LEAST, HALF_ALONE = 4.0, 1.0, 0.5, 4.0
ALONE_FLOAT64 = 65536.0
FEW = 7.0
LARGEST_BUDGET = 0.25
NOISE = 1e-12
SAMPLE = 100_000
WIDE = (torch.float32, torch.float64, torch.complex64, torch.complex128)
DOUBLE = (torch.float64, torch.complex128)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the result is held against (`target`, float64), each element's scale, and the error allowed each element."""

    target: Tensor
    scale: Tensor
    allowed: Tensor


def budget_for(want: Tensor, truth: Tensor | None, dtype: torch.dtype, tolerance: Tolerance) -> Budget:
    """The budget for a result of `dtype`. `want` and `truth` are float64 or complex128 and of one shape."""
    if tolerance.relative is not None or tolerance.absolute is not None:
        return _fixed(want, truth, tolerance)
    wide = dtype in WIDE
    eps = torch.finfo(dtype).eps
    if truth is not None and dtype not in DOUBLE:
        factor = (FACTOR if wide else HALF_FACTOR) if tolerance.factor is None else tolerance.factor
        floor = (FLOOR if wide else HALF_FLOOR) if tolerance.floor_eps is None else tolerance.floor_eps
        floor *= 1 + FEW / max(1, want.numel()) ** 0.5 if wide and tolerance.floor_eps is None else 1
        found = _measured(want, truth, factor, (LEAST if wide else HALF_LEAST) * eps, floor * eps)
        if found is not None:
            return found
    usual = ALONE_FLOAT64 if dtype in DOUBLE else ALONE if wide else HALF_ALONE
    floor = max(usual, tolerance.floor_eps or 0.0)
    scale = scale_of(want, 4 * eps, want)
    return Budget(want, scale, scale * (floor * eps))


def _measured(want: Tensor, truth: Tensor, factor: float, least: float, floor: float) -> Budget | None:
    """The budget around the truth; None when the truth is none."""
    scale = scale_of(truth, NOISE, want)
    own = largest((want - truth).abs() / scale)
    if factor * own > LARGEST_BUDGET and not vanishes(truth, want):
        return None
    relative = factor * max(own, least) + floor
    # where the reference overflows and the truth does not (or the reverse), a result must do as the reference does
    finite = want.isfinite() & truth.isfinite()
    target = truth if bool(finite.all()) else torch.where(finite, truth, want)
    return Budget(target, scale, scale * relative)


def _fixed(want: Tensor, truth: Tensor | None, tolerance: Tolerance) -> Budget:
    relative, absolute = tolerance.relative or 0.0, tolerance.absolute or 0.0
    for target in (truth, want):
        if target is None:
            continue
        allowed = absolute + relative * target.abs()
        own = (want - target).abs()
        if bool(((own <= allowed) | (want == target) | (want.isnan() & target.isnan())).all()):
            return Budget(target, scale_of(target, NOISE, want), allowed.nan_to_num(absolute, absolute, absolute))
    return Budget(want, scale_of(want, NOISE, want), absolute + relative * _finite(want))


def scale_of(truth: Tensor, noise: float, want: Tensor) -> Tensor:
    """What errors are measured by, an element each (float64, positive, finite)."""
    magnitude = _finite(truth)
    wanted = magnitude if want is truth else _finite(want)
    typical = typical_magnitude(magnitude, noise)
    if _vanish(magnitude, wanted):
        typical = float(wanted.max()) if want.numel() else 0.0
    return magnitude.clamp_min(typical if typical > 0 else 1.0)


def vanishes(truth: Tensor, want: Tensor) -> bool:
    """Whether the truth is zero up to rounding throughout: what the reference made of it is noise."""
    return _vanish(_finite(truth), _finite(want))


def _vanish(magnitude: Tensor, wanted: Tensor) -> bool:
    """As `vanishes`, of magnitudes that are known already."""
    return magnitude.numel() == 0 or float(magnitude.max()) <= 1e-7 * float(wanted.max())


def typical_magnitude(magnitude: Tensor, noise: float) -> float:
    """The median of those magnitudes that are more than `noise` times the largest; 0 when all are zero."""
    flat = magnitude.flatten()
    if flat.numel() > SAMPLE:
        flat = flat[:: flat.numel() // SAMPLE + 1]
    if flat.numel() == 0:
        return 0.0
    counted = flat[flat > noise * flat.max()]
    return float(counted.median()) if counted.numel() else 0.0


def largest(errors: Tensor) -> float:
    """The largest finite error; 0 without any."""
    return float(_finite(errors).max()) if errors.numel() else 0.0


def _finite(values: Tensor) -> Tensor:
    """Magnitudes, with 0 in place of NaN and infinities."""
    return values.abs().nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
