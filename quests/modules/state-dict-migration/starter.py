"""Loading old checkpoints into new code."""

from typing import Any

from torch import Tensor, nn


class FusedAttentionWeights(nn.Module):
    """qkv: Linear(dim, 3 dim), out: Linear(dim, dim). Version 2 of its state dict.

    Loads old keys as well: q_proj, k_proj, v_proj (fused in this order) and out_proj, also behind the prefixes
    "module." and "_orig_mod.". Dicts with metadata of version 1 hold the old weights as (in, out).
    """

    def __init__(self, dim: int, bias: bool = True) -> None:
        super().__init__()
        raise NotImplementedError("FusedAttentionWeights.__init__")


def rename_keys(state: dict[str, Any], rules: list[tuple[str, str]]) -> dict[str, Any]:
    """A new dict in the same order: the first rule whose pattern is found in a key rewrites it by re.sub.

    Raises:
        ValueError: when two keys would become one; the text names them.
    """
    raise NotImplementedError("rename_keys")


def load_report(model: nn.Module, state: dict[str, Tensor]) -> dict[str, list[str]]:
    """Copy into the model what fits by name and shape.

    Returns:
        names under "loaded", "missing", "mismatched" and "cast" (loaded into another dtype), in the model's order, and
        "unexpected", in that of `state`.
    """
    raise NotImplementedError("load_report")
