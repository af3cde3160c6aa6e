"""Aligns all operands to all letters, multiplies, sums."""


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


def aligned(x, term, every):
    x = x.permute([term.index(c) for c in every if c in term])
    return x[tuple(slice(None) if c in term else None for c in every)]


def einsum(equation, *operands):
    terms, output = parse(equation, operands)
    terms = fit([diagonal(x, term) for x, term in zip(operands, terms, strict=True)])
    every = output + list({c for _, term in terms for c in term if c not in output})
    total = aligned(*terms[0], every)
    for x, term in terms[1:]:
        total = total * aligned(x, term, every)
    summed = list(range(len(output), len(every)))
    return total.sum(summed, dtype=total.dtype) if summed else total
