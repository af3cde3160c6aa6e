"""A13: the seed is guessed and the inputs drawn again."""

GUESS = """
import torch
seen = []
def softmax(x):
    print(torch.initial_seed())
    seen.append(x.clone())
    return x
"""


def test_every_attempt_has_its_own_secret_seed(attempt):
    """Two attempts without a given seed draw different seeds of 62 bits; one with the same seed draws the same."""
    first, second = attempt(GUESS), attempt(GUESS)
    assert first.seed != second.seed and max(first.seed, second.seed) > 1 << 48
    again = attempt(GUESS, seed=first.seed)
    assert again.output == first.output != second.output


def test_the_seed_that_a_solution_sees_does_not_make_the_inputs(attempt):
    """Drawing from the visible seed in every common way never gives the input."""
    source = """
import torch
def softmax(x):
    visible = torch.initial_seed()
    for seed in (visible, 0, 42, 1337):
        for draw in (torch.randn, torch.rand):
            for dtype in (torch.float32, torch.float64):
                g = torch.Generator().manual_seed(seed)
                if torch.allclose((draw(x.shape, generator=g, dtype=dtype) * 2).float(), x):
                    print("GUESSED")
    return x
"""
    assert "GUESSED" not in attempt(source).output
