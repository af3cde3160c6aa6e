"""Clicks on offers: three skewed categorical columns and a logistic truth, as in click-through prediction.

Each row has a value in each of the columns of FIELDS (site, offer, hour), drawn independently with Zipf probabilities,
value 0 the most frequent. The log odds of a click are

    bias + sum over columns of weight[column][value] + cross[site % 8, offer % 8],

with weights N(0, 1/4) and crosses N(0, 1/4) that depend on `task` alone; a click is a coin with that probability. With
`crossed=False` the cross term is left out, and logistic regression on one-hot columns holds the truth.

Optimum. There are 64 x 32 x 24 = 49,152 different rows. The posterior of each is known, so the expected log loss of the
true posterior is the finite sum of P(row) H(p(row)), with H the entropy of a coin: exact up to rounding in float64. No
probabilities do better in expectation, on average over rows. `seed` draws rows and clicks, `task` the truth itself:
train and test data share `task` and differ in `seed`.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import softplus

from leveling.data.orders import zipf
from leveling.data.streams import Stream

FIELDS = {"site": 64, "offer": 32, "hour": 24}  # column: number of values
EXPONENT, BIAS, SPREAD = 1.1, -1.5, 0.5


def clicks(count: int, *, task: int = 0, crossed: bool = True, seed: int) -> tuple[Tensor, Tensor]:
    """`count` rows: values int64 (N, 3) in the order of FIELDS; clicks int64 (N,), 1 for a click."""
    stream = Stream("clicks", seed)
    columns = [stream.choices(zipf(size, EXPONENT), count) for size in FIELDS.values()]
    rows = torch.stack(columns, dim=1)
    return rows, (stream.uniform(count) < clicks_posterior(rows, task=task, crossed=crossed)).to(torch.int64)


def clicks_posterior(rows: Tensor, *, task: int = 0, crossed: bool = True) -> Tensor:
    """float64 (N,): the true probability of a click for `rows` int64 (N, 3)."""
    return _log_odds(task, crossed).to(rows.device)[rows[:, 0], rows[:, 1], rows[:, 2]].sigmoid()


@lru_cache
def clicks_bayes_log_loss(task: int = 0, *, crossed: bool = True) -> float:
    """Expected log loss of the true posterior, nats per row: no probabilities do better."""
    sites, offers, hours = (zipf(size, EXPONENT) for size in FIELDS.values())
    log_odds = _log_odds(task, crossed)
    entropy = softplus(log_odds) - log_odds * log_odds.sigmoid()
    return float(torch.einsum("s,o,h,soh->", sites, offers, hours, entropy))


@lru_cache
def _log_odds(task: int, crossed: bool) -> Tensor:  # noqa: FBT001 - lru_cache keys on positions
    """float64 (64, 32, 24): the log odds of a click for every row that there can be."""
    truth = Stream("clicks, task", task)
    site, offer, hour = (SPREAD * truth.normal(size) for size in FIELDS.values())
    cross = (SPREAD * truth.normal(8, 8)).repeat(FIELDS["site"] // 8, FIELDS["offer"] // 8)
    pairs = site[:, None] + offer + (cross if crossed else torch.zeros_like(cross))
    return BIAS + pairs[..., None] + hour
