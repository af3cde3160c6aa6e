"""base58btc behind a `z` (multibase), and Ed25519 keys as `did:key`: how the credential names its key."""

from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PLACES: Final = {char: place for place, char in enumerate(_ALPHABET)}
_ED25519_PUBLIC: Final = b"\xed\x01"  # the multicodec prefix of an Ed25519 public key
LONGEST = 128  # characters; base58 takes quadratic time


def encode(data: bytes) -> str:
    """Bytes as `z` and base58btc."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, place = divmod(number, 58)
        digits = _ALPHABET[place] + digits
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def decode(text: str) -> bytes:
    """The bytes of `encode`.

    Raises:
        ValueError: when it is none.
    """
    if not text.startswith("z") or len(text) > LONGEST or not all(char in _PLACES for char in text[1:]):
        raise ValueError("it is no base58btc text behind a z")
    number = 0
    for char in text[1:]:
        number = number * 58 + _PLACES[char]
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def did_of(public: bytes) -> str:
    """`did:key:z6Mk...` of a raw Ed25519 public key."""
    return "did:key:" + encode(_ED25519_PUBLIC + public)


def method_of(did: str) -> str:
    """The verification method of a did:key: itself, then its key's part again behind a #."""
    return f"{did}#{did.removeprefix('did:key:')}"


def public_of(did: str) -> bytes:
    """The raw Ed25519 public key that a did:key is.

    Raises:
        ValueError: when it is no did:key, or of another kind of key.
    """
    if not did.startswith("did:key:"):
        raise ValueError("it is no did:key")
    data = decode(did.removeprefix("did:key:"))
    if len(data) != 34 or data[:2] != _ED25519_PUBLIC:
        raise ValueError("it is no Ed25519 key")
    return data[2:]
