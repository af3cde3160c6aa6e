"""Seeds that may be shown to a solution, made from the secret one so that nothing can be told back from them."""

import hashlib

_BITS = 31


def derived(*parts: object) -> int:
    """A non-negative 31-bit number that depends on every part; the same parts give the same number."""
    digest = hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _BITS)
