"""One form of JSON, and signatures that other programs make."""

import json
import math

import pytest

from leveling.certificate.canonical import NotCanonical, canonical, parse
from leveling.certificate.multibase import decode, did_of, encode, public_of
from leveling.certificate.proof import _hashed, is_signature

NUMBERS = {
    -0.0: "0",
    5e-324: "5e-324",
    1.7976931348623157e308: "1.7976931348623157e+308",
    9007199254740991: "9007199254740991",
    295147905179352830000.0: "295147905179352830000",
    1e21: "1e+21",
    999999999999999900000.0: "999999999999999900000",
    1e-6: "0.000001",
    1e-7: "1e-7",
    333333333.33333329: "333333333.3333333",
    -4.5: "-4.5",
    100.0: "100",
    1.25e-9: "1.25e-9",
}


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_standard_says(value, text):
    """RFC 8785 writes a double as ECMAScript does; its own examples are among these."""
    assert canonical(value).decode() == text
    assert float(text) == value


def test_keys_are_sorted_by_utf16_and_text_is_escaped_sparingly():
    """The order of RFC 8785: a character beyond the first plane comes before U+FB33."""
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}
    assert [each[1] for each in json.loads(canonical(keys), object_pairs_hook=list)] == [2, 4, 6, 7, 1, 5, 3]
    assert canonical('</\x0f\n"\\\u2028') == '"</\\u000f\\n\\"\\\\\u2028"'.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        "NaN",
        "[1e400]",
        "[9007199254740993]",
        f"[{'9' * 5000}]",
        '"\\ud800"',
        "[" * 30 + "]" * 30,
        "[" * 200_000,
        "{",
        "",
    ],
)
def test_what_two_readers_could_see_differently_is_refused(text):
    """Twice the same key, numbers that lose digits, half characters, bottomless nesting."""
    with pytest.raises(NotCanonical):
        parse(text.encode())


def test_no_value_without_an_exact_form_is_signed():
    """Infinity, integers that a double would round, and objects are errors, never approximations."""
    for value in (math.inf, math.nan, 1 << 53, {1: 2}, object()):
        with pytest.raises(NotCanonical):
            canonical(value)


def test_the_published_test_vector_verifies():
    """The example of eddsa-jcs-2022 in the W3C's recommendation: its key, document and signature."""
    context = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
    document = {
        "@context": context,
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    }
    name = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"https://vc.example/issuers/5678#{name}",
        "proofPurpose": "assertionMethod",
        "@context": context,
    }
    value = "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4"
    public = public_of(f"did:key:{name}")
    assert is_signature(public, decode(value), _hashed(document, options))
    assert not is_signature(public, decode(value), _hashed({**document, "name": "Other"}, options))


def test_a_key_has_one_name():
    """did:key there and back; leading zeros are kept."""
    for public in (bytes(32), bytes(range(32)), b"\xff" * 32):
        assert public_of(did_of(public)) == public
    assert decode(encode(b"\0\0abc")) == b"\0\0abc"
    for wrong in (
        "did:key:z0",
        "did:web:example.org",
        "did:key:" + encode(b"\x12\x00" + bytes(32)),
        "did:key:z" + "1" * 9999,
    ):
        with pytest.raises(ValueError, match="it is no"):
            public_of(wrong)
