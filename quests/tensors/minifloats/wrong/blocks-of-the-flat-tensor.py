"""Blocks the flat tensor and leaves the exponents flat beyond two dimensions."""

import torch


def decode(codes, exp_bits, man_bits):
    table = []
    bias = 2 ** (exp_bits - 1) - 1
    for code in range(2 ** (exp_bits + man_bits)):
        field, fraction = code >> man_bits, code % 2**man_bits
        hidden = 1 if field else 0
        table.append((hidden + fraction / 2**man_bits) * 2.0 ** (max(field, 1) - bias))
    table = torch.tensor(table + [-value for value in table], device=codes.device)
    return table[codes.int()]


def encode(x, exp_bits, man_bits):
    if x.isnan().any():
        raise ValueError("NaN cannot be encoded")
    bias = 2 ** (exp_bits - 1) - 1
    top = (2 - 0.5**man_bits) * 2.0 ** (2**exp_bits - 1 - bias)
    size = x.abs().clamp(max=top)
    exponent = torch.frexp(size.clamp(min=2.0 ** (1 - bias))).exponent - 1
    steps = torch.ldexp(size, man_bits - exponent).round().int()
    code = steps + (exponent + bias - 1) * 2**man_bits
    return (code + torch.signbit(x) * 2 ** (exp_bits + man_bits)).to(torch.uint8)


def mx_quantize(x, block=32):
    if x.shape[-1] % block:
        raise ValueError("the last dimension is not a multiple of the block")
    if not x.isfinite().all():
        raise ValueError("x is not finite")
    parts = x.reshape(*x.shape[:-1], x.shape[-1] // block, block)
    top = parts.abs().amax(-1)
    exponents = torch.frexp(top).exponent - 3
    exponents = torch.where(top == 0, -127, exponents).clamp(-127, 127)
    codes = encode(torch.ldexp(parts, -exponents[..., None]), 2, 1).reshape(x.shape)
    return codes[..., ::2] + codes[..., 1::2] * 16, exponents.to(torch.int8).flatten(0, max(x.dim() - 2, 0))


def mx_dequantize(packed, exponents, block=32):
    codes = torch.stack([packed % 16, packed // 16], -1).flatten(-2)
    values = decode(codes, 2, 1).reshape(*exponents.shape, block)
    return torch.ldexp(values, exponents[..., None].int()).flatten(-2)
