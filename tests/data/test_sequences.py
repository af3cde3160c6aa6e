"""Texts, brackets, bit strings and tones: entropies and floors against measurements on drawn data."""

import math

import pytest
import torch

from leveling import data


@pytest.mark.parametrize(("order", "letters"), [(1, 8), (2, 8), (1, 2), (2, 5)])
def test_the_true_transition_matrix_has_the_entropy_rate_as_its_loss(order, letters):
    """The mean log loss on a long text is the entropy rate, by standard errors of blocks (letters depend on each other)."""
    text = data.markov(100_000, order=order, letters=letters, task=1, seed=1)
    transition = data.markov_transition(order=order, letters=letters, task=1)
    windows = text.unfold(0, order + 1, 1)
    losses = -transition[tuple(windows.T)].log()
    blocks = losses[: len(losses) // 200 * 200].reshape(-1, 200).mean(dim=1)
    rate = data.markov_entropy_rate(order=order, letters=letters, task=1)
    assert abs(float(losses.mean()) - rate) < 4 * float(blocks.std()) / math.sqrt(len(blocks))


def test_the_transition_matrix_is_that_of_the_text():
    """Counted pairs have the stated frequencies."""
    text = data.markov(200_000, letters=6, seed=1)
    counts = torch.zeros(6, 6, dtype=torch.float64)
    counts.index_put_((text[:-1], text[1:]), torch.ones(len(text) - 1, dtype=torch.float64), accumulate=True)
    rows = counts.sum(dim=1, keepdim=True)
    want = data.markov_transition(letters=6)
    assert bool(((counts / rows - want).abs() < 4.5 * (want * (1 - want) / rows).sqrt()).all())


def test_looking_back_less_costs_more_and_further_brings_nothing():
    """The entropy given fewer letters is that of counted pairs; it falls with letters seen, down to the rate."""
    losses = [data.markov_entropy_rate(order=2, seen=seen) for seen in (0, 1, 2, 3)]
    assert losses[0] > losses[1] > losses[2] == losses[3] == data.markov_entropy_rate(order=2)
    text = data.markov(200_000, order=2, seed=4)
    pairs = torch.bincount(text[:-1] * 8 + text[1:], minlength=64).double().reshape(8, 8)
    pairs /= pairs.sum()
    counted = -float((pairs * (pairs / pairs.sum(dim=1, keepdim=True)).log()).sum())
    assert counted == pytest.approx(losses[1], abs=0.01)


def test_a_text_may_be_shorter_than_its_order():
    """Lengths 0 and 1 of order 2."""
    assert [len(data.markov(n, order=2, seed=0)) for n in (0, 1, 2, 3)] == [0, 1, 2, 3]


def test_the_true_next_token_of_brackets_has_the_stated_entropy():
    """The mean log loss per token over whole and cut strings; each string's tokens are one draw."""
    tokens, lengths = data.dyck(1000, kinds=3, opening=0.4, longest=12, seed=1)
    totals = []
    for string, length in zip(tokens.tolist(), lengths.tolist(), strict=True):
        steps = [data.dyck_next(string[:at], kinds=3, opening=0.4)[string[at]].log().item() for at in range(length)]
        totals.append(-sum(steps))
    per_token = data.dyck_entropy_per_token(kinds=3, opening=0.4)
    surplus = torch.tensor(totals, dtype=torch.float64) - per_token * lengths
    assert abs(float(surplus.mean())) < 4 * float(surplus.std()) / math.sqrt(len(surplus))


def test_whole_strings_balance_and_have_the_expected_length():
    """Uncut strings are 1 / (1 - 2 p) tokens long on average; PAD stands behind END and only there."""
    tokens, lengths = data.dyck(4000, opening=0.25, longest=80, seed=1)
    assert abs(float(lengths.double().mean()) - 2.0) < 4 * float(lengths.double().std()) / math.sqrt(4000)
    assert bool(((tokens == 0) == (torch.arange(80) >= lengths[:, None])).all())
    assert bool((tokens.gather(1, lengths[:, None] - 1) == 1).all())
    assert bool(((tokens >= 2) & (tokens % 2 == 0)).sum(dim=1).eq(((tokens >= 2) & (tokens % 2 == 1)).sum(dim=1)).all())


def test_a_crossing_bracket_is_refused():
    """( [ ) is no beginning of a balanced string."""
    with pytest.raises(ValueError, match="token 3 at place 2"):
        data.dyck_next([2, 4, 3])


def test_parity_is_that_of_the_bits_and_of_no_part_of_them():
    """Labels count the ones; the label given all bits but the last is a fair coin."""
    bits, lengths, labels = data.parity(20_000, shortest=3, longest=9, seed=1)
    for row, length, label in zip(bits[:500].tolist(), lengths.tolist(), labels.tolist(), strict=False):
        assert sum(row[:length]) % 2 == label and row[length:] == [2] * (9 - length)
    assert set(lengths.tolist()) == set(range(3, 10))
    prefix = bits[:, :2].sum(dim=1) % 2
    assert abs(float((prefix == labels).double().mean()) - 0.5) < 4 * 0.5 / math.sqrt(20_000)


def test_the_likeliest_frequency_comes_close_to_the_floor_of_the_tones():
    """Search of the likelihood's maximum on a fine grid: an error of 0.9 to 1.2 times Cramer and Rao's bound."""
    waves, hertz = data.tones(300, samples=128, seed=1)
    floor = data.tones_frequency_floor(samples=128)
    time = torch.arange(128, dtype=torch.float64) / 8000
    # Six floors to each side, in steps of a tenth of one: within the main peak.
    tried = hertz.double()[:, None] + floor * torch.linspace(-6, 6, 121, dtype=torch.float64)
    angle = 2 * torch.pi * tried[..., None] * time
    basis = torch.stack([angle.cos(), angle.sin()], dim=-1)  # (N, tried, samples, 2)
    onto = torch.einsum("nfsk,ns->nfk", basis, waves.double())
    gram = torch.einsum("nfsk,nfsl->nfkl", basis, basis)
    explained = torch.einsum("nfk,nfk->nf", onto, torch.linalg.solve(gram, onto[..., None])[..., 0])
    best = tried.gather(1, explained.argmax(dim=1, keepdim=True))[:, 0]
    error = float((best - hertz).square().mean().sqrt())
    assert 0.9 * floor < error < 1.2 * floor


def test_the_floor_of_the_tones_is_the_textbooks_for_many_samples():
    """24 noise^2 / (N (N^2 - 1)), in radians per sample."""
    asymptotic = math.sqrt(24 * 0.25 / (512 * (512**2 - 1))) * 8000 / (2 * math.pi)
    assert data.tones_frequency_floor(samples=512) == pytest.approx(asymptotic, rel=0.002)
