"""An achievement as an Open Badges 3.0 credential in the W3C verifiable credentials data model 2.0, signed."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from leveling.certificate.canonical import canonical
from leveling.certificate.evidence import Achievement, Of, QuestEvidence, TrialEvidence
from leveling.certificate.keys import SigningKey
from leveling.certificate.proof import signed
from leveling.world.record import OVERALL, Measured

Document = dict[str, Any]
FORMAT: Final = 1
CONTEXT: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    {"@vocab": "urn:leveling:certificate:"},  # gives our own terms a meaning to programs that read JSON-LD
)
TYPES: Final = ("VerifiableCredential", "OpenBadgeCredential")
SELF_ISSUED: Final = (
    "Self-issued: signed with a key that lies on the hunter's own machine. It proves that nothing was altered since, and "
    "names solutions that clear these quests when they are judged again; it does not prove who wrote them."
)


def build(achievement: Achievement, did: str) -> Document:
    """The credential without its proof. The same achievement and key give the same document.

    Raises:
        ValueError: when there is no evidence.
    """
    if not achievement.quests:
        raise ValueError("a certificate needs evidence")
    document: Document = {
        "@context": list(CONTEXT),
        "id": "",
        "type": list(TYPES),
        "name": _name(achievement),
        "description": SELF_ISSUED,
        "issuer": {
            "id": did,
            "type": ["Profile"],
            "name": f"{achievement.hunter} (self-issued with leveling)",
            "description": "The key of one save of leveling, made on the hunter's machine.",
        },
        "validFrom": stamp(achievement.last),
        "awardedDate": stamp(achievement.last),
        "credentialSubject": _subject(achievement),
        "evidence": [*map(_of_quest, achievement.quests), *map(_of_trial, achievement.trials)],
        "leveling": _facts(achievement),
    }
    document["id"] = f"urn:uuid:{uuid.UUID(bytes=_digest(document)[:16], version=4)}"
    return document


def issue(document: Document, key: SigningKey, pictures: list[Document] | None = None) -> Document:
    """Sign `document`, with the digests of what it is baked into or packed with."""
    if pictures:
        document = {**document, "relatedResource": pictures}
    return signed(document, key, stamp(datetime.now(UTC)))


def picture(media_type: str, data: bytes) -> Document:
    """A file without the credential in it, by its SHA-256: an entry of `relatedResource`."""
    digest = hashlib.sha256(data).digest()
    return {
        "id": f"urn:sha256:{digest.hex()}",
        "mediaType": media_type,
        "digestSRI": f"sha256-{base64.b64encode(digest).decode()}",
    }


def fingerprint(document: Document) -> str:
    """What is certified, in eight groups of four letters; the same in every format of one export."""
    text = base64.b32encode(_digest(document)[:20]).decode()
    return "-".join(text[start : start + 4] for start in range(0, 32, 4))


def stamp(moment: datetime) -> str:
    """An XML Schema dateTime in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(document: Document) -> bytes:
    """Over everything but the id, the pictures and the signature."""
    told = {name: value for name, value in document.items() if name not in ("id", "proof", "relatedResource")}
    return hashlib.sha256(canonical(told)).digest()


def _name(achievement: Achievement) -> str:
    return f"{achievement.title}: {achievement.hunter}"


def _subject(achievement: Achievement) -> Document:
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "identityType": "userName",
                "hashed": False,
                "identityHash": achievement.hunter,
            }
        ],
        "activityStartDate": stamp(achievement.first),
        "activityEndDate": stamp(achievement.last),
        "achievement": {
            "id": f"urn:leveling:achievement:{_slug(achievement)}",
            "type": ["Achievement"],
            "achievementType": "Achievement",
            "name": achievement.title,
            "description": achievement.promises or _promise(achievement),
            "criteria": {"narrative": _criteria(achievement)},
        },
    }


def _slug(achievement: Achievement) -> str:
    where = achievement.where or OVERALL
    return f"{achievement.of}:{where}" + (f":{achievement.rank}" if achievement.rank else "")


def _promise(achievement: Achievement) -> str:
    if achievement.of is Of.PATH:
        return f"Every mandatory quest of the path {achievement.title} cleared."
    return f"{achievement.title} in PyTorch, from {len(achievement.quests)} quests cleared unaided."


def _criteria(achievement: Achievement) -> str:
    begin = "Each quest in the evidence was judged by hidden checks against a reference, without the answer at hand"
    if achievement.of is Of.PATH:
        return f"{begin}; the path asks for all of its mandatory quests."
    return (
        f"{begin}; a rank asks for a share of a gate's quests at each rank up to it and, from D upwards, for timed trials. "
        "XP cannot buy it."
    )


def _facts(achievement: Achievement) -> Document:
    rules = achievement.rules
    facts: Document = {
        "format": FORMAT,
        "version": rules.version,
        "of": achievement.of.value,
        "hunter": achievement.hunter,
        "hours": round(achievement.hours, 1),
        "packs": list(rules.packs),
        "missing": list(rules.missing),
        "cuda": rules.has_cuda,
    }
    if achievement.where:
        facts["where"] = achievement.where
    if achievement.rank:
        facts["rank"] = achievement.rank.value
    if achievement.reached:
        facts["reached"] = achievement.reached.isoformat()
    return facts


def _of_quest(quest: QuestEvidence) -> Document:
    return {
        "id": f"urn:leveling:quest:{quest.quest}",
        "type": ["Evidence", "QuestClear"],
        "genre": "quest",
        "name": quest.title,
        "narrative": f"Rank {quest.rank}, cleared with grade {quest.grade} on {quest.day} ({quest.device}).",
        "quest": quest.quest,
        "rank": quest.rank.value,
        "grade": quest.grade.value,
        "at": stamp(quest.at),
        "day": quest.day.isoformat(),
        "content": quest.content,
        "solution": quest.solution,
        "seed": str(quest.seed),  # has more bits than a JSON number holds
        "device": quest.device,
        "hints": quest.hints,
        "seconds": round(quest.seconds),
        "gates": [_measured(gate) for gate in quest.gates],
    }


def _measured(gate: Measured) -> Document:
    value = {} if gate.value is None else {"value": float(gate.value)}
    return {
        "gate": gate.gate,
        "device": gate.device,
        "status": gate.status,
        **value,
        "limit": float(gate.limit),
        "unit": gate.unit,
    }


def _of_trial(trial: TrialEvidence) -> Document:
    where = "drawn from several gates" if trial.where == OVERALL else f"in {trial.where}"
    return {
        "id": f"urn:leveling:trial:{trial.where}:{trial.rank}",
        "type": ["Evidence", "TrialPassed"],
        "genre": "trial",
        "name": f"Trial of rank {trial.rank} {where}",
        "narrative": f"{len(trial.tasks)} quests cleared within {trial.minutes} minutes of one sitting.",
        "where": trial.where,
        "rank": trial.rank.value,
        "at": stamp(trial.started),
        "minutes": trial.minutes,
        "tasks": list(trial.tasks),
    }
