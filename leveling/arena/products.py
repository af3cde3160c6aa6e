"""FLOPs of products that torch's own counter has no entry for: in place, of vectors, and fused for the CPU.

Each formula gets shapes where the op gets tensors (torch.utils.flop_counter does that) and counts a multiplication and an
addition as two, as the counter does for `mm`. Element by element work is counted by neither.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch

Shape = Sequence[int]


def _matrix(_: Shape, a: Shape, b: Shape, *__: Any, **___: Any) -> int:
    return 2 * a[0] * a[1] * b[1]  # addmm_(self, (n, k), (k, m))


def _int_matrix(a: Shape, b: Shape, *_: Any, **__: Any) -> int:
    return 2 * a[0] * a[1] * b[1]


def _batched(_: Shape, a: Shape, b: Shape, *__: Any, **___: Any) -> int:
    return 2 * prod(a) * b[-1]  # baddbmm_, addbmm: (batch, n, k), (batch, k, m)


def _matrix_vector(a: Shape, *_: Any, **__: Any) -> int:
    return 2 * prod(a)


def _plus_matrix_vector(_: Shape, a: Shape, *__: Any, **___: Any) -> int:
    return 2 * prod(a)


def _outer(_: Shape, a: Shape, b: Shape, *__: Any, **___: Any) -> int:
    return 2 * a[0] * b[0]


def _attention(query: Shape, key: Shape, value: Shape, *_: Any, **__: Any) -> int:
    """Scores and mix: query (..., T, D), key (..., S, D), value (..., S, E)."""
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _attention_backward(_: Shape, query: Shape, key: Shape, value: Shape, *__: Any, **___: Any) -> int:
    """Scores once more, then the slopes of weights, value, query and key."""
    return 2 * prod(query[:-1]) * key[-2] * (3 * query[-1] + 2 * value[-1])


def _recurrent(inputs: Shape, into: Shape, across: Shape, *_: Any, **__: Any) -> int:
    """Each step multiplies by both weights: inputs (T, B, I), into (gates, I), across (gates, H)."""
    return 2 * inputs[0] * inputs[1] * (prod(into) + prod(across))


def _recurrent_backward(inputs: Shape, into: Shape, across: Shape, *_: Any, **__: Any) -> int:
    return 2 * _recurrent(inputs, into, across)


def _bilinear(first: Shape, weight: Shape, *_: Any, **__: Any) -> int:
    """(B, I) by a weight (O, I, J) by (B, J): B products of each of the weight's entries, twice."""
    return 4 * first[0] * prod(weight)


def _encoder_layer(src: Shape, width: int, _: int, qkv: Shape, __: Any, out: Shape, *rest: Any, **___: Any) -> int:
    rows = prod(src[:-1])  # src (B, T, D); rest: bias, gelu, order, eps, 4 of the norms, weight, bias, weight, ...
    inner = next((prod(shape) for shape in rest[8:9]), 0)
    outer = next((prod(shape) for shape in rest[10:11]), 0)
    return 2 * rows * (prod(qkv) + prod(out) + inner + outer) + 4 * rows * src[-2] * width


def _self_attention(
    query: Shape,
    _: Shape,
    __: Shape,
    width: int,
    ___: int,
    qkv: Shape,
    ____: Any,
    out: Shape,
    *_____: Any,
    **______: Any,
) -> int:
    rows = prod(query[:-1])
    return 2 * rows * (prod(qkv) + prod(out)) + 4 * rows * query[-2] * width


FORMULAS: dict[str, Callable[..., int]] = {
    "addmm_": _matrix,
    "_addmm_activation": _matrix,
    "_int_mm": _int_matrix,
    "addbmm": _batched,
    "addbmm_": _batched,
    "baddbmm_": _batched,
    "mv": _matrix_vector,
    "dot": _matrix_vector,
    "vdot": _matrix_vector,
    "addmv": _plus_matrix_vector,
    "addmv_": _plus_matrix_vector,
    "addr": _outer,
    "addr_": _outer,
    "_scaled_dot_product_flash_attention_for_cpu": _attention,
    "_scaled_dot_product_flash_attention_for_cpu_backward": _attention_backward,
    "mkldnn_rnn_layer": _recurrent,
    "mkldnn_rnn_layer_backward": _recurrent_backward,
    "_trilinear": _bilinear,
    "_transformer_encoder_layer_fwd": _encoder_layer,
    "_native_multi_head_attention": _self_attention,
}


def formulas() -> dict[Any, Callable[..., int]]:
    """By op, for `FlopCounterMode(custom_mapping=...)`; an op that this torch does not have is left out."""
    found = {getattr(torch.ops.aten, name, None): formula for name, formula in FORMULAS.items()}
    found.pop(None, None)
    return found
