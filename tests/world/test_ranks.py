"""What a rank asks for, also where a gate has little yet."""

from dataclasses import replace
from datetime import UTC, date, datetime

from leveling.world import changes
from leveling.world.board import Board, is_reachable, lay_out
from leveling.world.card import Card
from leveling.world.ranks import gate_standings, overall_standing
from leveling.world.record import OVERALL, Clear, Record, Sitting
from leveling.world.synthetic import PACKAGE, full_board
from leveling.world.trials import has_trial
from leveling.world.words import Grade, Kind, Rank

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = NOW.date()
NEW = Record(DAY)


def card(name: str, rank: Rank, *needs: str, kind: Kind = Kind.QUEST) -> Card:
    return Card(name, name, rank, kind, 30, needs=needs)


def clear(record: Record, *names: str, rank: Rank = Rank.E) -> Record:
    for name in names:
        record = changes.cleared(record, name, Clear(Grade.C, rank, NOW, DAY))
    return record


def passed(record: Record, gate: str, *ranks: Rank) -> Record:
    for rank in ranks:
        record = changes.sat(record, gate, rank, Sitting(NOW, 0, ("t",), 30, {"t": 1}, frozenset({"t"})))
    return record


def rank_in(record: Record, board: Board, gate: str = "oak") -> Rank | None:
    return gate_standings(record, board)[gate].rank


def test_a_gate_with_one_quest_gives_its_rank_and_no_other():
    """The one quest and a trial are all of D; E and C are not on offer and are not given."""
    board = lay_out([card("oak/one", Rank.D)])
    cleared = clear(NEW, "oak/one")
    assert rank_in(cleared, board) is None
    standing = gate_standings(cleared, board)["oak"]
    assert [str(each) for each in standing.remaining] == ["0 of 1 trial of rank D in oak"]
    standing = gate_standings(passed(cleared, "oak", Rank.D), board)["oak"]
    assert (standing.rank, standing.next, standing.offers) == (Rank.D, None, (Rank.D,))


def test_a_rank_without_quests_waits_for_content():
    """With quests of E and B alone, whoever has all of E has rank E, never D or C."""
    board = lay_out([card("oak/a", Rank.E), card("oak/b", Rank.E), card("oak/c", Rank.B)])
    standing = gate_standings(clear(NEW, "oak/a", "oak/b"), board)["oak"]
    assert (standing.rank, standing.next) == (Rank.E, Rank.B)


def test_a_trial_stands_in_for_what_is_below_and_asks_for_clears_all_the_same():
    """The trial of B replaces shares and trials of E to C, but a rank is never given for the trial alone."""
    cards = [card(f"oak/{rank.lower()}{number}", rank) for rank in Rank for number in range(4)]
    board = lay_out(cards)
    jumped = passed(NEW, "oak", Rank.B)
    assert rank_in(jumped, board) is None
    assert rank_in(clear(jumped, "oak/c0", "oak/c1", "oak/c2", "oak/d0"), board) is Rank.C
    assert rank_in(clear(jumped, *(f"oak/{letter}{number}" for letter in "bc" for number in range(3))), board) is Rank.B


def test_a_clear_with_a_broken_chain_waits():
    """Free roam lets anything be tried; it counts once what it rests on is cleared."""
    board = lay_out([card("oak/a", Rank.E), card("oak/b", Rank.E, "oak/a"), card("elm/x", Rank.E, "oak/b")])
    roamed = clear(NEW, "elm/x", "oak/b")
    assert gate_standings(roamed, board)["elm"].rank is None
    assert gate_standings(clear(roamed, "oak/a"), board)["elm"].rank is Rank.E


def test_an_aided_clear_is_no_evidence():
    """Cleared with the reference at hand it counts nowhere; solved again from a blank file it does."""
    board = lay_out([card("oak/a", Rank.E)])
    aided = clear(changes.revealed(NEW, "oak/a", NOW), "oak/a")
    assert rank_in(aided, board) is None
    later = changes.started(aided, "oak/a", NOW.replace(hour=13))
    assert rank_in(clear(later, "oak/a"), board) is Rank.E


def test_what_was_reached_stays_when_content_grows():
    """A promotion that was recorded holds although the gate has ten times the quests now."""
    reached = changes.promoted(clear(NEW, "oak/a"), "oak", Rank.E, DAY)
    board = lay_out([card("oak/a", Rank.E), *(card(f"oak/new{number}", Rank.E) for number in range(9))])
    assert rank_in(clear(NEW, "oak/a"), board) is None
    assert rank_in(reached, board) is Rank.E


def test_breadth_is_not_lowered_for_a_small_board():
    """One gate at rank D is no rank D overall, even with the trial."""
    board = lay_out([card("oak/one", Rank.D)])
    record = passed(passed(clear(NEW, "oak/one"), "oak", Rank.D), OVERALL, Rank.D)
    overall = overall_standing(record, gate_standings(record, board).values())
    assert (overall.rank, overall.next) == (Rank.E, Rank.D)
    assert [str(each) for each in overall.remaining] == ["1 of 3 gates at rank D or higher"]


def test_sealed_quests_count_neither_way():
    """Without the package or the GPU they are in no number, and everything else still leads up."""
    sealed = replace(card("oak/p", Rank.E), packages=("faiss",))
    gpu = replace(card("oak/g", Rank.E), gates=(("throughput", "cuda"),))
    cards = [card("oak/a", Rank.E), sealed, gpu]
    assert not is_reachable(sealed, {"faiss"}) and not is_reachable(gpu)
    assert rank_in(clear(NEW, "oak/a"), lay_out(cards, {"faiss"})) is Rank.E
    assert rank_in(clear(NEW, "oak/a"), lay_out(cards, has_cuda=True)) is None


def test_everything_is_reachable_without_gpu_and_without_packages():
    """Whoever does all that can be done on a bare laptop stands at S overall and at the top of every gate."""
    board = lay_out(full_board(), {PACKAGE})
    record = NEW
    for name in sorted(board.reachable):
        record = clear(record, name, rank=board.cards[name].rank)
    for gate in (*board.gates(), OVERALL):
        record = passed(record, gate, *(rank for rank in Rank if has_trial(board, gate, rank)))
    gates = gate_standings(record, board)
    assert all(each.rank is each.offers[-1] for each in gates.values())
    assert overall_standing(record, gates.values()).rank is Rank.S
    assert sum(each.rank is Rank.S for each in gates.values()) > 4
    assert isinstance(record.created, date)
