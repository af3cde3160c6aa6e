"""Fifty and more ways to tamper with a certificate: each is refused, for the reason that a reader should learn."""

import copy
import hashlib
import io
import json
import stat
import zipfile
from datetime import UTC, datetime

import pytest

from leveling.certificate import baking, credential, pixels, reading, verifying
from leveling.certificate.multibase import encode
from leveling.certificate.pixels import SIGNATURE, Chunk
from leveling.certificate.proof import signed
from leveling.certificate.refusal import Fault, Refused
from tests.certificate.conftest import achievement, content_of, digest


def refused(data, **options):
    """The faults for which a file is not accepted."""
    try:
        checked = verifying.check(reading.take(data), options.pop("content_of", content_of), **options)
    except Refused as refusal:
        return {refusal.fault}
    return {problem.fault for problem in checked.problems}


def put(document, path, value):
    """A copy with one value changed; a dotted path, `...` removes."""
    changed = copy.deepcopy(document)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = changed
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


# ---------------------------------------------------------------- the content, without a new signature

ALTERED = {
    "another hunter": ("leveling.hunter", "Someone Else"),
    "another recipient": ("credentialSubject.identifier.0.identityHash", "Someone Else"),
    "a higher rank": ("leveling.rank", "S"),
    "another title": ("credentialSubject.achievement.name", "Rank S overall"),
    "another name of the whole": ("name", "Rank S overall: Mira Okonkwo"),
    "more hours": ("leveling.hours", 4000),
    "an earlier day of the rank": ("leveling.reached", "2020-01-01"),
    "a better grade": ("evidence.0.grade", "S"),
    "a harder quest": ("evidence.0.rank", "S"),
    "another quest": ("evidence.0.quest", "gate-9/quest-9"),
    "another solution": ("evidence.0.solution", "0" * 64),
    "other content": ("evidence.0.content", "0" * 64),
    "another seed": ("evidence.0.seed", "7"),
    "another device": ("evidence.0.device", "cuda"),
    "a gate passed by more": ("evidence.0.gates.0.value", 0.1),
    "a softer limit": ("evidence.0.gates.0.limit", 99.0),
    "fewer hints": ("evidence.1.hints", 0),
    "an earlier clear": ("evidence.0.at", "2020-01-01T00:00:00Z"),
    "a quest left out": ("evidence.0", ...),
    "a trial left out": ("evidence.5", ...),
    "a trial of a higher rank": ("evidence.5.rank", "A"),
    "an earlier date": ("validFrom", "2020-01-01T00:00:00Z"),
    "another awarded date": ("awardedDate", "2020-01-01T00:00:00Z"),
    "another id": ("id", "urn:uuid:00000000-0000-4000-8000-000000000000"),
    "another description": ("description", "Issued by a famous school."),
    "a famous issuer's name": ("issuer.name", "A Famous School"),
    "another version": ("leveling.version", "9.9.9"),
    "a term added": ("extra", "trust me"),
    "another context": ("@context", ["https://www.w3.org/ns/credentials/v2"]),
    "another criterion": ("credentialSubject.achievement.criteria.narrative", "Anything."),
    "another moment of signing": ("proof.created", "2020-01-01T00:00:00Z"),
    "a flipped signature": ("proof.proofValue", "z" + "1" * 64),
    "a cut signature": ("proof.proofValue", "z5abc"),
    "no text as signature": ("proof.proofValue", 7),
    "an empty signature": ("proof.proofValue", ""),
    "a signature of zeros": ("proof.proofValue", encode(bytes(range(1, 65)))),
}


@pytest.mark.parametrize(("path", "value"), ALTERED.values(), ids=ALTERED)
def test_what_was_altered_after_signing_is_found(unsigned, key, path, value):
    """One value anywhere, and the signature does not fit."""
    document = credential.issue(unsigned, key)
    assert refused(baking.text_of(put(document, path, value))) == {Fault.ALTERED}


# ---------------------------------------------------------------- the signature itself

SIGNATURES = {
    "no proof": ("proof", ..., Fault.UNSIGNED),
    "an empty list of proofs": ("proof", [], Fault.UNSIGNED),
    "two proofs": ("proof", [{}, {}], Fault.MALFORMED),
    "a proof that is a text": ("proof", "yes", Fault.MALFORMED),
    "another kind of proof": ("proof.type", "Ed25519Signature2020", Fault.FUTURE_FORMAT),
    "another suite": ("proof.cryptosuite", "eddsa-2031", Fault.FUTURE_FORMAT),
    "another purpose": ("proof.proofPurpose", "authentication", Fault.MALFORMED),
    "another key's name": ("proof.verificationMethod", "did:key:z6Mkother#z6Mkother", Fault.OTHER_KEY),
    "an issuer that is no key": ("issuer.id", "https://example.org/school", Fault.OTHER_KEY),
    "an issuer that is no Ed25519 key": (
        "issuer.id",
        "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
        Fault.OTHER_KEY,
    ),
    "no issuer": ("issuer", ..., Fault.MALFORMED),
}


@pytest.mark.parametrize(("path", "value", "fault"), SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_of_another_kind_is_named(unsigned, key, path, value, fault):
    """Missing, doubled, unknown, or another key's: each has its own word."""
    assert refused(baking.text_of(put(credential.issue(unsigned, key), path, value))) == {fault}


def test_the_key_of_another_cannot_sign_for_the_issuer(unsigned, key, other_key):
    """Neither under the other's name nor under its own."""
    theirs = signed(unsigned, other_key, "2026-11-21T00:00:00Z")
    assert refused(baking.text_of(theirs)) == {Fault.OTHER_KEY}
    ours = credential.issue(unsigned, key)
    theirs["proof"]["verificationMethod"] = ours["proof"]["verificationMethod"]
    assert refused(baking.text_of(theirs)) == {Fault.ALTERED}


def test_a_reader_may_expect_a_key(unsigned, key, other_key):
    """A certificate made anew with another key is valid by itself, and refused where the key is known."""
    document = credential.build(achievement(), other_key.did)
    data = baking.text_of(credential.issue(document, other_key))
    assert refused(data) == set()
    assert refused(data, key=other_key.did) == set()
    assert refused(data, key=key.did) == {Fault.OTHER_KEY}


# ---------------------------------------------------------------- signed, and yet no certificate

FORGED = {
    "a hunter who is not the subject": ("leveling.hunter", "Someone Else", Fault.MALFORMED),
    "no evidence": ("evidence", [], Fault.MALFORMED),
    "evidence twice": ("evidence.1.id", "urn:leveling:quest:gate-0/quest-0", Fault.MALFORMED),
    "a rank that does not exist": ("leveling.rank", "SS", Fault.MALFORMED),
    "an overall certificate without a rank": ("leveling.rank", ..., Fault.MALFORMED),
    "a gate's certificate without a gate": ("leveling.of", "gate", Fault.MALFORMED),
    "a hash that is none": ("evidence.0.content", "abc", Fault.MALFORMED),
    "a path for an id": ("evidence.0.quest", "../../etc/passwd", Fault.MALFORMED),
    "a day that does not exist": ("evidence.0.day", "2026-02-30", Fault.MALFORMED),
    "a subject of another type": ("credentialSubject.type", ["Person"], Fault.MALFORMED),
    "no achievement": ("credentialSubject.achievement", ..., Fault.MALFORMED),
    "no criteria": ("credentialSubject.achievement.criteria", ..., Fault.MALFORMED),
    "an endless name": ("credentialSubject.achievement.name", "x" * 5000, Fault.MALFORMED),
    "a number for a text": ("name", 7, Fault.MALFORMED),
    "negative hours": ("leveling.hours", -1, Fault.MALFORMED),
    "a context of its own": ("@context", ["https://example.org/v1"], Fault.MALFORMED),
    "a date to come": ("validFrom", "2999-01-01T00:00:00Z", Fault.NOT_YET),
    "a future format": ("leveling.format", 2, Fault.FUTURE_FORMAT),
    "a format that is no number": ("leveling.format", "1", Fault.MALFORMED),
    "a badge of another program": ("leveling", ..., Fault.NOT_A_CERTIFICATE),
    "a credential that is no badge": ("type", ["VerifiableCredential"], Fault.NOT_A_CERTIFICATE),
}


@pytest.mark.parametrize(("path", "value", "fault"), FORGED.values(), ids=FORGED)
def test_a_good_signature_does_not_make_a_certificate(unsigned, key, path, value, fault):
    """Whoever has a key can sign anything; what is not built as a certificate is refused all the same."""
    assert refused(baking.text_of(credential.issue(put(unsigned, path, value), key))) == {fault}


def test_quests_are_held_against_this_version(exported):
    """A quest that no pack has, and one whose content is another: each is named, the rest is still checked."""
    data = exported("json")
    assert refused(data, content_of=lambda quest: content_of(quest) if quest != "gate-1/quest-1" else None) == {
        Fault.UNKNOWN_QUEST
    }
    assert refused(
        data, content_of=lambda quest: digest("new") if quest == "gate-1/quest-1" else content_of(quest)
    ) == {Fault.CHANGED_CONTENT}
    held = verifying.check(reading.take(data), lambda _: None)
    assert [problem.quest for problem in held.problems] == [quest["quest"] for quest in held.quests]


def test_the_future_is_a_matter_of_clocks(exported):
    """Valid on its own day, also where the clock is a little behind; not before."""
    assert refused(exported("json"), now=datetime(2026, 3, 5, 9, tzinfo=UTC)) == set()
    assert refused(exported("json"), now=datetime(2026, 3, 1, tzinfo=UTC)) == {Fault.NOT_YET}


# ---------------------------------------------------------------- the files around it


def svg_with(old, new):
    return lambda exported: exported("svg").replace(old, new, 1)


def another_credential(exported):
    """The picture of one certificate around the credential of the same, signed without a picture."""
    drawn = baking.unbake_svg(exported("svg"))[1]
    return baking.bake_svg(drawn, exported("json").strip())


def png_parts(exported):
    return list(pixels.chunks_of(exported("png")))


def png_of(parts):
    return SIGNATURE + b"".join(chunk.to_bytes() for chunk in parts)


def png_with_other_pixels(exported):
    parts = png_parts(exported)
    return png_of([Chunk(b"tIME", b"\x07\xea\1\1\0\0\0") if each.kind == b"PLTE" else each for each in parts[:-1]] + [
        Chunk(b"tEXt", b"Author\0someone else"), parts[-1],
    ])  # fmt: skip


def png_twice(exported):
    parts = png_parts(exported)
    return png_of([parts[0], parts[1], parts[1], *parts[2:]])


def pdf_with_another_page(exported):
    return exported("pdf").replace(b"/MediaBox [0 0 841.89", b"/MediaBox [0 0 441.89", 1)


def zipped(exported, change):
    """The bundle with its files changed, its manifest made anew."""
    with zipfile.ZipFile(io.BytesIO(exported("bundle"))) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    change(files)
    manifest = json.loads(files.pop("manifest.json"))
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files["manifest.json"] = json.dumps(manifest).encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return held.getvalue()


def first_solution(files):
    return min(name for name in files if name.startswith("solutions/"))


def solution_edited(exported):
    return zipped(exported, lambda files: files.update({first_solution(files): b"def answer():\n    return 9\n"}))


def solution_exchanged(exported):
    def change(files):
        del files[first_solution(files)]
        text = "def answer():\n    return 'mine'\n"
        files[f"solutions/{digest(text)}.py"] = text.encode()

    return zipped(exported, change)


def solution_gone(exported):
    return zipped(exported, lambda files: files.pop(first_solution(files)))


def solution_gone_from_the_files_alone(exported):
    with zipfile.ZipFile(io.BytesIO(exported("bundle"))) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    del files[first_solution(files)]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def picture_of_another(exported):
    def change(files):
        files["certificate.svg"] = files["certificate.svg"].replace(b"Mira Okonkwo</text>", b"Someone Else</text>")

    return zipped(exported, change)


DOCTYPE = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<svg '
FILES = {
    "another name drawn": (svg_with(b">Mira Okonkwo</text>", b">Someone Else</text>"), Fault.PICTURE_ALTERED),
    "another rank drawn": (svg_with(b">RANK D</text>", b">RANK S</text>"), Fault.PICTURE_ALTERED),
    "a script in the picture": (svg_with(b"</svg>", b"<script>1</script></svg>"), Fault.PICTURE_ALTERED),
    "a comment in the picture": (svg_with(b"</svg>", b"<!-- hm --></svg>"), Fault.PICTURE_ALTERED),
    "a credential moved within the file": (
        svg_with(b"<openbadges:credential>", b"<openbadges:credential >"),
        Fault.PICTURE_ALTERED,
    ),
    "a picture around another credential": (another_credential, Fault.PICTURE_ALTERED),
    "an entity bomb": (svg_with(b"<svg ", DOCTYPE), Fault.HOSTILE),
    "an external entity": (
        svg_with(b"<svg ", b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<svg '),
        Fault.HOSTILE,
    ),
    "two credentials in an SVG": (
        svg_with(b"</svg>", b"<openbadges:credential>{}</openbadges:credential></svg>"),
        Fault.HOSTILE,
    ),
    "elements in the credential": (svg_with(b"{\n", b"]]><g/><![CDATA[{\n"), Fault.HOSTILE),
    "an SVG cut off": (lambda exported: exported("svg")[:-40], Fault.UNREADABLE),
    "an SVG without a credential": (
        lambda exported: baking.unbake_svg(exported("svg"))[1],
        Fault.NOT_A_CERTIFICATE,
    ),
    "some XML": (lambda _: b"<note/>", Fault.NOT_A_CERTIFICATE),
    "bottomless XML": (svg_with(b"</svg>", b"<g>" * 99 + b"</g>" * 99 + b"</svg>"), Fault.HOSTILE),
    "a PNG with something added": (png_with_other_pixels, Fault.PICTURE_ALTERED),
    "two credentials in a PNG": (png_twice, Fault.HOSTILE),
    "a PNG without a credential": (
        lambda exported: png_of([each for each in png_parts(exported) if each.kind != b"iTXt"]),
        Fault.NOT_A_CERTIFICATE,
    ),
    "a PNG cut off": (lambda exported: exported("png")[:-20], Fault.UNREADABLE),
    "a PNG with a flipped bit": (
        lambda exported: exported("png")[:5000] + b"\x00\xff\x00" + exported("png")[5003:],
        Fault.UNREADABLE,
    ),
    "a PNG that goes on": (lambda exported: exported("png") + b"PK", Fault.HOSTILE),
    "a PDF with another page": (pdf_with_another_page, Fault.PICTURE_ALTERED),
    "a PDF with something behind it": (lambda exported: exported("pdf") + b"\n%%EOF\n", Fault.PICTURE_ALTERED),
    "a PDF of something else": (lambda _: b"%PDF-1.4\n%%EOF\n", Fault.NOT_A_CERTIFICATE),
    "a solution edited": (solution_edited, Fault.SOLUTION_ALTERED),
    "a solution exchanged": (solution_exchanged, Fault.HOSTILE),
    "a solution left out": (solution_gone, Fault.SOLUTION_MISSING),
    "a solution lost": (solution_gone_from_the_files_alone, Fault.SOLUTION_MISSING),
    "a bundle with another picture": (picture_of_another, Fault.PICTURE_ALTERED),
    "a bundle cut off": (lambda exported: exported("bundle")[:-30], Fault.UNREADABLE),
    "a JSON cut off": (lambda exported: exported("json")[:-30], Fault.UNREADABLE),
    "a key twice": (
        lambda exported: exported("json").replace(b'"rank": "D"', b'"rank": "D", "rank": "S"', 1),
        Fault.UNREADABLE,
    ),
    "a list": (lambda _: b"[1, 2]", Fault.NOT_A_CERTIFICATE),
    "some JSON": (lambda _: b'{"a": 1}', Fault.NOT_A_CERTIFICATE),
    "bottomless JSON": (lambda _: b"[" * 100_000, Fault.UNREADABLE),
    "some text": (lambda _: b"Dear reader,\n", Fault.NOT_A_CERTIFICATE),
    "nothing": (lambda _: b"", Fault.NOT_A_CERTIFICATE),
    "random bytes": (lambda _: bytes(range(256)) * 9, Fault.NOT_A_CERTIFICATE),
}


@pytest.mark.parametrize(("tamper", "fault"), FILES.values(), ids=FILES)
def test_a_file_that_was_tampered_with_is_refused(exported, tamper, fault):
    """Pictures that say something else, files that are cut, doubled or built to do harm."""
    assert refused(tamper(exported)) == {fault}


def test_these_are_more_than_fifty():
    """What was asked for."""
    assert len(ALTERED) + len(SIGNATURES) + len(FORGED) + len(FILES) > 100
