"""Is a file a valid certificate? Structure, signature, picture, solutions; then the quests, as this version knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leveling.certificate.credential import fingerprint, picture
from leveling.certificate.proof import check_proof
from leveling.certificate.reading import Held
from leveling.certificate.refusal import Fault, Refused
from leveling.certificate.structure import check_structure, recognise
from leveling.certificate.summary import Summary, summary_of

_CLOCKS_DIFFER = timedelta(days=1)
ContentOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `quest` where it is one quest's."""

    fault: Fault
    text: str
    quest: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a certificate says and what was found wrong. The signature of every `Checked` is good.

    `document` is the credential; `solutions` those that came with it, by hash.
    """

    kind: str
    summary: Summary
    document: dict[str, Any]
    solutions: dict[str, str]
    problems: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def quests(self) -> list[dict[str, Any]]:
        """The evidence on quests."""
        return [each for each in self.document["evidence"] if each["genre"] == "quest"]


def check(held: Held, content_of: ContentOf, *, key: str = "", now: datetime | None = None) -> Checked:
    """Check all that can be checked without judging again.

    `content_of` gives the content hash of a quest in this version, None for one it does not have; `key` is the did:key
    that the reader expects, when there is one.

    Raises:
        Refused: when it is no certificate, or one that was altered.
        CannotExport: when `cryptography` is missing.
    """
    document = _checked(held, key, now or datetime.now(UTC))
    if held.twin is not None:
        twin = _checked(held.twin, key, now or datetime.now(UTC))
        if fingerprint(twin) != fingerprint(document) or twin["issuer"]["id"] != document["issuer"]["id"]:
            raise Refused(Fault.PICTURE_ALTERED, "the picture in the bundle belongs to another certificate")
    problems = [*_solutions(held, document), *_quests(document, content_of)]
    return Checked(held.kind, summary_of(document), document, dict(held.solutions), tuple(problems))


def _checked(held: Held, key: str, now: datetime) -> dict[str, Any]:
    document = recognise(held.document)
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else None
    if not isinstance(did, str):
        raise Refused(Fault.MALFORMED, "it names no issuer")
    check_proof(document, did)
    check_structure(document)
    if key and key != did:
        raise Refused(Fault.OTHER_KEY, f"it is signed with another key than the one you expect: {did}")
    if datetime.fromisoformat(document["validFrom"]) > now + _CLOCKS_DIFFER:
        raise Refused(Fault.NOT_YET, f"it is dated {document['validFrom'][:10]}, which is still to come")
    if held.picture is not None:
        _check_picture(document, *held.picture)
    return document


def _check_picture(document: dict[str, Any], media_type: str, data: bytes) -> None:
    if not data or picture(media_type, data) not in document.get("relatedResource", []):
        text = (
            "the credential inside is signed, but the picture around it is not the one that was signed: do not believe "
            "what it shows"
        )
        raise Refused(Fault.PICTURE_ALTERED, text)


def _solutions(held: Held, document: dict[str, Any]) -> list[Problem]:
    """Of a bundle: every solution that the evidence names, and none that it does not."""
    if held.kind != "bundle":
        return []
    named = {each["solution"]: each["quest"] for each in document["evidence"] if each.get("solution")}
    strangers = held.solutions.keys() - named.keys()
    if strangers:
        raise Refused(Fault.HOSTILE, f"the solution {min(strangers)[:12]}... belongs to no quest of the certificate")
    return [
        Problem(Fault.SOLUTION_MISSING, f"its solution {digest[:12]}... is not in the bundle", quest)
        for digest, quest in sorted(named.items(), key=lambda item: item[1])
        if digest not in held.solutions
    ]


def _quests(document: dict[str, Any], content_of: ContentOf) -> list[Problem]:
    problems = []
    version = document["leveling"]["version"]
    for each in document["evidence"]:
        if each["genre"] != "quest":
            continue
        present = content_of(each["quest"])
        if present is None:
            text = f"no pack here has this quest; the certificate was made with leveling {version}"
            problems.append(Problem(Fault.UNKNOWN_QUEST, text, each["quest"]))
        elif present != each["content"]:
            text = f"its checks, brief or reference changed since; the certificate was made with leveling {version}"
            problems.append(Problem(Fault.CHANGED_CONTENT, text, each["quest"]))
    return problems
