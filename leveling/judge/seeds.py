"""Secret seeds, and those that may be shown to a solution, from which nothing can be told back."""

import hashlib
import secrets

_BITS = 31
_SECRET_BITS = 62


def fresh() -> int:
    """A secret seed that nobody can foresee."""
    return secrets.randbits(_SECRET_BITS)


def derived(*parts: object) -> int:
    """A non-negative 31-bit number that depends on every part; the same parts give the same number."""
    digest = hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)
