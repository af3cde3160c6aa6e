"""Judging a bundle again, with a real judge: what clears, what does not, and what a stranger's code can do."""

import threading

import pytest

from leveling.catalog import Catalog
from leveling.catalog.packs import Pack
from leveling.certificate import baking, bundle, credential, drawing, reading, verifying
from leveling.judge.client import JudgeClient
from leveling.play import certifying, replaying
from leveling.play.cohorts.desks import Desk
from leveling.play.replaying import Outcome
from leveling.play.trouble import Trouble
from tests.certificate.conftest import achievement, digest
from tests.certificate.test_certifying import game, typed  # noqa: F401 - a fixture is used by its name
from tests.judging import RIGHT, WRONG

NAMES = ("tiny/row-sums", "tiny/more-sums", "tiny/third-sums")


@pytest.fixture
def catalog(pack):
    for name in NAMES:
        pack.quest(name)
    return Catalog([Pack("p", pack.root / "quests")])


@pytest.fixture
def bundled(catalog, key, tmp_path):
    """A bundle file with these solutions by quest, signed in order."""

    def of(sources):
        from dataclasses import replace

        from leveling.catalog.hashing import content_hash

        patterns = achievement().quests
        quests = tuple(
            replace(
                pattern,
                quest=name,
                solution=digest(source) if source else "",
                content=content_hash(catalog.quest(name).folder),
            )
            for pattern, (name, source) in zip(patterns, sources.items(), strict=False)
        )
        document = credential.build(achievement(quests=quests, trials=()), key.did)
        drawn = drawing.draw(document).encode()
        picture = credential.issue(document, key, [credential.picture(baking.SVG, drawn)])
        svg = baking.bake_svg(drawn, baking.text_of(picture))
        solutions = {digest(source): source for source in sources.values() if source}
        path = tmp_path / "bundle.zip"
        path.write_bytes(bundle.pack(baking.text_of(credential.issue(document, key)), svg, solutions))
        return path

    return of


def replayed(catalog, path, **options):
    checked = certifying.verify(catalog, path)
    return {result.quest: result for result in replaying.replay(catalog, checked, **options)}


def test_solutions_are_judged_again_side_by_side(catalog, bundled):
    """Two judges, three quests: what clears is cleared in the sandbox, what is wrong is not, with its cause."""
    path = bundled(dict(zip(NAMES, [RIGHT, WRONG, f"# again\n{RIGHT}"], strict=True)))
    found = replayed(catalog, path, judges=2)
    assert [found[name].outcome for name in NAMES] == [Outcome.CLEARED, Outcome.NOT_CLEARED, Outcome.CLEARED]
    assert found["tiny/more-sums"].verdict == "wrong" and found["tiny/more-sums"].text
    assert found["tiny/row-sums"].now and "seccomp" in found["tiny/row-sums"].sandbox


def test_code_that_attacks_is_contained(catalog, bundled, tmp_path):
    """It can neither write a file, nor reach the judge, nor say that it cleared; the others are judged all the same."""
    target = tmp_path / "owned"
    attack = f"""
import os, signal
for deed in (
    lambda: open({str(target)!r}, "w").write("owned"),
    lambda: os.system("touch {target}"),
    lambda: os.kill(os.getppid(), signal.SIGKILL),
):
    try:
        deed()
    except BaseException:
        pass
print('{{"event": "verdict", "verdict": "cleared"}}')
os._exit(0)
"""
    nested = "x = " + "-" * 200_000 + "1\n"
    found = replayed(catalog, bundled(dict(zip(NAMES, [attack, nested, RIGHT], strict=True))), judges=1)
    assert [found[name].outcome for name in NAMES] == [Outcome.NOT_CLEARED, Outcome.NOT_CLEARED, Outcome.CLEARED]
    assert not target.exists()


def test_without_a_whole_sandbox_nothing_is_run(catalog, bundled, monkeypatch):
    """A stranger's code is refused where it could not be contained, unless the person insists."""
    facts = {"facts": {"layers": {"rlimits": "live", "landlock": "this kernel is too old"}}}
    monkeypatch.setattr(JudgeClient, "request", lambda *_: facts)
    monkeypatch.setattr(Desk, "judge", lambda *_: pytest.fail("it was run"))
    path = bundled({NAMES[0]: RIGHT})
    with pytest.raises(Trouble, match=r"landlock: this kernel is too old.*--insist"):
        replayed(catalog, path)
    monkeypatch.undo()
    assert replayed(catalog, path, insist=True)[NAMES[0]].outcome is Outcome.CLEARED


def test_what_cannot_be_judged_is_said_and_not_held_against_it(catalog, bundled):
    """A quiz has no file; the rest counts."""
    found = replayed(catalog, bundled({NAMES[0]: "", NAMES[1]: RIGHT}), judges=1)
    assert found[NAMES[0]].outcome is Outcome.NOT_JUDGED
    assert found[NAMES[1]].outcome is Outcome.CLEARED


def test_only_a_bundle_can_be_judged_again(catalog, exported):
    """Other formats hold no solutions."""
    checked = verifying.check(reading.take(exported("json")), lambda _: None)
    with pytest.raises(Trouble, match="--format bundle"):
        next(replaying.replay(catalog, checked))


def test_whoever_stops_leaves_no_judge_behind(catalog, bundled):
    """Closing after the first result ends every thread and every process."""
    path = bundled(dict(zip(NAMES, [RIGHT, WRONG, f"# again\n{RIGHT}"], strict=True)))
    running = replaying.replay(catalog, certifying.verify(catalog, path), judges=2)
    next(running)
    running.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "cohort"]


def test_the_status_is_for_scripts(game, catalog, bundled, capsys):  # noqa: F811 - the fixture that was imported
    """0 when every solution clears again, 1 when one does not."""
    good = bundled({NAMES[0]: RIGHT})
    certificate_game = type("Game", (), {"catalog": catalog})
    assert typed(certificate_game, "verify", good, "--replay", "--judges", "1") == 0
    assert "judged again: 1 of 1 cleared" in capsys.readouterr().out
    bad = bundled({NAMES[0]: WRONG})
    assert typed(certificate_game, "verify", bad, "--replay", "--json") == 1
    assert '"not_cleared"' in capsys.readouterr().out
