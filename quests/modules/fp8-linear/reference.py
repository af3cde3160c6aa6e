"""FP8 training with per-tensor scaling (Micikevicius et al., FP8 Formats for Deep Learning, arXiv 2209.05433)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FORWARD, BACKWARD = torch.float8_e4m3fn, torch.float8_e5m2


def quantize_fp8(x: Tensor, dtype: torch.dtype, amax: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """x (...) -> q (...) in `dtype`, scale () float32, with q * scale close to x; amax becomes the largest number."""
    largest = torch.finfo(dtype).max
    amax = amax_of(x) if amax is None else amax
    scale = torch.where(amax > 0, (amax / largest).clamp(min=torch.finfo(torch.float32).tiny), 1.0)
    # the cast itself makes NaN (e4m3) or inf (e5m2) of what is too large
    return (x.float() / scale).clamp(-largest, largest).to(dtype), scale


def amax_of(x: Tensor) -> Tensor:
    """The largest magnitude, () float32; 0 for an empty tensor."""
    return x.abs().max().float() if x.numel() else torch.zeros((), device=x.device)


def product(a: Tensor, b: Tensor, scale_a: Tensor, scale_b: Tensor) -> Tensor:
    """a (M, K) and b (K, N) in 8 bits -> (M, N) float32, accumulated in float32."""
    if has_matrix_units(a.device) and a.numel() and b.numel():
        return on_matrix_units(a, b, scale_a, scale_b)
    return (a.float() @ b.float()) * (scale_a * scale_b)


def has_matrix_units(device: torch.device) -> bool:
    """Whether 8-bit products run in hardware there."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 9)


def on_matrix_units(a: Tensor, b: Tensor, scale_a: Tensor, scale_b: Tensor) -> Tensor:
    """As product; the hardware takes a row by row, b column by column, and sizes that are multiples of 16."""
    multiply = torch._scaled_mm  # noqa: SLF001 - the only name in older torch
    y = multiply(sixteens(a), sixteens(b.T).T, scale_a, scale_b, out_dtype=torch.float32)
    return y[: a.shape[0], : b.shape[1]]


def sixteens(codes: Tensor) -> Tensor:
    """codes (R, C), contiguous, with zeros (code 0) up to multiples of 16."""
    rows, columns = (-size % 16 for size in codes.shape)
    return F.pad(codes.contiguous().view(torch.uint8), (0, columns, 0, rows)).view(codes.dtype)


class FP8Product(torch.autograd.Function):
    """x (M, I), weight (O, I) -> x weight^T (M, O) float32; operands in e4m3, incoming gradients in e5m2."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, layer: "FP8Linear") -> Tensor:
        qx, sx = layer.quantized(x, FORWARD, "x_history", layer.training)
        qw, sw = layer.quantized(weight, FORWARD, "weight_history", layer.training)
        ctx.save_for_backward(qx, sx, qw, sw)  # one byte a number
        ctx.layer, ctx.training = layer, layer.training
        return product(qx, qw.T, sx, sw)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g: Tensor):
        qx, sx, qw, sw = ctx.saved_tensors
        qg, sg = ctx.layer.quantized(g, BACKWARD, "gradient_history", ctx.training)
        grad_x = product(qg, qw, sg, sw)  # (M, O) (O, I); autograd casts it to x's dtype
        grad_weight = product(qg.T, qx, sg, sx)  # (O, M) (M, I)
        return grad_x, grad_weight, None


class FP8Linear(nn.Module):
    """nn.Linear through 8-bit products, scaled by the current amax or by the largest of the last `history` ones."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, recipe: str = "dynamic", history: int = 16
    ) -> None:
        super().__init__()
        if recipe not in ("dynamic", "delayed"):
            raise ValueError(f"there is no recipe {recipe!r}; there are dynamic and delayed")
        self.recipe = recipe
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound)) if bias else None
        if recipe == "delayed":
            for name in ("x_history", "weight_history", "gradient_history"):
                self.register_buffer(name, torch.zeros(history))  # amax values, the newest last

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O) in x's dtype."""
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        y = FP8Product.apply(rows, self.weight, self)
        if self.bias is not None:
            y = y + self.bias  # in float32
        return y.to(x.dtype).reshape(*x.shape[:-1], len(self.weight))

    def quantized(self, x: Tensor, dtype: torch.dtype, name: str, update: bool) -> tuple[Tensor, Tensor]:
        """x in 8 bits and its scale, by the recipe; `update` enters the amax into the history called `name`."""
        if self.recipe == "dynamic":
            return quantize_fp8(x, dtype)
        history, current = getattr(self, name), amax_of(x)
        seen = history.max()  # of earlier calls
        if update:
            history.copy_(torch.cat([history[1:], current[None]]))
        return quantize_fp8(x, dtype, torch.where(seen > 0, seen, current))
