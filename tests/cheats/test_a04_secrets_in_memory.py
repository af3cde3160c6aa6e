"""A4 and A11: the process is searched for the seed, expected values, the reference, the checks."""

SEED = 0x2B67_9A31_D05C_4E13

SEARCH = """
import ctypes, gc, sys
def softmax(x):
    wanted = int("4b679a31d05c4e13", 16) - (1 << 61)  # the seed, never written down as itself
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for key, value in list(thing.items()):
                if isinstance(value, int) and value == wanted and key != "wanted":
                    print("FOUND seed in", key)
                if isinstance(value, str) and str(wanted) in value:
                    print("FOUND text in", key)
    names = [getattr(t, "__qualname__", "") for t in gc.get_objects() if callable(t)]
    for needle in ("MatchesTheFormula.cases", "LargeValues.verify"):
        if needle in names:
            print("FOUND", needle)
    frame = sys._getframe()
    while frame:
        for name, value in frame.f_locals.items():
            if name in ("want", "expected", "truth"):
                print("FOUND frame", name)
        frame = frame.f_back
    for name in sys.modules:
        if name.startswith("leveling.judge") and name != "leveling.judge":
            print("MODULE", name)
    try:
        with open("/proc/self/mem", "rb") as memory:
            print("FOUND /proc/self/mem is open")
    except OSError:
        pass
    return x
"""


def test_nothing_worth_knowing_is_in_the_process(attempt):
    """No seed, no frame of the judge, no source of a check beyond its probe."""
    verdict = attempt(SEARCH, seed=SEED)
    assert verdict.verdict == "wrong"
    assert "FOUND seed" not in verdict.output and "FOUND text" not in verdict.output
    assert "FOUND M" not in verdict.output and "FOUND L" not in verdict.output and "FOUND frame" not in verdict.output


def test_the_reference_is_nowhere_among_the_objects(attempt):
    """A function called softmax that is not the solution's own, torch's or a library's cannot be found and called."""
    source = """
import gc, types
def softmax(x):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "softmax" and thing is not softmax:
            if not (thing.__module__ or "").startswith(("torch", "numpy")):
                print("FOUND", thing.__module__)
                return thing(x)
    return x
"""
    verdict = attempt(source)
    assert verdict.verdict == "wrong" and "FOUND" not in verdict.output
