"""One matrix product for every combination of batch letters."""

import math

import torch


def spell(part, x):
    before, dots, after = part.partition("...")
    hidden = x.dim() - len(before) - len(after)
    if hidden < 0 or (hidden and not dots):
        raise ValueError(f"{part} does not fit {x.dim()} dimensions")
    return [*before, *range(-hidden, 0), *after]


def parse(equation, operands):
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        raise ValueError(f"{len(parts)} operands described, {len(operands)} given")
    terms = [spell(part, x) for part, x in zip(parts, operands, strict=True)]
    flat = [c for term in terms for c in term]
    dots = sorted({c for c in flat if isinstance(c, int)})
    if arrow:
        before, has_dots, after = right.partition("...")
        output = [*before, *(dots if has_dots else []), *after]
    else:
        output = dots + sorted(c for c in set(flat) - set(dots) if flat.count(c) == 1)
    for c in output:
        if c not in flat or output.count(c) > 1:
            raise ValueError(f"no operand has the output letter {c}")
    return terms, output


def diagonal(x, term):
    for c in [c for c in term if term.count(c) > 1]:
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ValueError(f"letter {c} has two sizes")
            x = x.diagonal(0, i, j)
            term = [d for k, d in enumerate(term) if k not in (i, j)] + [c]
    return x, term


def fit(terms):
    sizes = {}
    for x, term in terms:
        for c, size in zip(term, x.shape, strict=True):
            if size != 1 and sizes.setdefault(c, size) != size:
                raise ValueError(f"letter {c} has sizes {sizes[c]} and {size}")
    for n, (x, term) in enumerate(terms):
        gone = [d for d, c in enumerate(term) if x.shape[d] == 1 and c in sizes]
        terms[n] = (x.squeeze(gone), [c for d, c in enumerate(term) if d not in gone])
    return terms


def reduce(x, term, keep):
    gone = [d for d, c in enumerate(term) if c not in keep]
    return (x.sum(gone, dtype=x.dtype) if gone else x), [c for c in term if c in keep]


def multiply(x, a, y, b, keep):
    x, a = reduce(x, a, keep | set(b))
    y, b = reduce(y, b, keep | set(a))
    size = dict(zip(a + b, [*x.shape, *y.shape], strict=True))
    batch = [c for c in a if c in b and c in keep]
    inner = [c for c in a if c in b and c not in keep]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    x = x.permute([a.index(c) for c in batch + rows + inner])
    y = y.permute([b.index(c) for c in batch + inner + columns])
    shape = [math.prod(size[c] for c in group) for group in (batch, rows, inner, columns)]
    x, y = x.reshape(shape[0], shape[1], shape[2]), y.reshape(shape[0], shape[2], shape[3])
    parts = [left @ right for left, right in zip(x, y, strict=True)]
    out = torch.stack(parts) if parts else torch.bmm(x, y)
    return out.reshape([size[c] for c in batch + rows + columns]), batch + rows + columns


def einsum(equation, *operands):
    terms, output = parse(equation, operands)
    terms = fit([diagonal(x, term) for x, term in zip(operands, terms, strict=True)])
    x, a = terms.pop(0)
    while terms:
        y, b = terms.pop(0)
        x, a = multiply(x, a, y, b, set(output).union(*(term for _, term in terms)))
    x, a = reduce(x, a, set(output))
    return x.permute([a.index(c) for c in output])
