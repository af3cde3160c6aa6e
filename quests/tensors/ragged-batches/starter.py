"""Move between packed rows (values and offsets) and padded rows (a table and a mask), without a loop over the rows."""

from torch import Tensor


def pad(values: Tensor, offsets: Tensor, fill: float = 0.0) -> tuple[Tensor, Tensor]:
    """Lay packed rows side by side in a table.

    Args:
        values: (total, ...) any dtype; row b is values[offsets[b] : offsets[b + 1]]
        offsets: (B + 1,) int64 or int32, from 0 to total, never falling; rows may be empty, B may be 0
        fill: what stands behind the end of a row

    Returns:
        padded (B, Tmax, ...) in values' dtype, where Tmax is the longest length (0 if there is none)
        mask (B, Tmax) bool, True at real positions
    """
    raise NotImplementedError("pad")


def pack(padded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Undo pad: padded (B, T, ...), mask (B, T) bool -> values (total, ...), offsets (B + 1,) int64."""
    raise NotImplementedError("pack")


def last_valid(padded: Tensor, mask: Tensor) -> Tensor:
    """Pick the last valid entry of each row.

    Args:
        padded: (B, T, ...); what stands where mask is False may be anything, NaN included
        mask: (B, T) bool, any pattern: the True positions of a row need not lie together

    Returns:
        (B, ...): padded[b, t] for the largest t with mask[b, t]; zeros for a row without one
    """
    raise NotImplementedError("last_valid")


def reverse_valid(padded: Tensor, mask: Tensor) -> Tensor:
    """Reverse the valid part of each row and leave the padding where and what it is.

    Args:
        padded: (B, T, ...)
        mask: (B, T) bool as pad makes it: the True positions of a row come first

    Returns:
        (B, T, ...), a new tensor
    """
    raise NotImplementedError("reverse_valid")
