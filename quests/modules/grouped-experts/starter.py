"""A bank of expert networks, each of which sees just the tokens that were routed to it."""

from torch import Tensor, nn


class GroupedExperts(nn.Module):
    """E gated MLPs without biases. Expert e computes down[e] (act(gate[e] x) * (up[e] x)).

    Parameters, and all of the state_dict: `gate` and `up` (E, H, D), `down` (E, D, H); each matrix starts as the weight of
    an nn.Linear of its size.

    Args:
        experts: E
        dim: D
        hidden: H
        activation: "swiglu" (act is silu) or "geglu" (act is gelu); anything else raises ValueError
    """

    def __init__(self, experts: int, dim: int, hidden: int, activation: str = "swiglu") -> None:
        super().__init__()
        raise NotImplementedError("GroupedExperts.__init__")

    def forward(self, x: Tensor, expert_ids: Tensor, weights: Tensor) -> Tensor:
        """The sum over a token's k experts, each times its weight.

        Args:
            x: (N, D) in the parameters' dtype
            expert_ids: (N, k) int64 in [0, E); the same expert may occur twice in a row
            weights: (N, k) float32 or x's dtype; they need not sum to 1

        Returns:
            (N, D) in x's dtype
        """
        raise NotImplementedError("GroupedExperts.forward")
