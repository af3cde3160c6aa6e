"""Floats of eight bits or fewer, and blocks of four-bit floats under a shared power of two (OCP Microscaling, MXFP4)."""

import torch
from torch import Tensor

EXP_BITS, MAN_BITS = 2, 1  # E2M1, the element of MXFP4
LARGEST_EXPONENT = 2  # of E2M1, whose largest number is 1.5 * 2**2 = 6


def decode(codes: Tensor, exp_bits: int, man_bits: int) -> Tensor:
    """codes (...) uint8, layout sign | exponent | mantissa -> (...) float32."""
    codes = codes.int()
    magnitude = codes & (1 << exp_bits + man_bits) - 1
    exponent, fraction = magnitude >> man_bits, magnitude & (1 << man_bits) - 1
    # an exponent field of 0 is that of 1 without the hidden leading one
    significand = torch.where(exponent > 0, fraction + (1 << man_bits), fraction)
    value = torch.ldexp(significand.float(), exponent.clamp(min=1) - _bias(exp_bits) - man_bits)
    return torch.where(codes >> exp_bits + man_bits > 0, -value, value)


def encode(x: Tensor, exp_bits: int, man_bits: int) -> Tensor:
    """x (...) float32 -> (...) uint8: nearest code, ties to the even one, overflow to the largest."""
    if x.isnan().any():
        raise ValueError("NaN has no code in a format without NaN")
    bias = _bias(exp_bits)
    largest = 2.0 ** ((1 << exp_bits) - 1 - bias) * (2 - 2.0**-man_bits)
    magnitude = x.abs().clamp_(max=largest)
    # e with 2**e <= magnitude < 2**(e + 1); below the smallest normal number (0 too) the spacing stays what it is there
    exponent = torch.frexp(magnitude.clamp(min=2.0 ** (1 - bias))).exponent - 1
    steps = magnitude.ldexp_(man_bits - exponent).round_()  # in units of the spacing; round takes ties to even
    # codes count through all binades without a gap, so that a mantissa rounded up carries into the exponent by itself
    code = steps.int() + (exponent + bias - 1 << man_bits)
    return (code + (x.signbit().int() << exp_bits + man_bits)).to(torch.uint8)


def mx_quantize(x: Tensor, block: int = 32) -> tuple[Tensor, Tensor]:
    """x (..., K) -> packed E2M1 codes (..., K / 2) uint8, exponents (..., K / block) int8."""
    if x.shape[-1] % block:
        raise ValueError(f"the last dimension, {x.shape[-1]}, is not a multiple of the block, {block}")
    if not x.isfinite().all():
        raise ValueError("NaN and infinity have no place in a block")
    blocks = x.unflatten(-1, (x.shape[-1] // block, block))  # (..., K / block, block)
    largest = blocks.abs().amax(-1)
    exponents = torch.frexp(largest).exponent - 1 - LARGEST_EXPONENT  # floor(log2(largest)) without a logarithm
    exponents = exponents.masked_fill(largest == 0, -127).clamp(-127, 127)
    codes = encode(torch.ldexp(blocks, -exponents[..., None]), EXP_BITS, MAN_BITS).flatten(-2)  # (..., K)
    return codes[..., 0::2] | codes[..., 1::2] << 4, exponents.to(torch.int8)


def mx_dequantize(packed: Tensor, exponents: Tensor, block: int = 32) -> Tensor:
    """packed (..., K / 2) uint8, exponents (..., K / block) int8 -> (..., K) float32."""
    codes = torch.stack([packed & 15, packed >> 4], -1).flatten(-2)  # (..., K)
    blocks = decode(codes, EXP_BITS, MAN_BITS).unflatten(-1, (codes.shape[-1] // block, block))
    return torch.ldexp(blocks, exponents[..., None].int()).flatten(-2)


def _bias(exp_bits: int) -> int:
    """What is added to an exponent before it is stored."""
    return (1 << exp_bits - 1) - 1
