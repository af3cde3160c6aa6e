"""What an echo is called, what it grants, and which imports ask for one."""

import pytest

from leveling.world.echoes import Imported, imports_in, module_of, names_in


def test_a_quest_has_one_module():
    """Gate and quest, dashes as underscores."""
    assert module_of("tensors/segment-reduce") == "echoes.tensors.segment_reduce"


def test_the_signature_grants_its_functions_and_classes():
    """Lines about shapes grant nothing."""
    signature = (
        "class MLP(nn.Module): __init__(sizes); forward(x)",
        "x (..., sizes[0]) -> (..., sizes[-1])",
        "count_parameters(model, trainable_only: bool = True) -> int",
        "  parameters gain, shift; x (..., dim)",
    )
    assert names_in(signature) == ("MLP", "count_parameters")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from echoes.tensors import a, b as c\n", (Imported("tensors", ("a", "b"), 1),)),
        ("import torch, echoes.tensors.einsum\n", (Imported("tensors.einsum", (), 1),)),
        ("def f():\n    from echoes.autograd import g\n", (Imported("autograd", ("g",), 2),)),
        ("import echoes\n", (Imported("", (), 1),)),
        ("from echoes import tensors\n", (Imported("", ("tensors",), 1),)),
        ("import echoesque\nfrom . import echoes\nx = 'from echoes.tensors import a'\n", ()),
        ("def broken(:\n", ()),
        ("x = " + "-" * 100_000 + "1\n", ()),
    ],
)
def test_imports_are_read_from_the_tree(source, found):
    """Also inside functions; text, other packages and files that do not parse hold none."""
    assert imports_in(source) == found
