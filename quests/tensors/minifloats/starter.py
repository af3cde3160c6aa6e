"""Encode and decode floats of eight bits or fewer, and quantise tensors to MXFP4 blocks."""

from torch import Tensor


def decode(codes: Tensor, exp_bits: int, man_bits: int) -> Tensor:
    """Values of small floats.

    Args:
        codes: (...) uint8 below 2**(1 + exp_bits + man_bits): sign, exponent, mantissa from high to low
        exp_bits, man_bits: at least 1 each, 7 together at most. No code means infinity or NaN

    Returns:
        (...) float32; the code with the sign bit alone is -0.0
    """
    raise NotImplementedError("decode")


def encode(x: Tensor, exp_bits: int, man_bits: int) -> Tensor:
    """Nearest small floats.

    Args:
        x: (...) float32
        exp_bits, man_bits: as in decode

    Returns:
        (...) uint8: the code of the nearest value, of two equally near ones the even code; beyond the largest value
        (infinity too) the largest; the sign bit is that of x, also where the rest is 0

    Raises:
        ValueError: when x holds NaN
    """
    raise NotImplementedError("encode")


def mx_quantize(x: Tensor, block: int = 32) -> tuple[Tensor, Tensor]:
    """Quantise blocks along the last dimension to E2M1 numbers under a common power of two.

    Args:
        x: (..., K) float32, finite
        block: even

    Returns:
        codes (..., K / 2) uint8, two in a byte: the even index in the low four bits, the odd one in the high four
        exponents (..., K / block) int8: floor(log2(largest magnitude of the block)) - 2 within [-127, 127];
            -127 for a block of zeros. The block is divided by 2**exponent before it is encoded

    Raises:
        ValueError: when K is no multiple of block, or x is not finite
    """
    raise NotImplementedError("mx_quantize")


def mx_dequantize(packed: Tensor, exponents: Tensor, block: int = 32) -> Tensor:
    """packed (..., K / 2) uint8, exponents (..., K / block) int8, as mx_quantize makes them -> (..., K) float32."""
    raise NotImplementedError("mx_dequantize")
