"""What a credential must look like: the requirements of Open Badges 3.0 and of the W3C data model 2.0, and our own terms.

The published JSON schemas are not shipped, because their licence does not plainly allow it; docs/certificate.md lists
what is required here in their place.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from leveling.certificate.credential import CONTEXT, FORMAT, Document
from leveling.certificate.evidence import Of
from leveling.certificate.refusal import Fault, Refused
from leveling.world.words import Grade, Rank

MOST_EVIDENCE = 10_000
Short = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Uri = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:[^\s<>]{1,500}$")]
QuestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,80}(/[A-Za-z0-9-]{1,80}){1,2}$")]
Stamp = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\d{1,20}$")]
RankWord = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(Rank)})$")]
GradeWord = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(Grade)})$")]
OfWord = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(Of)})$")]


class _Open(BaseModel):
    """Terms of other vocabularies may stand beside ours, as the data model wants."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Typed(_Open):
    type: Annotated[list[Short], Field(min_length=1, max_length=8)] | Short

    def types(self) -> list[str]:
        return [self.type] if isinstance(self.type, str) else self.type


class _Profile(_Typed):
    id: Uri
    name: Short


class _Criteria(_Open):
    narrative: Long


class _Achievement(_Typed):
    id: Uri
    name: Short
    description: Long
    criteria: _Criteria


class _Identity(_Closed):
    type: Literal["IdentityObject"]
    identityType: Literal["userName"]  # noqa: N815 - the standard's name
    hashed: Literal[False]
    identityHash: Short  # noqa: N815 - as above


class _Subject(_Typed):
    identifier: Annotated[list[_Identity], Field(min_length=1, max_length=1)]
    achievement: _Achievement
    activityStartDate: Stamp  # noqa: N815 - the standard's name
    activityEndDate: Stamp  # noqa: N815 - as above


class _Gate(_Closed):
    gate: Short
    device: Short
    status: Literal["passed", "failed", "sealed", "noisy"]
    value: float | int | None = None
    limit: float | int
    unit: Short


class _Quest(_Closed):
    id: Uri
    type: list[Short]
    genre: Literal["quest"]
    name: Short
    narrative: Long
    quest: QuestId
    rank: RankWord
    grade: GradeWord
    at: Stamp
    day: Day
    content: Sha256
    solution: Sha256 | Literal[""]
    seed: Number
    device: Short
    hints: Annotated[int, Field(ge=0, le=100)]
    seconds: Annotated[int, Field(ge=0)]
    gates: Annotated[list[_Gate], Field(max_length=100)]


class _Trial(_Closed):
    id: Uri
    type: list[Short]
    genre: Literal["trial"]
    name: Short
    narrative: Long
    where: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,80}$")]
    rank: RankWord
    at: Stamp
    minutes: Annotated[int, Field(ge=0)]
    tasks: Annotated[list[QuestId], Field(max_length=100)]


class _Facts(_Closed):
    format: Annotated[int, Field(ge=1, le=FORMAT)]
    version: Short
    of: OfWord
    hunter: Short
    hours: Annotated[float, Field(ge=0)] | Annotated[int, Field(ge=0)]
    packs: Annotated[list[Short], Field(max_length=100)]
    missing: Annotated[list[Short], Field(max_length=1000)]
    cuda: bool
    where: Short = ""
    rank: RankWord | None = None
    reached: Day | None = None

    @model_validator(mode="after")
    def _fits(self) -> "_Facts":
        if (self.of == Of.PATH) == (self.rank is not None):
            raise ValueError("a rank belongs to a gate or to overall, and these need one")
        if (self.of == Of.OVERALL) == bool(self.where):
            raise ValueError("a gate and a path are named by `where`, overall is not")
        return self


class _Picture(_Closed):
    id: Uri
    mediaType: Short  # noqa: N815 - the standard's name
    digestSRI: Annotated[str, StringConstraints(pattern=r"^sha256-[A-Za-z0-9+/]{43}=$")]  # noqa: N815 - as above


class _Credential(_Typed):
    id: Uri
    name: Short
    description: Long
    issuer: _Profile
    validFrom: Stamp  # noqa: N815 - the standard's name
    awardedDate: Stamp  # noqa: N815 - as above
    credentialSubject: _Subject  # noqa: N815 - as above
    evidence: Annotated[
        list[Annotated[_Quest | _Trial, Field(discriminator="genre")]], Field(min_length=1, max_length=MOST_EVIDENCE)
    ]
    leveling: _Facts
    relatedResource: Annotated[list[_Picture], Field(max_length=8)] = []  # noqa: N815 - as above

    @model_validator(mode="after")
    def _fits(self) -> "_Credential":
        if [self.credentialSubject.identifier[0].identityHash] != [self.leveling.hunter]:
            raise ValueError("credentialSubject and leveling name different hunters")
        ids = [each.id for each in self.evidence]
        if len(ids) != len(set(ids)):
            raise ValueError("a piece of evidence is there twice")
        for each in self.evidence:
            kind, name = ("quest", each.quest) if isinstance(each, _Quest) else ("trial", f"{each.where}:{each.rank}")
            if each.id != f"urn:leveling:{kind}:{name}":
                raise ValueError(f"the evidence {each.id[:80]} is about something else")
        for typed, needed in (
            (self.issuer, "Profile"),
            (self.credentialSubject, "AchievementSubject"),
            (self.credentialSubject.achievement, "Achievement"),
        ):
            if needed not in typed.types():
                raise ValueError(f"a part that must be of type {needed} is not")
        return self


def recognise(document: Any) -> Document:
    """Accept what claims to be a certificate of ours in a format known here.

    Raises:
        Refused: not_a_certificate or future_format.
    """
    kinds = document.get("type") if isinstance(document, dict) else None
    facts = document.get("leveling") if isinstance(document, dict) else None
    if not isinstance(kinds, list) or not {"VerifiableCredential", "OpenBadgeCredential"} <= {*map(str, kinds)}:
        raise Refused(Fault.NOT_A_CERTIFICATE, "it is no Open Badges credential, so no certificate of leveling")
    if not isinstance(facts, dict) or "format" not in facts:
        text = "it is an Open Badges credential, but not one of leveling: it has no `leveling` table"
        raise Refused(Fault.NOT_A_CERTIFICATE, text)
    number = facts["format"]
    if isinstance(number, int) and not isinstance(number, bool) and number > FORMAT:
        text = f"it is of format {number}, this version knows up to {FORMAT}: install a newer leveling to check it"
        raise Refused(Fault.FUTURE_FORMAT, text)
    assert isinstance(document, dict)
    return document


def check_structure(document: Document) -> None:
    """Accept a document that has every required part.

    Raises:
        Refused: malformed, with the first faults.
    """
    context = document.get("@context")
    if not isinstance(context, list) or context != list(CONTEXT):
        raise Refused(Fault.MALFORMED, "its @context is not that of an Open Badges 3.0 certificate of leveling")
    try:
        _Credential.model_validate(document)
        _check_dates(document)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, each['loc'])) or 'the credential'}: {each['msg']}" for each in error.errors()[:3]
        ]
        raise Refused(Fault.MALFORMED, f"it is not built as a certificate is: {'; '.join(faults)}"[:600]) from error
    except ValueError as error:
        raise Refused(Fault.MALFORMED, f"it holds a date that does not exist: {error}") from error


def _check_dates(document: Document) -> None:
    for name in ("validFrom", "awardedDate"):
        datetime.fromisoformat(document[name])
    for each in document["evidence"]:
        datetime.fromisoformat(each["at"])
        if "day" in each:
            date.fromisoformat(each["day"])
    if "reached" in document["leveling"]:
        date.fromisoformat(document["leveling"]["reached"])
