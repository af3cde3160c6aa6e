"""Data Integrity proofs of the cryptosuite eddsa-jcs-2022 (W3C): sign a document, and tell who signed one."""

import hashlib
from typing import Any, Final

from leveling.certificate.canonical import canonical
from leveling.certificate.keys import SigningKey, needs
from leveling.certificate.multibase import decode, encode, method_of, public_of
from leveling.certificate.refusal import CannotExport, Fault, Refused

Document = dict[str, Any]
KIND: Final = "DataIntegrityProof"
SUITE: Final = "eddsa-jcs-2022"


def signed(document: Document, key: SigningKey, created: str) -> Document:
    """`document` with a proof. `created` is an XML Schema dateTime in UTC."""
    options = {
        "type": KIND,
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": method_of(key.did),
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    return {**document, "proof": {**options, "proofValue": encode(key.sign(_hashed(document, options)))}}


def check_proof(document: Document, issuer: str) -> None:
    """Accept a document that `issuer` (a did:key) signed.

    Raises:
        Refused: unsigned, other_key or altered.
        CannotExport: when `cryptography` is missing.
    """
    proof = _proof_of(document)
    try:
        public = public_of(issuer)
    except ValueError as error:
        text = f"its issuer {str(issuer)[:80]!r} names no key that can be checked here: {error}"
        raise Refused(Fault.OTHER_KEY, text) from error
    if proof.get("verificationMethod") != method_of(issuer):
        text = "it says to be signed with another key than that of its issuer: such a signature proves nothing"
        raise Refused(Fault.OTHER_KEY, text)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in options and options["@context"] != document.get("@context"):
        raise Refused(Fault.ALTERED, "the signature was made for another context")
    if not is_signature(public, _signature(proof), _hashed(unsecured, options)):
        text = (
            "the signature does not fit the content: something was altered after it was signed, or it was signed with "
            "another key"
        )
        raise Refused(Fault.ALTERED, text)


def is_signature(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the Ed25519 key made this signature of this data.

    Raises:
        CannotExport: when `cryptography` is missing.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise CannotExport(needs("cryptography")) from error
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _proof_of(document: Document) -> Document:
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if proof is None or proof == []:
        raise Refused(Fault.UNSIGNED, "it carries no signature: anyone could have written it")
    if not isinstance(proof, dict):
        raise Refused(Fault.MALFORMED, "its proof is not one table; a certificate carries exactly one signature")
    if proof.get("type") != KIND or proof.get("cryptosuite") != SUITE:
        kind = f"{proof.get('type')}, {proof.get('cryptosuite')}"[:80]
        raise Refused(Fault.FUTURE_FORMAT, f"it is signed in a way that is not known here ({kind})")
    if proof.get("proofPurpose") != "assertionMethod":
        raise Refused(Fault.MALFORMED, "its signature was made for another purpose than to assert something")
    return proof


def _signature(proof: Document) -> bytes:
    value = proof.get("proofValue")
    try:
        signature = decode(value) if isinstance(value, str) else b""
    except ValueError:
        signature = b""
    if len(signature) != 64:
        raise Refused(Fault.ALTERED, "its signature is damaged: it is no Ed25519 signature at all")
    return signature


def _hashed(document: Document, options: Document) -> bytes:
    return hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(document)).digest()
