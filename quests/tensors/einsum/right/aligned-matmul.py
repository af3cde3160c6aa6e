"""Independent idiom: capitals for the ellipsis, diagonals by indexing, ones expanded, torch.matmul over batch letters."""

import torch

CAPITALS = "ABCDEFGHIJ"


def einsum(equation, *operands):
    terms, output = read(equation.replace(" ", ""), operands)
    pairs = [take_diagonal(x, term) for x, term in zip(operands, terms, strict=True)]
    sizes = agree(pairs)
    x, have = pairs[0]
    for number, (y, term) in enumerate(pairs[1:], start=2):
        needed = output + "".join(later for _, later in pairs[number:])
        x, have = join(x, have, y, term, needed, sizes)
    x, have = total(x, have, output)
    return x.permute(*[have.index(c) for c in output]) if output else x


def read(equation, operands):
    parts = equation.split("->")[0].split(",")
    if len(parts) != len(operands):
        raise ValueError("the equation does not describe this number of operands")
    hidden = [x.dim() - len(part.replace("...", "")) for part, x in zip(parts, operands, strict=True)]
    for part, count in zip(parts, hidden, strict=True):
        if count < 0 or (count > 0 and "..." not in part):
            raise ValueError(f"{part} has the wrong number of letters")
    widest = max(hidden)
    dots = CAPITALS[:widest]
    terms = [part.replace("...", dots[widest - count :]) for part, count in zip(parts, hidden, strict=True)]
    every = "".join(terms)
    if "->" in equation:
        output = equation.split("->")[1].replace("...", dots)
    else:
        output = dots + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in dots))
    for c in output:
        if every.count(c) == 0 or output.count(c) != 1:
            raise ValueError(f"output letter '{c}' is not one letter of the inputs")
    return terms, output


def take_diagonal(x, term):
    for c in sorted(set(term)):
        while term.count(c) > 1:
            i, j = [d for d, other in enumerate(term) if other == c][:2]
            if x.shape[i] != x.shape[j]:
                raise ValueError(f"'{c}' is both {x.shape[i]} and {x.shape[j]}")
            along = torch.arange(x.shape[i], device=x.device)
            x = x.movedim((i, j), (0, 1))[along, along]
            term = c + "".join(other for d, other in enumerate(term) if d not in (i, j))
    return x, term


def agree(pairs):
    sizes = {}
    for x, term in pairs:
        for c, size in zip(term, x.shape, strict=True):
            try:
                sizes[c] = torch.broadcast_shapes((size,), (sizes.get(c, 1),))[0]
            except RuntimeError:
                raise ValueError(f"'{c}' is {size} here and {sizes[c]} elsewhere") from None
    return sizes


def total(x, have, needed):
    gone = tuple(d for d, c in enumerate(have) if c not in needed)
    return (x.sum(gone, dtype=x.dtype) if gone else x), "".join(c for c in have if c in needed)


def join(x, a, y, b, needed, sizes):
    # a letter may be summed alone only where this operand spans it, so ones are stretched first
    x = x.expand([sizes[c] for c in a])
    y = y.expand([sizes[c] for c in b])
    x, a = total(x, a, needed + b)
    y, b = total(y, b, needed + a)
    batch = "".join(c for c in a if c in b and c in needed)
    inner = "".join(c for c in a if c in b and c not in needed)
    left, right = "".join(c for c in a if c not in b), "".join(c for c in b if c not in a)
    x = x.permute([a.index(c) for c in batch + left + inner])
    y = y.permute([b.index(c) for c in batch + inner + right])
    middle, lead = x.shape[len(batch) : len(batch) + len(left)], x.shape[: len(batch)]
    inside = x.shape[len(batch) + len(left) :].numel()
    end = y.shape[len(batch) + len(inner) :]
    out = torch.matmul(x.reshape(*lead, middle.numel(), inside), y.reshape(*lead, inside, end.numel()))
    return out.reshape([*lead, *middle, *end]), batch + left + right
