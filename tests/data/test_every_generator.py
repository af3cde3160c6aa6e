"""What all generators share: the seed decides every bit, and nothing global is read or changed."""

import ast
import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

from leveling import data

CALLS = {
    "rings": lambda seed: data.rings(64, seed=seed),
    "moons": lambda seed: data.moons(64, seed=seed),
    "gaussians": lambda seed: data.gaussians(64, seed=seed),
    "mixture": lambda seed: data.mixture(64, seed=seed),
    "parity": lambda seed: data.parity(64, seed=seed),
    "shapes": lambda seed: data.shapes(16, seed=seed),
    "clicks": lambda seed: data.clicks(64, seed=seed),
    "orders": lambda seed: data.orders(64, seed=seed),
    "markov": lambda seed: (data.markov(64, seed=seed),),
    "dyck": lambda seed: data.dyck(64, seed=seed),
    "tones": lambda seed: data.tones(8, seed=seed),
    "graph": lambda seed: data.graph(64, seed=seed),
    "grid_world": lambda seed: (data.grid_world(6, seed=seed).transition, data.grid_world(6, seed=seed).walls),
    "linear": lambda seed: data.linear(64, seed=seed),
    "curve": lambda seed: data.curve(32, test=16, seed=seed)[:4],
}


def test_all_that_takes_a_seed_is_listed_here():
    """A generator that is added is tested too."""
    public = [getattr(data, name) for name in data.__all__]
    drawing = {f.__name__ for f in public if inspect.isfunction(f) and "seed" in inspect.signature(f).parameters}
    assert drawing == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(name):
    """Called twice, and with another seed."""
    first, second, other = CALLS[name](3), CALLS[name](3), CALLS[name](4)
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(first, second, strict=True))
    assert not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", CALLS)
def test_the_global_random_state_is_neither_read_nor_changed(name):
    """The state is the same after as before, and another state gives the same data."""
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = CALLS[name](3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, CALLS[name](3), strict=True))


@pytest.mark.parametrize("name", CALLS)
def test_the_callers_default_dtype_and_device_do_not_matter(name):
    """Under float64 and another default device the same tensors come out, on the CPU."""
    expected = CALLS[name](5)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    try:
        # A truth that is cached would hide what is made on the wrong device.
        for module in [module for at, module in sys.modules.items() if at.startswith("leveling.data.")]:
            for value in vars(module).values():
                getattr(value, "cache_clear", bool)()
        got = CALLS[name](5)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert [t.device.type for t in got] == ["cpu"] * len(got)
    assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(expected, got, strict=True))


def test_a_name_is_the_function_whatever_was_imported_before():
    """Files and functions share names: `data.rings` is the function also after its file was imported."""
    import_module("leveling.data.rings")
    assert inspect.isfunction(data.rings)


def test_only_torch_and_the_standard_library_are_imported():
    """Nothing of ours outside the room, and no other package."""
    folder = Path(data.__file__).parent
    allowed = {*sys.stdlib_module_names, "torch"}
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            strangers = [n for n in names if n.split(".")[0] not in allowed and not n.startswith("leveling.data")]
            assert not strangers, f"{file.name} imports {strangers}"
