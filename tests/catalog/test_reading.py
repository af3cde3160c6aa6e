import pytest

from leveling.catalog.faults import FaultyContent
from leveling.catalog.reading import read_quest
from leveling.world.words import Kind, Rank


def faults(folder):
    with pytest.raises(FaultyContent) as caught:
        read_quest(folder, "tiny/row-sums")
    return caught.value.faults


def test_a_quest_is_read(pack):
    """What the author wrote arrives as plain frozen values."""
    quest = read_quest(
        pack.quest(more_toml='[[gates]]\nkind = "ops"\ndevice = "cpu"\non = "Many"\nlimit = 3\n'), "tiny/row-sums"
    )
    assert (quest.id, quest.gate, quest.rank, quest.kind) == ("tiny/row-sums", "tiny", Rank.E, Kind.QUEST)
    assert quest.wrong[0].caught_by == "matches-reference"
    assert quest.gates[0].limit == 3


def test_every_fault_of_a_file_is_told_at_once(pack):
    """Key, what was found and what to do, for all of them together."""
    toml = 'format = 1\ntitle = ""\nrank = "F"\nkind = "quest"\nminutes = 0\nlearns = "x"\nneeds = ["No Such"]\nlernt = 1\n'
    folder = pack.quest(toml=toml)
    (folder / "hints.md").unlink()
    found = {fault.key: str(fault) for fault in faults(folder)}
    assert {"title", "rank", "minutes", "needs.0", "lernt", ""} <= found.keys()
    assert "'F'" in found["rank"] and "'E', 'D', 'C', 'B', 'A' or 'S'" in found["rank"]
    assert "no key of this format" in found["lernt"] and "learns" in found["lernt"]
    assert "hints.md" in found[""]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"format = ", "no TOML"), (b"\xff\xfe", "no UTF-8"), (b"#" * (1 << 20) + b"#", "larger than 1 MiB")],
)
def test_a_file_that_is_no_toml_is_one_clear_fault(pack, content, words):
    """Torn, binary and huge files are named, without a traceback."""
    folder = pack.quest()
    (folder / "quest.toml").write_bytes(content)
    (fault,) = faults(folder)
    assert words in fault.found


def test_a_quiz_needs_no_solution(pack):
    """A quiz has neither starter nor reference, and may have no gates."""
    folder = pack.quest(toml='format = 1\ntitle = "Q"\nrank = "E"\nkind = "quiz"\nminutes = 5\nlearns = "x"\n')
    for name in ("starter.py", "reference.py", "hints.md"):
        (folder / name).unlink()
    assert read_quest(folder, "tiny/row-sums").kind is Kind.QUIZ


def test_packages_demand_an_extra(pack):
    """Who needs a package must say how it is installed."""
    (fault,) = faults(pack.quest(toml='packages = ["faiss"]\n' + pack_toml()))
    assert "extra is missing" in fault.found


def pack_toml():
    return 'format = 1\ntitle = "Q"\nrank = "E"\nkind = "quest"\nminutes = 5\nlearns = "x"\n'
