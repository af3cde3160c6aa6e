"""`leveling dungeons` and the commands that take a floor."""

import json

import pytest

from leveling.cli import main
from tests.play.dungeons.tower import BASE, TOP, build


@pytest.fixture
def lines(pack, capsys):
    pack.quest()
    build(pack.root)

    def run(*arguments):
        status = main(["--plain", "--pack", str(pack.root), *arguments])
        return status, capsys.readouterr().out

    return run


def test_the_list_and_the_map(lines):
    """The list counts floors; the map names each with its state, the echoes that are missing, and the next command."""
    status, out = lines("dungeons")
    assert status == 0 and "tiny/tower" in out and "0 of 2 floors" in out
    status, out = lines("dungeons", "tower")
    assert "Doubling upon doubling." in out and "Data: Seeded numbers." in out
    assert "1  Floor base  tiny/tower/base, open" in out and "2  Floor top  tiny/tower/top, boss, closed" in out
    assert "your echoes of tiny/row-sums, not cleared yet" in out
    assert "leveling start tiny/tower/base" in out
    found = json.loads(lines("dungeons", "tower", "--json")[1])
    assert [floor["state"] for floor in found["floors"]] == ["open", "closed"] and found["missing"] == ["tiny/row-sums"]
    assert "tiny/tower" in [each["id"] for each in json.loads(lines("dungeons", "--json")[1])]


def test_a_dungeon_is_shown_with_its_brief(lines):
    """`show` takes a dungeon or a floor."""
    assert "Build it." in lines("show", "tower")[1]
    assert "double(x) -> Tensor" in lines("show", "tiny/tower/base")[1]


def test_the_whole_climb_by_commands(lines, own_home):
    """start and attempt of the dungeon go on with the next floor; a floor below that holds is said in one line."""
    folder = own_home / "solutions/tiny/tower"
    assert lines("start", "tower")[1].strip() == str(folder / "base.py")
    assert lines("attempt", "tower")[0] == 1
    (folder / "base.py").write_text(BASE)
    status, out = lines("attempt", "tower")
    assert status == 0 and "cleared" in out and "XP" in out
    assert lines("start", "tower")[1].strip() == str(folder / "top.py")
    (folder / "top.py").write_text(TOP)
    status, out = lines("attempt", "tower")
    assert (
        status == 0
        and "floor 1 Floor base holds, unchanged since its clear" in out
        and "Floor 2 of 2  Floor top" in out
    )
    assert "Every floor is cleared" in lines("dungeons", "tower")[1]
    assert "Hint 3 of 3" in lines("hint", "tiny/tower/top")[1]


def test_bad_input_says_what_to_do(lines, capsys):
    """A quest is no dungeon, a floor ahead of its time names the first, a missing file names the command that writes it."""
    assert lines("dungeons", "row-sums")[0] == 2
    assert lines("start", "tiny/tower/top")[0] == 2
    assert lines("attempt", "tiny/tower/top")[0] == 2
    assert lines("attempt", "tiny/tower/nothing")[0] == 2
