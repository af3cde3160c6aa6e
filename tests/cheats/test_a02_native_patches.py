"""A2: machine code of the process is overwritten. Nothing that is trusted lives there."""

OVERWRITE = """
import ctypes
libc = ctypes.CDLL(None)
try:
    place = ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value
    page = place & ~4095
    if libc.mprotect(ctypes.c_void_p(page), 8192, 7) == 0:
        ctypes.memmove(place, b"\\x31\\xc0\\xc3", 3)  # xor eax, eax; ret
        print("overwritten")
except Exception as error:
    print(error)
"""


def test_an_overwritten_clock_does_not_make_a_loop_fast(attempt):
    """Even with clock_gettime replaced by `return 0` the verdict is too_slow."""
    assert attempt(OVERWRITE + "SLOW", "throughput").verdict == "too_slow"


def test_ptrace_of_itself_and_of_the_parent_is_refused(attempt):
    """The kernel says no; the solution fails for what it returns."""
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print("traced", libc.ptrace(16, os.getppid(), 0, 0))
def softmax(x):
    return x
"""
    verdict = attempt(source)
    assert verdict.verdict == "wrong" and "traced 0" not in verdict.output
