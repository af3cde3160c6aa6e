"""How far a float result may stand from the truth. No torch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The error budget of one check.

    By default a result passes when its error against the float64 truth is at most `factor` times the reference's own
    error plus `floor_eps` machine epsilons of the result's dtype (None: 16 and 8 for float32 and float64, 4 and 1 for
    half precision). `relative` or `absolute` replace that by a fixed bound per element:
    |got - truth| <= absolute + relative * |truth|.
    """

    factor: float | None = None
    floor_eps: float | None = None
    relative: float | None = None
    absolute: float | None = None
    strict_containers: bool = False
    check_requires_grad: bool = True


DEFAULT = Tolerance()
