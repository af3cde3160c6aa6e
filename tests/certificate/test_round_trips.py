"""Every format says the same, whatever the name."""

import json
import re
import sys
from xml.etree import ElementTree as ET

import pytest

from leveling.certificate import credential, drawing, formats, lettering, png, reading, verifying
from leveling.certificate.drawing import NAMESPACE
from leveling.certificate.refusal import CannotExport
from leveling.certificate.structure import check_structure
from tests.certificate.conftest import achievement, content_of

NAMES = {
    "arabic": "محمد بن عبد الله",
    "hebrew": "אברהם כהן",
    "chinese": "王小明",
    "devanagari": "अनिरुद्ध शर्मा",
    "emoji": "Ada 👩🏽\u200d🚀 🏳️\u200d🌈",
    "cyrillic": "Жанна Д'Арк",
    "mixed": "Ada (עדה) Lovelace",
    "markup": '</text><script>alert("&")</script> ]]>',
    "long": "Wolfeschlegelsteinhausenbergerdorff " * 5 + "of the long names",
    "one word": "W" * 200,
    "combining": "Z͑ͫ̓a̴l̷g̶o" * 10,
}


@pytest.mark.parametrize("form", formats.FORMATS)
def test_every_format_comes_back_valid(exported, unsigned, form):
    """Signature, picture, solutions and quests: nothing is wrong, and the fingerprint is that of the credential."""
    checked = verifying.check(reading.take(exported(form)), content_of)
    assert checked.is_valid and checked.kind == form
    assert checked.summary.fingerprint == credential.fingerprint(unsigned)
    assert checked.summary.hunter == "Mira Okonkwo"
    assert len(checked.solutions) == (5 if form == "bundle" else 0)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("form", ["svg", "json", "bundle"])
def test_any_name_can_be_certified(key, name, form):
    """What was written is what is read: in the credential and, as text, in the picture."""
    made = achievement(hunter=name, quests=achievement().quests[:1])
    solutions = {made.quests[0].solution: "def answer():\n    return 0\n"}
    data = formats.write(form, credential.build(made, key.did), made, key, solutions)
    checked = verifying.check(reading.take(data), content_of)
    assert checked.is_valid and checked.summary.hunter == name


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_picture_is_xml_and_names_fit_their_room(key, name):
    """One `svg` element without scripts; the lines of the name hold all of it and stay inside the window."""
    root = ET.fromstring(drawing.draw(credential.build(achievement(hunter=name), key.did)))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "title", "defs", "linearGradient", "stop", "path", "rect", "text",
    }  # fmt: skip
    fitted = lettering.fit(name, 700, 50, 15, lines=3)
    assert re.sub(r"\s", "", "".join(fitted.lines)) == re.sub(r"\s", "", name)
    assert max(lettering.width_of(line) * fitted.size for line in fitted.lines) <= 701
    assert len(fitted.lines) <= 3
    shown = "".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert re.sub(r"\s", "", name) in re.sub(r"\s", "", shown)


def test_the_way_of_writing_is_said():
    """Right-to-left names carry their direction; others do not."""
    assert [lettering.is_right_to_left(name) for name in ("محمد", "(אברהם)", "Ada עדה", "王", "12")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_only_generic_fonts_are_named(unsigned):
    """So that a viewer finds a font for any script."""
    assert set(re.findall(r'font-family="([^"]*)"', drawing.draw(unsigned))) == {"sans-serif", "serif", "monospace"}


def test_the_same_credential_gives_the_same_picture(unsigned):
    """Byte for byte."""
    assert drawing.draw(unsigned) == drawing.draw(json.loads(json.dumps(unsigned)))


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 201, "a\x00b", "a\nb", "\u202eevil", "\ud800", "\U0010fffd", "\ue000"]
)
def test_what_is_no_name_is_refused(name):
    """Nothing, too much, control characters, overrides that turn the line around, characters that do not exist."""
    assert lettering.fault_of_name(name)


@pytest.mark.parametrize("name", [name for kind, name in NAMES.items() if kind != "one word"])
def test_what_is_a_name_is_not(name):
    """Every script, and joiners, which belong to it."""
    assert lettering.fault_of_name(name[:200]) == ""


def test_a_name_that_no_font_has_is_an_error_and_no_box():
    """A character that no font can have stands for a script that is not installed."""
    png.check_drawable("Mira", "the name")
    with pytest.raises(CannotExport, match=r"no font of this system has .* \(U\+16FE5\)"):
        png.check_drawable("Mira \U00016fe5", "the name")


@pytest.mark.parametrize(("package", "form"), [("resvg_py", "png"), ("segno", "svg")])
def test_a_missing_package_is_named_with_its_command(monkeypatch, key, unsigned, package, form):
    """The message can be pasted."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CannotExport, match=rf"pip install {package.replace('_', '-')}"):
        formats.write(form, unsigned, achievement(), key, {})


def test_the_credential_is_baked_as_open_badges_says(exported):
    """In an SVG as an element of its namespace; in a PNG as an uncompressed iTXt chunk; both the signed JSON itself."""
    root = ET.fromstring(exported("svg"))
    (element,) = root.iter(f"{{{NAMESPACE}}}credential")
    assert element in list(root)
    document = json.loads(element.text or "")
    assert "OpenBadgeCredential" in document["type"] and document["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert b"iTXtopenbadgecredential\0\0\0\0\0{" in exported("png")


def test_the_structure_is_that_of_the_standards(unsigned, key):
    """The fields that Open Badges 3.0 and the data model 2.0 require, in the places where they require them."""
    document = credential.issue(unsigned, key)
    check_structure(document)
    assert document["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert document["@context"][1].startswith("https://purl.imsglobal.org/spec/ob/v3p0/context")
    achieved = document["credentialSubject"]["achievement"]
    assert {"id", "type", "name", "description", "criteria"} <= achieved.keys()
    assert {"id", "type", "name"} <= document["issuer"].keys()
    assert document["issuer"]["id"].startswith("did:key:z6Mk")
    subject = {"type", "identifier", "achievement", "activityStartDate", "activityEndDate"}
    assert document["credentialSubject"].keys() == subject
    assert all("Evidence" in each["type"] for each in document["evidence"])
    assert document["proof"]["verificationMethod"].startswith(document["issuer"]["id"] + "#")
