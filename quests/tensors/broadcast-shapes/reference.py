"""Broadcasting as arithmetic on shapes and strides, after the rule that NumPy's manual states."""

from torch import Tensor


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a result in which tensors of all these shapes meet.

    Raises:
        ValueError: when two of them do not fit.
    """
    rank = max(map(len, shapes), default=0)
    result = [1] * rank
    for shape in shapes:
        for back in range(1, len(shape) + 1):  # -1 is the last dimension: shapes are aligned at the right
            size, so_far = shape[-back], result[-back]
            if so_far == 1:
                result[-back] = size  # a 1 becomes whatever it meets, 0 included
            elif size not in (1, so_far):
                raise ValueError(f"shapes {shapes} do not broadcast: {size} meets {so_far} in dimension -{back}")
    return tuple(result)


def broadcast_strides(shape: tuple[int, ...], strides: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Strides that read memory laid out as (shape, strides) as if its shape were `target`.

    Raises:
        ValueError: when `target` has fewer dimensions, or would change a size other than 1.
    """
    new = len(target) - len(shape)
    if new < 0:
        raise ValueError(f"{target} has fewer dimensions than {shape}")
    result = [0] * new  # to walk along a new dimension is to stay where one is
    for size, stride, wanted in zip(shape, strides, target[new:], strict=True):
        if size not in (1, wanted):
            raise ValueError(f"{shape} does not stretch to {target}: size {size} cannot become {wanted}")
        result.append(stride if size == wanted else 0)  # and so along a stretched one
    return tuple(result)


def expand_view(x: Tensor, target: tuple[int, ...]) -> Tensor:
    """A view of x with shape `target`."""
    strides = broadcast_strides(x.shape, x.stride(), target)
    return x.as_strided(target, strides, x.storage_offset())  # x may start in the middle of its storage
