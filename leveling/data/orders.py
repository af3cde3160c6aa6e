"""A log of orders with Zipf-skewed customers, and its totals per customer, exact.

Order by order, independently: customer k (0 is the most frequent) with probability proportional to
(k + 1)^-exponent; a day uniform in [0, days); an amount in cents, log-normal about 30 currency units, 1 cent at least.

Optimum. The totals are sums of int64 cents, so they are exact in any order of summation. In float32 they are not: a
sum above 2^24 = 16,777,216 cents no longer holds single cents, and the largest customers pass that at about 40,000
orders. A report that is right has every total equal to the cent.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from leveling.data.quadrature import positive
from leveling.data.streams import Stream

MEDIAN_CENTS, SPREAD = 3000.0, 1.0  # of an amount; the spread is of its natural logarithm


class Orders(NamedTuple):
    """N orders in columns, int64 (N,) each, and what they add up to, int64 (customers,) each."""

    customer: Tensor  # in [0, customers)
    day: Tensor  # in [0, days)
    cents: Tensor  # 1 or more
    totals: Tensor  # sum of cents of each customer; 0 where there is no order
    orders: Tensor  # number of orders of each customer


def orders(count: int, *, customers: int = 1000, days: int = 365, exponent: float = 1.1, seed: int) -> Orders:
    """`count` orders, and their totals and numbers per customer."""
    stream = Stream("orders", seed)
    customer = stream.choices(zipf(customers, exponent), count)
    day = stream.integers(0, days, count)
    cents = (MEDIAN_CENTS * (SPREAD * stream.normal(count)).exp()).round().clamp(min=1).to(torch.int64)
    nothing = torch.zeros(customers, dtype=torch.int64, device="cpu")
    totals = nothing.index_add(0, customer, cents)
    return Orders(customer, day, cents, totals, torch.bincount(customer, minlength=customers))


def zipf(size: int, exponent: float) -> Tensor:
    """float64 (size,): probabilities proportional to (k + 1)^-exponent, k = 0 .. size - 1."""
    positive("exponent", exponent)
    weights = torch.arange(1, size + 1, dtype=torch.float64, device="cpu") ** -exponent
    return weights / weights.sum()
