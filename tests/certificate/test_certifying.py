"""From the save to a certificate and back, with real quests on disk."""

import argparse
import json
from datetime import UTC, date, datetime

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.certificate.keys import path_of
from leveling.certificate.refusal import Fault, Refused
from leveling.cli import certificate as command
from leveling.judge.protocol import Judgement
from leveling.play import certifying
from leveling.play.game import Game
from leveling.play.trouble import Trouble
from leveling.saving import solutions as kept
from leveling.world import changes
from leveling.world.words import Grade, Rank, Verdict
from tests.judging import RIGHT

QUESTS = ("tiny/row-sums", "tiny/more-sums", "small/other-sums")
PATH = """
format = 1
title = "The two sums"
promise = "You sum what there is to sum."
length = "1 day"

[[sections]]
title = "Sums"

[[sections.parts]]
title = "First"

[[sections.parts.entries]]
title = "Row sums"
kind = "lab"
by = ["tiny/row-sums", "tiny/more-sums"]
"""


@pytest.fixture
def game(pack):
    for name in QUESTS:
        pack.quest(name)
    game = Game(Catalog([Pack("p", pack.root / "quests")]), clock=lambda: datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    game.choose("hunter", "Mira")
    return game


def clear(game, *names, source=RIGHT):
    for name in names or QUESTS:
        quest = game.catalog.quest(name)
        judgement = Judgement(name, Verdict.CLEARED, "Every check passed.", grade=Grade.A, seed=5)
        game.settle(quest, judgement, f"# {name}\n{source}")


@pytest.mark.parametrize("form", ["svg", "json", "bundle"])
@pytest.mark.parametrize("of", ["overall", "tiny"])
def test_a_rank_is_certified_and_verified(game, tmp_path, of, form):
    """The file is good by everything that can be checked, and holds the evidence of that gate alone."""
    clear(game)
    done = certifying.export(game, of, form, tmp_path / "it")
    checked = certifying.verify(game.catalog, done.path, key=done.did)
    assert checked.is_valid and not done.note
    assert checked.summary.fingerprint == done.fingerprint
    assert checked.summary.quests == (3 if of == "overall" else 2)
    assert checked.summary.rank == "E" and checked.summary.reached == "2026-11-20"
    assert len(checked.solutions) == (checked.summary.quests if form == "bundle" else 0)


def test_a_completed_path_is_certified(game, pack, tmp_path):
    """Not before every mandatory quest is cleared; then with the evidence of its quests alone."""
    folder = pack.root / "quests" / "paths"
    folder.mkdir()
    (folder / "sums.toml").write_text(PATH)
    clear(game, "tiny/row-sums")
    with pytest.raises(Trouble, match="1 of its 2 quests"):
        certifying.export(game, "path:sums", "json", tmp_path / "it.json")
    clear(game)
    done = certifying.export(game, "path:sums", "json", tmp_path / "it.json")
    checked = certifying.verify(game.catalog, done.path)
    assert checked.is_valid and checked.summary.title == "The two sums" and checked.summary.quests == 2


def test_only_unaided_clears_are_evidence(game, tmp_path):
    """A clear with the reference at hand opens doors, but is not certified."""
    game.reveal(game.catalog.quest("tiny/more-sums"))
    clear(game)
    done = certifying.export(game, "overall", "json", tmp_path / "it.json")
    held = json.loads(done.path.read_text())
    assert "tiny/more-sums" not in [each["quest"] for each in held["evidence"]]


@pytest.mark.parametrize(
    ("of", "name", "message"),
    [
        ("overall", "", "no rank is reached overall yet"),
        ("tiny", "", "no rank is reached in tiny yet"),
        ("nowhere", "", "there is no gate 'nowhere' here. There are: small, tiny"),
        ("path:nowhere", "", "there is no path 'nowhere'"),
        ("overall", "\u202egnp", "turns other text around"),
        ("overall", "x" * 300, "at most 200"),
    ],
)
def test_what_cannot_be_certified_is_said(game, tmp_path, of, name, message):
    """What was found, and what is missing."""
    with pytest.raises(Trouble, match=message):
        certifying.export(game, of, "json", tmp_path / "it.json", name)
    assert not (tmp_path / "it.json").exists()


def test_a_nameless_hunter_is_asked_for_a_name(pack, tmp_path):
    """With the command that sets it."""
    pack.quest()
    with pytest.raises(Trouble, match="leveling choose hunter NAME"):
        certifying.export(Game(Catalog([Pack("p", pack.root / "quests")])), "overall", "json", tmp_path / "it.json")


def test_no_file_is_overwritten_and_no_solution_is_left_out(game, tmp_path):
    """A file that is there stays; a bundle without one of its solutions is not made."""
    clear(game)
    (tmp_path / "it.json").write_text("mine")
    with pytest.raises(Trouble, match="is there already"):
        certifying.export(game, "overall", "json", tmp_path / "it.json")
    assert (tmp_path / "it.json").read_text() == "mine"
    digest = game.known("tiny/row-sums").best.solution
    kept.path_of(game.store.folder, digest).write_text("edited")
    with pytest.raises(Trouble, match="the solution of tiny/row-sums is gone or was changed"):
        certifying.export(game, "overall", "bundle", tmp_path / "it.zip")


def test_quests_that_changed_or_went_are_named(game, pack, tmp_path):
    """The certificate is still signed; what this version cannot confirm stands beside it."""
    clear(game)
    done = certifying.export(game, "overall", "json", tmp_path / "it.json")
    pack.quest("tiny/row-sums", reference="def row_sums(x):\n    return x.sum(dim=-1)\n")
    (pack.root / "quests" / "small" / "other-sums" / "quest.toml").unlink()
    problems = certifying.verify(Catalog(game.catalog.packs), done.path).problems
    assert {(problem.fault, problem.quest) for problem in problems} == {
        (Fault.CHANGED_CONTENT, "tiny/row-sums"),
        (Fault.UNKNOWN_QUEST, "small/other-sums"),
    }


def test_a_rank_that_the_evidence_does_not_earn_is_found(game, tmp_path):
    """Whoever signs for rank S with three easy quests is told; the exporter is warned of it too."""
    clear(game)
    game.change(lambda record: changes.promoted(record, "overall", Rank.S, date(2026, 11, 20)))
    done = certifying.export(game, "overall", "json", tmp_path / "it.json")
    assert "earns rank E by the rules of this version, not rank S" in done.note
    (problem,) = certifying.verify(game.catalog, done.path).problems
    assert problem.fault is Fault.UNSUPPORTED


def test_two_exports_have_one_fingerprint_and_one_key(game, tmp_path):
    """What is certified does not depend on when or in which form it is written."""
    clear(game)
    first = certifying.export(game, "overall", "json", tmp_path / "a.json")
    second = certifying.export(game, "overall", "svg", tmp_path / "b.svg")
    assert (first.fingerprint, first.did) == (second.fingerprint, second.did)
    assert path_of(game.store.path).exists()


def test_an_altered_file_is_refused_with_its_reason(game, tmp_path):
    """Through the same door that the app uses."""
    clear(game)
    done = certifying.export(game, "overall", "svg", tmp_path / "it.svg")
    done.path.write_bytes(done.path.read_bytes().replace(b">Mira</text>", b">Mara</text>"))
    with pytest.raises(Refused) as caught:
        certifying.verify(game.catalog, done.path)
    assert caught.value.fault is Fault.PICTURE_ALTERED


# ---------------------------------------------------------------- the command line


def typed(game, *words):
    parser = argparse.ArgumentParser()
    parser.set_defaults(plain=True, pack=[str(game.catalog.packs[0].quests.parent)])
    command.add_parser(parser.add_subparsers())
    return command.run(parser.parse_args(["certificate", *map(str, words)]))


def test_the_commands_tell_and_their_status_is_for_scripts(game, tmp_path, capsys):
    """0 valid, 1 not valid, 2 nothing that could be checked."""
    clear(game)
    path = tmp_path / "it.svg"
    assert typed(game, "export", "--output", path) == 0
    assert "fingerprint" in capsys.readouterr().out
    assert typed(game, "verify", path) == 0
    told = capsys.readouterr().out
    assert "Mira" in told and "valid: nothing was altered" in told and "does not prove who wrote them" in told
    assert typed(game, "verify", path, "--key", "did:key:z6Mkother") == 1
    assert "other_key" in capsys.readouterr().out
    path.write_text("Dear reader")
    assert typed(game, "verify", path) == 2
    assert "it is no certificate" in capsys.readouterr().err
    assert typed(game, "verify", tmp_path / "nothing.svg") == 2


def test_json_is_one_object(game, tmp_path, capsys):
    """With the same fields whether valid or not."""
    clear(game)
    assert typed(game, "export", "--format", "bundle", "--output", tmp_path / "it.zip", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert typed(game, "verify", made["path"], "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] and told["kind"] == "bundle" and told["fingerprint"] == made["fingerprint"]
    assert told["problems"] == []
    (tmp_path / "it.zip").write_bytes((tmp_path / "it.zip").read_bytes()[:-5])
    assert typed(game, "verify", tmp_path / "it.zip", "--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"] and told["problems"][0]["fault"] == "unreadable"


def test_control_codes_in_a_stranger_s_certificate_reach_no_terminal(game, tmp_path, capsys, key):
    """A title signed by a stranger may hold anything; what is printed cannot move the cursor."""
    from leveling.certificate import baking, credential
    from tests.certificate.conftest import achievement

    document = credential.build(achievement(hunter="Mira\x1b[2J\x07", title="\x1b]0;owned\x07"), key.did)
    path = tmp_path / "it.json"
    path.write_bytes(baking.text_of(credential.issue(document, key)))
    assert typed(game, "verify", path) == 1
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err and "\x07" not in told.out + told.err
