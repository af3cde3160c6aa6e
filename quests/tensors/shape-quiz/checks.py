"""Questions of tensors/shape-quiz. Every answer is computed by running the expression that the prompt shows."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from leveling.checks import Asked, Draw, Question

SHAPE = "a shape such as (2, 3), or the word error"
NUMBER = "a whole number"
FLOAT32_BYTES = 4


def outcome(function: Callable[..., Tensor], *tensors: Any) -> str:
    """The shape of what `function` returns, or "error" when it raises."""
    try:
        return str(tuple(function(*tensors).shape))
    except (RuntimeError, IndexError):
        return "error"


def added(first: tuple[int, ...], second: tuple[int, ...]) -> str:
    """The shape of the sum of two tensors."""
    return outcome(torch.add, torch.zeros(first), torch.zeros(second))


def added_from_the_left(first: tuple[int, ...], second: tuple[int, ...]) -> str:
    """What the sum would be if shapes were aligned at the left."""
    width = max(len(first), len(second))
    return added(first + (1,) * (width - len(first)), second + (1,) * (width - len(second)))


def misled(answer: str, **beliefs: str) -> dict[str, str]:
    """The answers of misconceptions, without those that happen to be right."""
    return {name.replace("_", "-"): given for name, given in beliefs.items() if given != answer}


class TheRule(Question):
    """The broadcasting rule in words."""

    form = "the number of a sentence"

    def ask(self, draw: Draw) -> Asked:
        right = "From the right: sizes are equal, or one of them is 1 or missing."
        left = "From the left: sizes are equal, or one of them is 1 or missing."
        others = (
            left,
            "From the right: one size is a multiple of the other, or missing.",
            "Equally many dimensions; in each, sizes are equal or one of them is 1.",
        )
        return Asked(
            "When can tensors of two shapes be added? Compare their sizes one by one.",
            right,
            "Write the shapes right-aligned, read a missing dimension as 1, and stretch every 1 to the size it meets. "
            "Nothing else is stretched: 2 against 4 is an error.",
            choices=tuple(draw.shuffled((right, *others))),
            wrong={"aligns-shapes-from-the-left": left},
        )


class NoneAndEllipsis(Question):
    """Indexing with None, an ellipsis and an integer."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        shape = tuple(draw.distinct(2, 9, 3))
        answer = outcome(lambda x: x[:, None, ..., 0], torch.zeros(shape))
        a, b, _ = shape
        return Asked(
            f"x has shape {shape}.\nWhat is the shape of x[:, None, ..., 0]?",
            answer,
            "None inserts a dimension of size 1 where it stands, ... stands for all dimensions that are not spelled out, "
            "and an integer index removes its dimension (the last).",
            wrong=misled(answer, an_integer_keeps_its_dimension=str((a, 1, b, 1)), none_selects_nothing=str((a, b))),
        )


class ThreeAgainstTwo(Question):
    """Adding a tensor of three dimensions and one of two."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b, c, other = draw.distinct(2, 9, 4)
        first, second = (a, draw.choice((1, other)), c), (b, 1)
        answer = added(first, second)
        return Asked(
            f"Shapes {first} and {second} are added.\nWhat is the shape of the result?",
            answer,
            f"Aligned at the right, {second[1]} meets {first[2]} and {second[0]} meets {first[1]}: equal sizes, or a 1 that "
            "is stretched, or an error. The dimension that the shorter shape lacks is read as 1.",
            wrong=misled(answer, aligns_shapes_from_the_left=added_from_the_left(first, second)),
        )


class MatrixAndVector(Question):
    """Adding a matrix and a vector."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b = draw.distinct(2, 9, 2)
        length = draw.choice((a, a, b))
        answer = added((a, b), (length,))
        return Asked(
            f"Shapes {(a, b)} and {(length,)} are added.\nWhat is the shape of the result?",
            answer,
            f"The vector is aligned with the last dimension, so it needs {b} or 1 elements. One number for each row "
            f"would have to come in shape {(a, 1)}.",
            wrong=misled(answer, aligns_shapes_from_the_left=added_from_the_left((a, b), (length,))),
        )


class MatrixAndColumn(Question):
    """Adding a matrix and a column."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b = draw.distinct(2, 9, 2)
        answer = added((a, b), (a, 1))
        return Asked(
            f"Shapes {(a, b)} and {(a, 1)} are added.\nWhat is the shape of the result?",
            answer,
            f"{a} meets {a}, and the 1 is stretched to {b}: the column is added to every column.",
            wrong={"a-result-takes-the-smaller-size": str((a, 1))},
        )


class PredictionAndTarget(Question):
    """A vector minus a column of the same length."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        n = draw.integer(11, 60)
        answer = outcome(torch.sub, torch.zeros(n), torch.zeros(n, 1))
        return Asked(
            f"prediction has shape {(n,)}, target has shape {(n, 1)}.\nWhat is the shape of prediction - target?",
            answer,
            f"The vector is read as {(1, n)}; both 1s are stretched. No error is raised, and the mean square of this is a "
            "loss over all pairs: a classic silent fault. Compare shapes before you subtract.",
            wrong={"equal-counts-pair-up": str((n,)), "aligns-shapes-from-the-left": str((n, 1))},
        )


class ZeroMeetsASize(Question):
    """A dimension of size 0 in broadcasting."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b, c = draw.distinct(2, 9, 3)
        met = draw.choice((1, b))
        first, second = (a, 0, c), (met, 1)
        answer = added(first, second)
        return Asked(
            f"Shapes {first} and {second} are added.\nWhat is the shape of the result?",
            answer,
            "0 is an ordinary size: it goes with 0 and with 1, and a 1 that meets it is stretched to 0. Against any other "
            "size it is an error.",
            wrong=misled(answer, zero_is_stretched_to_any_size=str((a, met, c))),
        )


class InPlace(Question):
    """Broadcasting in an in-place addition."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b = draw.distinct(2, 9, 2)
        target, other = draw.choice((((a, b), (b,)), ((a, 1), (a, b))))
        answer = outcome(lambda x, y: x.add_(y), torch.zeros(target), torch.zeros(other))
        return Asked(
            f"x has shape {target}, y has shape {other}.\nWhat is the shape of x after x += y?",
            answer,
            "In place, y may be stretched but x may not: the result has to fit into the memory of x.",
            wrong=misled(answer, in_place_can_grow_the_target=added(target, other)),
        )


class SumWithKeepdim(Question):
    """A sum that keeps its dimension."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        shape = tuple(draw.distinct(2, 9, 3))
        answer = outcome(lambda x: x.sum(1, keepdim=True), torch.zeros(shape))
        return Asked(
            f"x has shape {shape}.\nWhat is the shape of x.sum(1, keepdim=True)?",
            answer,
            "A reduction removes the dimension it runs along; keepdim=True leaves it with size 1, so that the result "
            "broadcasts against x again.",
            wrong={"keepdim-drops-the-dimension": str((shape[0], shape[2]))},
        )


class MeanOverTwoDimensions(Question):
    """A mean over two dimensions."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        shape = tuple(draw.distinct(2, 9, 3))
        answer = outcome(lambda x: x.mean((0, 2)), torch.zeros(shape))
        return Asked(
            f"x has shape {shape}.\nWhat is the shape of x.mean((0, 2))?",
            answer,
            "Both named dimensions are removed at once; dimension 1 is what is left.",
            wrong={"reductions-keep-the-named-dimensions": str((shape[0], shape[2]))},
        )


class BatchedMatmul(Question):
    """matmul of two batches that broadcast."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        a, b, m, k, n = draw.distinct(2, 9, 5)
        first, second = (a, 1, m, k), (b, k, n)
        answer = outcome(torch.matmul, torch.zeros(first), torch.zeros(second))
        return Asked(
            f"x has shape {first}, y has shape {second}.\nWhat is the shape of x @ y?",
            answer,
            f"The last two dimensions are the matrices, ({m}, {k}) @ ({k}, {n}) -> ({m}, {n}); all dimensions before them "
            f"are broadcast: ({a}, 1) with ({b},) gives ({a}, {b}).",
            wrong={"the-shorter-batch-is-ignored": str((a, 1, m, n)), "matmul-does-not-broadcast": "error"},
        )


class MatrixTimesVector(Question):
    """matmul with a vector on the right."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        m, k = draw.distinct(2, 9, 2)
        answer = outcome(torch.matmul, torch.zeros(m, k), torch.zeros(k))
        return Asked(
            f"x has shape {(m, k)}, y has shape {(k,)}.\nWhat is the shape of x @ y?",
            answer,
            "A vector on the right is taken for a column; the column's dimension of size 1 is removed from the result.",
            wrong={"the-vector-stays-a-column": str((m, 1)), "at-multiplies-elementwise": str((m, k))},
        )


class RowsByIndex(Question):
    """Indexing with a table of integers."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        n, d, p, q = draw.distinct(2, 9, 4)
        answer = outcome(lambda x, index: x[index], torch.zeros(n, d), torch.zeros(p, q, dtype=torch.int64))
        return Asked(
            f"x has shape {(n, d)}, index is int64 of shape {(p, q)} with values below {n}.\nWhat is the shape of x[index]?",
            answer,
            "The index's shape takes the place of the dimension that it indexes (the first); the other dimensions follow. "
            "An embedding is this look-up.",
            wrong={"one-index-for-each-dimension": str((p, q)), "the-index-is-flattened": str((p * q, d))},
        )


class ElementsByMask(Question):
    """Indexing with a boolean mask of the same shape."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        n, d = draw.distinct(4, 9, 2)
        count = draw.integer(3, n * d - 2)
        mask = (draw.permutation(n * d) < count).reshape(n, d)
        answer = outcome(lambda x, keep: x[keep], torch.zeros(n, d), mask)
        return Asked(
            f"x and the bool tensor mask have shape {(n, d)}; {count} entries of mask are True.\nWhat is the shape of x[mask]?",
            answer,
            "The True entries of a row need not be as many as those of the next, so the result is flat: one element for "
            "each True, in row-major order.",
            wrong={"a-mask-keeps-the-shape": str((n, d))},
        )


class Stack(Question):
    """torch.stack along dimension 1."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        n, a, b = draw.distinct(2, 9, 3)
        answer = outcome(lambda parts: torch.stack(parts, dim=1), [torch.zeros(a, b)] * n)
        return Asked(
            f"parts is a list of {n} tensors of shape {(a, b)}.\nWhat is the shape of torch.stack(parts, dim=1)?",
            answer,
            "stack adds a new dimension, of the length of the list, at the place that dim names in the result.",
            wrong={"stack-joins-like-cat": str((a, n * b)), "stack-adds-in-front": str((n, a, b))},
        )


class Concatenate(Question):
    """torch.cat along dimension 1."""

    form = SHAPE

    def ask(self, draw: Draw) -> Asked:
        n, a, b = draw.distinct(2, 9, 3)
        answer = outcome(lambda parts: torch.cat(parts, dim=1), [torch.zeros(a, b)] * n)
        return Asked(
            f"parts is a list of {n} tensors of shape {(a, b)}.\nWhat is the shape of torch.cat(parts, dim=1)?",
            answer,
            "cat adds no dimension: it lengthens the one that is named.",
            wrong={"cat-adds-a-dimension": str((a, n, b)), "cat-lengthens-the-first": str((n * a, b))},
        )


class _Count(Question):
    """A question whose answer is a number: thousands may be set apart."""

    form = NUMBER

    def accepts(self, asked: Asked, text: str) -> bool:
        return super().accepts(asked, text.replace(",", "").replace("'", ""))


def drawn_pairs(draw: Draw) -> tuple[int, int, int]:
    """N, M and D of a pairwise difference, in round numbers that can be multiplied by hand."""
    return draw.choice((200, 300, 500)), draw.choice((400, 600, 1000)), draw.choice((20, 30, 50))


class ElementsOfAnIntermediate(_Count):
    """How many numbers a broadcast makes."""

    def ask(self, draw: Draw) -> Asked:
        n, m, d = drawn_pairs(draw)
        answer = str(math.prod(torch.broadcast_shapes((n, 1, d), (1, m, d))))
        return Asked(
            f"a has shape {(n, d)}, b has shape {(m, d)}.\nHow many elements has a[:, None] - b[None]?",
            answer,
            f"The shapes {(n, 1, d)} and {(1, m, d)} give {(n, m, d)}: the operands are stretched for nothing, the result "
            "is stored in full.",
            wrong={"counts-pairs-only": str(n * m), "counts-the-operands": str((n + m) * d)},
        )


class BytesOfAnIntermediate(_Count):
    """How much memory a broadcast takes."""

    def ask(self, draw: Draw) -> Asked:
        n, m, d = drawn_pairs(draw)
        count = math.prod(torch.broadcast_shapes((n, 1, d), (1, m, d)))
        return Asked(
            f"a has shape {(n, d)}, b has shape {(m, d)}, both float32.\nHow many bytes does a[:, None] - b[None] take?",
            str(count * FLOAT32_BYTES),
            f"{n} * {m} * {d} elements of {FLOAT32_BYTES} bytes. If the next call sums over the last dimension, only "
            f"{n * m * FLOAT32_BYTES} of those bytes were wanted: a matrix product can do without the rest.",
            wrong={"counts-elements": str(count), "takes-float32-for-8-bytes": str(count * 8)},
        )
