"""Independent idiom: works on the bits of float32 and adds half a unit before it cuts."""

import torch


def decode(codes, exp_bits, man_bits):
    width = exp_bits + man_bits
    bits = codes.to(torch.int32)
    size = bits & (2**width - 1)
    # the same layout inside float32, whose bias is larger: multiply by the ratio; subnormals come out right as well
    value = (size << 23 - man_bits).view(torch.float32) * 2.0 ** (127 - (2 ** (exp_bits - 1) - 1))
    return torch.copysign(value, 0.5 - (bits >> width).float())


def encode(x, exp_bits, man_bits):
    if bool(torch.isnan(x).any()):
        raise ValueError("x holds NaN")
    bias = 2 ** (exp_bits - 1) - 1
    least_normal = 2.0 ** (1 - bias)
    bits = x.abs().clamp(max=2.0 ** (2**exp_bits - bias)).contiguous().view(torch.int32)
    cut = 23 - man_bits
    # adding just below half, plus the bit that decides parity, rounds to nearest even when the rest is cut
    rounded = bits + (2 ** (cut - 1) - 1) + (bits >> cut & 1)
    normal = (rounded >> cut) - (127 - bias << man_bits)
    # adding a number whose spacing is that of the subnormals makes the hardware round there
    magic = torch.tensor(2.0 ** (1 - bias - man_bits + 23), device=x.device)
    small = (x.abs().clamp(max=2 * least_normal) + magic).view(torch.int32) - magic.view(torch.int32)
    code = torch.where(x.abs() < least_normal, small, normal).clamp(max=2 ** (exp_bits + man_bits) - 1)
    return (code | x.signbit().int() << exp_bits + man_bits).to(torch.uint8)


def mx_quantize(x, block=32):
    rest = x.shape[-1] % block
    if rest:
        raise ValueError(f"{rest} elements are left over")
    if not torch.isfinite(x).all():
        raise ValueError("x must be finite")
    top = x.unflatten(-1, (x.shape[-1] // block, block)).abs().amax(-1)
    # floor(log2) from the exponent field; zeros and float32's subnormals have field 0 and end at the clamp
    exponents = ((top.view(torch.int32) >> 23) - 127 - 2).clamp(min=-127)
    scale = torch.exp2(-exponents.float()).repeat_interleave(block, -1)
    codes = encode(x * scale, 2, 1)
    low, high = codes.unflatten(-1, (x.shape[-1] // 2, 2)).unbind(-1)
    return low | high << 4, exponents.to(torch.int8)


def mx_dequantize(packed, exponents, block=32):
    low, high = decode(packed & 15, 2, 1), decode(packed >> 4, 2, 1)
    values = torch.stack([low, high], -1).flatten(-2)
    half = exponents.float().repeat_interleave(block, -1) / 2
    return values * torch.exp2(half.floor()) * torch.exp2(half.ceil())
