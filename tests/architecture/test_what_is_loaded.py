import subprocess
import sys

import pytest

HEAVY = {"torch", "numpy", "textual"}


def loaded_by(*arguments):
    """Modules that a real `leveling` run had loaded at its end."""
    code = (
        "import sys, contextlib, io\n"
        "from leveling.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("quests",),
        ("quests", "--json"),
        ("show", "transformers/scaled-dot-product-attention"),
        ("hint", "transformers/scaled-dot-product-attention"),
        ("start", "transformers/scaled-dot-product-attention"),
        ("attempt", "transformers/scaled-dot-product-attention", "/no/such/file.py"),
    ],
)
def test_the_front_is_light(arguments):
    """Reading, listing and starting load neither torch nor NumPy nor Textual."""
    assert not HEAVY & loaded_by(*arguments)


def test_a_list_from_the_index_does_not_load_pydantic():
    """The second list of an unchanged pack reads the index alone."""
    loaded_by("quests", "--gate", "transformers")
    assert "pydantic" not in loaded_by("quests", "--gate", "transformers")
