"""Watch everything that torch runs: operators, FLOPs and memory."""

from torch.utils._python_dispatch import TorchDispatchMode


class OpLog(TorchDispatchMode):
    """Counts what runs inside `with log:`, forward and backward, and changes nothing about it.

    Counts go on when the log is entered again. Logs may be nested: each sees everything that runs inside its block.

    Attributes:
        calls: operator name without namespace and overload, such as "mm" or "add_", -> how often it ran
        flops: 2 * m * n * k for mm and addmm, times the batch for bmm and baddbmm (adding a bias is free);
            2 * output elements * (C_in / groups) * kernel elements for convolution, and the same again in
            convolution_backward for each of the two gradients (input, weight) that it computes; 0 for everything else
        peak_bytes: the most bytes that storages made inside the block held at one time. A storage counts from the call
            that made it until it is freed; views, in-place calls and out= buffers make none
    """

    def __init__(self) -> None:
        raise NotImplementedError("OpLog")
