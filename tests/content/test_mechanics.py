"""quests/mechanics.toml: what the curricula ask of the program itself."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = tomllib.loads((ROOT / "quests" / "mechanics.toml").read_text(encoding="utf-8"))
ITEMS = {
    item: kind
    for name, items in tomllib.loads(
        Path(__file__).with_name("curriculum_ids.toml").read_text(encoding="utf-8")
    ).items()
    if name != "format"
    for item, kind in items.items()
}


def named_tests():
    return sorted({test for entry in WRITTEN["mechanics"].values() for test in entry["tests"]})


def test_every_mechanic_works_or_waits():
    """None is in neither list, none in both, and nothing stands there that is no item."""
    works, waits = set(WRITTEN["mechanics"]), set(WRITTEN["waiting"])
    assert works & waits == set()
    assert {item for item, kind in ITEMS.items() if kind == "mechanic"} <= works | waits <= set(ITEMS)


@pytest.mark.parametrize("name", named_tests())
def test_the_named_tests_exist(name):
    """A test that was renamed or removed shows nothing any more."""
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_whatever_works_says_where_and_names_a_test():
    """Neither an empty place nor an empty list."""
    assert all(entry["where"] and entry["tests"] for entry in WRITTEN["mechanics"].values())


def test_the_document_tells_what_waits():
    """docs/mechanics.md names each waiting item, under what it waits for, and none that works."""
    text = (ROOT / "docs" / "mechanics.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0].lower(): part for part in text.split("\n### ")[1:]}
    for item, waits in WRITTEN["waiting"].items():
        assert f"`{item}`:" in sections[waits.lower()]
    assert not [item for item in WRITTEN["mechanics"] if f"`{item}`:" in text]
    assert f"Works: {len(WRITTEN['mechanics'])}. Waits: {len(WRITTEN['waiting'])}." in text
