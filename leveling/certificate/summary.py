"""The figures that a certificate shows, counted from the credential itself: what is drawn is what was signed."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from leveling.certificate.credential import fingerprint
from leveling.certificate.emblem import RANKS


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person reads. `by_gate` gives for each gate the number of quests by rank, the fullest gate first."""

    hunter: str
    title: str
    of: str
    rank: str
    reached: str
    until: str
    quests: int
    trials: int
    hours: float
    grades: dict[str, int]
    limits: dict[str, int]
    by_gate: tuple[tuple[str, dict[str, int]], ...]
    unhinted: int
    issuer: str
    fingerprint: str

    @property
    def limits_in_words(self) -> str:
        """Such as `41 on cpu, 3 on cuda`."""
        return ", ".join(f"{count} on {device}" for device, count in sorted(self.limits.items())) or "none measured"


def summary_of(document: dict[str, Any]) -> Summary:
    """Count a credential that has the structure of one."""
    quests = [each for each in document["evidence"] if each["genre"] == "quest"]
    facts = document["leveling"]
    gates: dict[str, Counter[str]] = {}
    for quest in quests:
        gates.setdefault(quest["quest"].split("/", 1)[0], Counter())[quest["rank"]] += 1
    passed = [gate["device"] for quest in quests for gate in quest["gates"] if gate["status"] == "passed"]
    return Summary(
        hunter=facts["hunter"],
        title=document["credentialSubject"]["achievement"]["name"],
        of=facts["of"],
        rank=facts.get("rank", ""),
        reached=facts.get("reached", ""),
        until=document["awardedDate"][:10],
        quests=len(quests),
        trials=len(document["evidence"]) - len(quests),
        hours=float(facts["hours"]),
        grades={grade: sum(quest["grade"] == grade for quest in quests) for grade in "SABC"},
        limits=dict(Counter(passed)),
        by_gate=tuple(
            (gate, {rank: counted[rank] for rank in RANKS if counted[rank]})
            for gate, counted in sorted(gates.items(), key=lambda item: (-item[1].total(), item[0]))
        ),
        unhinted=sum(quest["hints"] == 0 for quest in quests),
        issuer=document["issuer"]["id"],
        fingerprint=fingerprint(document),
    )


def in_one_line(told: Summary) -> str:
    """The evidence as a sentence."""
    gates = len(told.by_gate)
    text = f"{_count(told.quests, 'quest')} in {_count(gates, 'gate')} cleared unaided"
    if told.trials:
        text += f", {_count(told.trials, 'timed trial')} passed"
    return text


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
