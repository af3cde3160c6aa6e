"""The selective scan, one token after the other. Gu and Dao, Mamba, arXiv 2312.00752, section 3.2."""

import torch
from torch import Tensor
from torch.nn import functional as F


def selective_scan(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    dt_bias: Tensor | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """h_t = exp(dt_t A) h_(t-1) + dt_t B_t x_t, y_t = (C_t . h_t + D x_t) silu(z_t)."""
    dtype, exact = x.dtype, torch.promote_types(x.dtype, torch.float32)  # memory over many tokens needs float32
    x, dt, A, B, C = (value.to(exact) for value in (x, dt, A, B, C))
    if dt_bias is not None:
        dt = dt + dt_bias
    dt = F.softplus(dt)  # (Bt, T, d)
    written = dt * x  # (Bt, T, d)
    h = x.new_zeros(x.shape[0], *A.shape) if state is None else state.to(exact)  # (Bt, d, N)

    read = []
    for t in range(x.shape[1]):
        decay = torch.exp(dt[:, t, :, None] * A)  # (Bt, d, N), made for one token only: T of them would fill memory
        h = decay * h + written[:, t, :, None] * B[:, t, None, :]  # (Bt, d, N)
        read.append((h @ C[:, t, :, None]).squeeze(-1))  # (Bt, d, N) @ (Bt, N, 1) -> (Bt, d)
    y = torch.stack(read, dim=1) if read else torch.empty_like(x)  # (Bt, T, d), empty when T is 0

    if D is not None:
        y = y + D * x
    if z is not None:
        y = y * F.silu(z.to(exact))
    return y.to(dtype), h
