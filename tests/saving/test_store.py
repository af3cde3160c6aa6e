"""Saves under everything that happens to files: kills, full disks, torn files, two apps at once."""

import os
import random
import re
import resource
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from leveling.saving import SaveTrouble, Store, Trouble, backups
from leveling.world import changes
from leveling.world.record import Clear, DrillMemory, Measured, Record
from leveling.world.words import Grade, Rank

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def clear(number=0, grade=Grade.A):
    gates = (Measured("ops", "cpu", "passed", 11.0, 30.0, "ops"), Measured("memory", "cuda", "sealed", None, 1.3, "x"))
    return Clear(
        grade, Rank.D, NOW + timedelta(seconds=number), date(2026, 11, 21), number, gates=gates, solution="a" * 64
    )


def full(record):
    """A record in which every kind of fact stands."""
    record = changes.chosen(record, "hunter", 'Ayşe "the\n[quests.\\"x\\"]" 影', NOW)
    record = changes.placed(record, "tensors", Rank.D, NOW)
    record = changes.started(record, "tensors/einsum", NOW)
    record = changes.hinted(record, "tensors/einsum", 1)
    record = changes.attempted(record, "tensors/einsum", NOW, NOW.date(), 61.5, cleared=True)
    record = changes.cleared(record, "tensors/einsum", clear())
    record = changes.noted(record, "tensors/einsum", 'three """ quotes\n[quests."y"]\n', NOW)
    record = changes.revealed(record, "modules/first-mlp", NOW)
    record = changes.learnt(record, "modules/first-mlp", "learnt", NOW)
    record = changes.drilled(
        record, "tensors/creation-drills#filled", DrillMemory(NOW, NOW, 2.5, 5.0), NOW.date(), was_due=True
    )
    record = changes.promoted(record, "tensors", Rank.D, NOW.date())
    return changes.rested(record, date(2026, 11, 16))


def test_what_is_saved_is_loaded_by_another_process():
    """Every kind of fact survives the way through the file, with and without the cache."""
    saved = Store().update(full)
    assert Store().load() == saved
    Store().cache.unlink(missing_ok=True)
    assert Store().load() == saved
    again = Store().update(lambda record: changes.noted(record, "modules/first-mlp", "x", NOW))
    assert Store().load() == again


def test_a_change_rewrites_only_its_own_quest():
    """What did not change keeps its very text, so that a clear costs the same after a thousand others."""
    store = Store()
    store.update(full)
    before = store.path.read_text()
    store.update(lambda record: changes.cleared(record, "data/loader", clear(7)))
    after = store.path.read_text()
    untouched = before[before.index('[quests."tensors/einsum"]') :]
    assert untouched in after and '[quests."data/loader"]' in after


WRITER = """
import sys
from datetime import UTC, datetime
from leveling.saving import Store
from leveling.world import changes
from leveling.world.record import Clear
from leveling.world.words import Grade, Rank
now = datetime.now(UTC)
for number in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}/quest-{number}"
    Store().update(lambda record: changes.cleared(record, name, Clear(Grade.A, Rank.E, now, now.date())))
    print(name, flush=True)
"""


def test_two_processes_lose_nothing_of_each_other():
    """Both clear twenty quests at the same time; all forty are there."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name, "20"], stdout=subprocess.DEVNULL, cwd=ROOT)
        for name in ("left", "right")
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    quests = Store().load().quests
    assert len(quests) == 40 and all(quest.is_cleared for quest in quests.values())


def test_what_was_confirmed_survives_any_kill():
    """Killed at random moments while it writes: every quest it had confirmed is there, and the file is whole."""
    chance = random.Random(7)
    for turn in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, f"turn{turn}", "1000"], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        confirmed = [writer.stdout.readline().strip() for _ in range(chance.randrange(1, 5))]
        threading.Event().wait(chance.random() * 0.02)
        writer.kill()
        confirmed += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        quests = Store().load().quests
        assert all(name in quests for name in confirmed)


def test_a_full_disk_loses_nothing():
    """The clear is not confirmed, the old save is untouched, no rubbish stays, and the message says what to do."""
    store = Store()
    before = store.update(full)
    listing = set(store.folder.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(SaveTrouble, match="Free some space") as caught:
            store.update(lambda record: changes.cleared(record, "data/loader", clear(9)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.kind is Trouble.UNWRITABLE
    assert Store().load() == before
    assert {path.name for path in store.folder.iterdir()} - {path.name for path in listing} <= {"backups"}


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda text: text[: len(text) // 2], Trouble.TORN),
        (lambda text: text[:-40] + "\0" * 40, Trouble.TORN),
        (lambda text: text.replace("format = 1", "format = 99"), Trouble.FUTURE),
        (lambda text: text.replace("format = 1\n", ""), Trouble.INVALID),
        (lambda text: text.replace('grade = "A"', 'grade = "Z"'), Trouble.INVALID),
        (lambda text: text.replace("attempts = 1", "attempts = 1\nattemps = 2"), Trouble.INVALID),
        (lambda text: "", Trouble.INVALID),
    ],
)
def test_a_bad_save_is_never_overwritten(damage, kind):
    """Loading says what is wrong; changing refuses; the bytes stay as they are; a good backup is offered and taken."""
    store = Store()
    good = store.update(full)
    backup = store.back_up()
    text = damage(store.path.read_text())
    store.path.write_text(text)
    with pytest.raises(SaveTrouble) as refused:
        Store().update(full)
    with pytest.raises(SaveTrouble) as caught:
        Store().load()
    assert refused.value.kind is caught.value.kind is kind
    assert store.path.read_text() == text
    if kind is not Trouble.FUTURE:
        assert caught.value.backup == backup
    aside = Store().restore(backup)
    assert aside is not None and aside.read_text() == text
    assert Store().load() == good


def test_a_save_edited_by_hand_is_read():
    """Other spacing, comments and order are still TOML; the next change keeps all facts."""
    store = Store()
    saved = store.update(full)
    text = store.path.read_text()
    edited = re.sub(r"^\[quests", "# mine\n  [quests", text, flags=re.MULTILINE)
    edited = re.sub(r"^attempts = 1$", "attempts   =   1 # one", edited, flags=re.MULTILINE)
    assert edited != text
    store.path.write_text(edited)
    assert Store().load() == saved
    assert Store().update(lambda record: record) == saved


def test_an_invalid_backup_is_not_offered():
    """The newest that can be read is."""
    store = Store()
    store.update(full)
    good = store.back_up()
    bad = good.with_name("2027-01-01T00-00-00.000000Z.toml")
    bad.write_text("torn = ")
    assert store.newest_good_backup() == good


def test_a_missing_save_with_backups_is_not_taken_for_a_new_beginning():
    """Who deleted the file by accident is told, instead of starting from nothing."""
    store = Store()
    store.update(full)
    backup = store.back_up()
    store.path.unlink()
    with pytest.raises(SaveTrouble, match="saves restore") as caught:
        Store().load()
    assert caught.value.backup == backup


def test_a_home_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    """A file where the folder should be."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEVELING_HOME", str(tmp_path / "file"))
    assert Store().load().quests == {}
    with pytest.raises(SaveTrouble, match="--home"):
        Store().update(full)


def test_backups_are_thinned_but_reach_back():
    """Of a year of hourly states some stay: the newest five, a week of days, two months of weeks."""
    moments = [NOW - timedelta(hours=hour) for hour in range(24 * 365)]
    kept = backups.spared(moments)
    assert len(kept) <= backups.NEWEST + backups.DAILY + backups.WEEKLY
    assert NOW in kept and min(kept) < NOW - timedelta(weeks=backups.WEEKLY - 2)


@pytest.mark.parametrize("slot", ["../evil", "", "a" * 41, "a b", ".hidden"])
def test_a_slot_is_a_plain_name(slot):
    """No path hides in it."""
    if slot:
        with pytest.raises(SaveTrouble):
            Store(slot)
    else:
        assert Store(slot).slot == "main"


def test_the_lock_is_let_go_by_a_killed_process():
    """A process that dies while it holds the lock does not stop others."""
    code = (
        "from pathlib import Path; import os, sys\n"
        "from leveling.saving.locking import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    store = Store()
    store.folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", code, str(store.path)], cwd=ROOT, check=False, capture_output=True)
    assert store.update(full)


def test_a_lock_that_is_kept_is_told(tmp_path):
    """Somebody else writes for long: the message says who to close."""
    from leveling.saving.locking import locked

    path = tmp_path / "main.toml"
    with locked(path), pytest.raises(SaveTrouble, match="another leveling"), locked(path, seconds=0.05):
        pass


def test_nothing_is_written_for_a_change_that_changes_nothing():
    """The very same record leaves the file untouched."""
    store = Store()
    store.update(full)
    before = os.stat(store.path)
    store.update(lambda record: record)
    assert os.stat(store.path).st_mtime_ns == before.st_mtime_ns


def test_an_empty_slot_is_an_empty_record():
    """Nothing is written by looking."""
    record = Store("second").load(date(2026, 1, 1))
    assert record == Record(date(2026, 1, 1)) and not Store("second").exists()
