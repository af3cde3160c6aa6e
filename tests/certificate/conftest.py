"""An achievement that nobody earned, signed with a key that nobody keeps, in every format."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest

from leveling.certificate import credential, formats
from leveling.certificate.evidence import Achievement, Of, QuestEvidence, Rules, TrialEvidence
from leveling.certificate.keys import key_of
from leveling.world.record import Measured
from leveling.world.words import Grade, Rank

BEGAN = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
SOURCES = {f"gate-{place % 3}/quest-{place}": f"def answer():\n    return {place}\n" for place in range(5)}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(quest):
    """The content hash of each of these quests, as a version that has them all unchanged would tell."""
    return digest(f"content of {quest}") if quest in SOURCES else None


def achievement(hunter="Mira Okonkwo", title="Rank D overall", **changes):
    quests = tuple(
        QuestEvidence(
            quest=name,
            title=f"Quest {place}",
            rank=Rank.D if place % 2 else Rank.E,
            grade=list(Grade)[place % 4],
            at=BEGAN + timedelta(days=place),
            day=(BEGAN + timedelta(days=place)).date(),
            content=content_of(name),
            solution=digest(source),
            seed=(1 << 61) + place,
            device="cpu",
            hints=place % 2,
            seconds=1234.5,
            gates=(Measured("throughput", "cpu", "passed", 1.02, 1.5, "reference"),),
        )
        for place, (name, source) in enumerate(SOURCES.items())
    )
    trials = (TrialEvidence("gate-1", Rank.D, BEGAN, 40, ("gate-1/quest-1", "gate-1/quest-4")),)
    facts = {
        "hunter": hunter,
        "of": Of.OVERALL,
        "where": "",
        "title": title,
        "rank": Rank.D,
        "reached": date(2026, 3, 5),
        "quests": quests,
        "trials": trials,
        "rules": Rules("0.0.1"),
    }
    return Achievement(**{**facts, **changes})


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    return key_of(tmp_path_factory.mktemp("saves") / "main.toml")


@pytest.fixture(scope="session")
def other_key(tmp_path_factory):
    return key_of(tmp_path_factory.mktemp("others") / "main.toml")


@pytest.fixture(scope="session")
def unsigned(key):
    return credential.build(achievement(), key.did)


@pytest.fixture(scope="session")
def exported(key, unsigned):
    """The bytes of one certificate, by format; each made once."""
    made = {}

    def of(form):
        if form not in made:
            solutions = {digest(source): source for source in SOURCES.values()}
            made[form] = formats.write(form, unsigned, achievement(), key, solutions)
        return made[form]

    return of
