"""Index notation, lowered to sums, views and one batched matrix product for each pair of operands."""

import math
from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet

import torch
from torch import Tensor

# one entry a dimension: a letter, or "...3" for the third dimension from the right under an ellipsis
Labels = list[str]


def einsum(equation: str, *operands: Tensor) -> Tensor:
    """Multiply operands along equal letters and sum over the letters that the output does not name."""
    inputs, output = parse(equation, operands)
    terms = drop_ones(list(map(diagonal, operands, inputs)))
    x, labels = terms[0]
    for place in range(1, len(terms)):
        later = {label for _, others in terms[place + 1 :] for label in others}
        x, labels = multiply(x, labels, *terms[place], keep=later | set(output))
    x, labels = sum_over(x, labels, keep=output)
    return x.permute([labels.index(label) for label in output])


def parse(equation: str, operands: Sequence[Tensor]) -> tuple[list[Labels], Labels]:
    """The labels of every operand and of the output, ellipses spelled out.

    Raises:
        ValueError: when the equation does not fit the operands or asks for a letter that they do not have.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        raise ValueError(f"{equation!r} describes {len(parts)} operands, got {len(operands)}")
    inputs = list(map(spell, parts, (x.dim() for x in operands)))
    every = [label for labels in inputs for label in labels]
    longest = max(label_count(labels) for labels in inputs)
    leading = [f"...{place}" for place in range(longest, 0, -1)]
    if not arrow:
        return inputs, leading + sorted(label for label in every if label.isalpha() and every.count(label) == 1)
    head, dots, tail = right.partition("...")
    output = [*head, *(leading if dots else []), *tail]
    for label in output:
        if label not in every or output.count(label) > 1:
            raise ValueError(f"output letter {label!r} must occur once in the output and somewhere in the inputs")
    return inputs, output


def spell(part: str, dims: int) -> Labels:
    """ "b...i" for 4 dimensions -> ["b", "...2", "...1", "i"]; dimensions under "..." are counted from the right."""
    head, dots, tail = part.partition("...")
    hidden = dims - len(head) - len(tail)
    if hidden < 0 or (hidden and not dots):
        raise ValueError(f"{part!r} names {len(head) + len(tail)} dimensions, its operand has {dims}")
    return [*head, *(f"...{place}" for place in range(hidden, 0, -1)), *tail]


def label_count(labels: Labels) -> int:
    """How many of the labels stand for dimensions under an ellipsis."""
    return sum(label.startswith("...") for label in labels)


def diagonal(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """Merge dimensions with the same letter into their diagonal, a view: "iji" -> "ji"."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if x.shape[first] != x.shape[second]:
                raise ValueError(f"letter {label!r} is repeated but has sizes {x.shape[first]} and {x.shape[second]}")
            x = x.diagonal(0, first, second)  # both dimensions go, their diagonal comes last
            labels = [*labels[:first], *labels[first + 1 : second], *labels[second + 1 :], label]
    return x, labels


def drop_ones(terms: list[tuple[Tensor, Labels]]) -> list[tuple[Tensor, Labels]]:
    """Take size-1 dimensions out where another operand has size n: broadcasting is not to depend on the letter at all."""
    sizes: dict[str, int] = {}
    for x, labels in terms:
        for label, size in zip(labels, x.shape, strict=True):
            known = sizes.setdefault(label, size)
            if size != known and 1 not in (size, known):
                raise ValueError(f"letter {label!r} has size {known} in one operand and {size} in another")
            sizes[label] = size if known == 1 else known
    kept = []
    for x, labels in terms:
        ones = [dim for dim, label in enumerate(labels) if x.shape[dim] != sizes[label]]
        kept.append((x.squeeze(ones), [label for dim, label in enumerate(labels) if dim not in ones]))
    return kept


def multiply(x: Tensor, left: Labels, y: Tensor, right: Labels, keep: AbstractSet[str]) -> tuple[Tensor, Labels]:
    """Contract two operands by one bmm: (batch, rows, inner) @ (batch, inner, columns)."""
    x, left = sum_over(x, left, keep | set(right))  # a letter that nobody else needs goes before the product
    y, right = sum_over(y, right, keep | set(left))
    batch = [label for label in left if label in right and label in keep]
    inner = [label for label in left if label not in keep]  # in both: what one operand had alone is summed by now
    rows = [label for label in left if label not in right]
    columns = [label for label in right if label not in left]
    out = torch.bmm(as_matrices(x, left, batch, rows, inner), as_matrices(y, right, batch, inner, columns))
    sizes = dict(zip(left + right, [*x.shape, *y.shape], strict=True))
    labels = batch + rows + columns
    return out.reshape([sizes[label] for label in labels]), labels


def sum_over(x: Tensor, labels: Labels, keep: Container[str]) -> tuple[Tensor, Labels]:
    """Sum the dimensions whose label is not kept, in x's dtype: the sum of int32 would be int64."""
    gone = [dim for dim, label in enumerate(labels) if label not in keep]
    if not gone:
        return x, labels
    return x.sum(gone, dtype=x.dtype), [label for label in labels if label in keep]


def as_matrices(x: Tensor, labels: Labels, *groups: Labels) -> Tensor:
    """Order the dimensions by group and merge each group into one; an empty group becomes size 1."""
    x = x.permute([labels.index(label) for group in groups for label in group])
    shape, start = [], 0
    for group in groups:  # sizes are multiplied by hand: reshape cannot infer -1 beside a size of 0
        shape.append(math.prod(x.shape[start : start + len(group)]))
        start += len(group)
    return x.reshape(shape)
