"""FLOPs of products that torch's counter passes over are counted as if they were written as plain matrix products."""

import pytest
import torch

from leveling.arena.metering import metered

A, B = torch.ones(4, 6), torch.ones(6, 3)
MANY_A, MANY_B = A.expand(5, 4, 6), B.expand(5, 6, 3)
V, W = torch.ones(6), torch.ones(4)


def flops(call):
    with metered("flops") as figures:
        call()
    return figures["flops"]


@pytest.mark.parametrize(
    ("call", "multiplications"),
    [
        (lambda: A @ B, 4 * 6 * 3),
        (lambda: torch.zeros(4, 3).addmm_(A, B), 4 * 6 * 3),
        (lambda: torch.zeros(5, 4, 3).baddbmm_(MANY_A, MANY_B), 5 * 4 * 6 * 3),
        (lambda: torch.addbmm(torch.zeros(4, 3), MANY_A, MANY_B), 5 * 4 * 6 * 3),
        (lambda: A @ V, 4 * 6),
        (lambda: torch.addmv(W, A, V), 4 * 6),
        (lambda: W.clone().addmv_(A, V), 4 * 6),
        (lambda: V @ V, 6),
        (lambda: torch.addr(torch.zeros(6, 4), V, W), 6 * 4),
    ],
)
def test_products_cost_what_they_multiply(call, multiplications):
    """Two FLOPs a multiplication, whichever op does it."""
    assert flops(call) == 2 * multiplications


def attention(query, key, value):
    return torch.softmax(query @ key.mT / query.shape[-1] ** 0.5, -1) @ value


@pytest.mark.parametrize("backward", [False, True])
def test_fused_attention_on_the_cpu_is_not_free(backward):
    """It costs what the two matrix products of attention cost; its backward computes the scores once more."""
    query, key, value = (torch.ones(2, 3, length, 8, requires_grad=True) for length in (5, 7, 7))

    def run(way):
        out = way(query, key, value)
        if backward:
            out.sum().backward()

    plain = flops(lambda: run(attention))
    scores = 2 * 2 * 3 * 5 * 7 * 8
    fused = flops(lambda: run(torch.nn.functional.scaled_dot_product_attention))
    assert fused == plain + (scores if backward else 0)


def test_an_lstm_is_not_free():
    """The fused layer costs the two products of every step."""
    layer = torch.nn.LSTM(4, 6)
    assert flops(lambda: layer(torch.ones(3, 2, 4))) == 2 * 3 * 2 * (4 * 6 * 4 + 4 * 6 * 6)


def test_an_encoder_layer_is_not_free_in_either_way():
    """The fused layer of inference costs what the written out one costs in training, where torch counts its products."""
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    inputs = torch.ones(2, 3, 8)
    in_training = flops(lambda: layer(inputs))
    layer.eval()
    with torch.no_grad():
        assert flops(lambda: layer(inputs)) == in_training > 0


def test_bilinear_costs_its_weight():
    """Every entry of the weight is multiplied twice for each row."""
    layer = torch.nn.Bilinear(6, 5, 3, bias=False)
    assert flops(lambda: layer(torch.ones(4, 6), torch.ones(4, 5))) == 2 * 2 * 4 * 3 * 6 * 5
