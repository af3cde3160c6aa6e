"""The save's signing key: Ed25519, beside the save, readable by its owner alone, made at the first export, with a backup.

It never leaves this machine by itself: a credential holds the public half only.
"""

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leveling.certificate.multibase import did_of
from leveling.certificate.refusal import CannotExport
from leveling.places.writing import write_atomically
from leveling.saving.backups import folder_of
from leveling.saving.locking import locked

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "certificate-key.pem"


@dataclass(frozen=True)
class SigningKey:
    """A private key with its public name."""

    private: "Ed25519PrivateKey"

    @property
    def did(self) -> str:
        """The did:key of the public half."""
        return did_of(self.private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature; the same for the same data."""
        return self.private.sign(data)


def path_of(save: Path) -> Path:
    """Where the key of a save lies: `main.toml` has `main.certificate-key.pem`."""
    return save.with_name(f"{save.stem}.{NAME}")


def backup_of(save: Path) -> Path:
    """Where its copy lies, among the save's backups."""
    return folder_of(save) / NAME


def key_of(save: Path) -> SigningKey:
    """The save's key; made, or taken back from its backup, when it is not there.

    Raises:
        CannotExport: when the key cannot be read or kept safe, or `cryptography` is missing.
        SaveTrouble: when another process holds the save for too long.
    """
    path, backup = path_of(save), backup_of(save)
    try:
        save.parent.mkdir(parents=True, exist_ok=True)
        with locked(save):
            if not path.exists():
                _keep(path, backup.read_bytes() if backup.exists() else _new())
            data = path.read_bytes()
            key = _read(data, path)
            _close(path)
            if not backup.exists():
                _keep(backup, data)
    except OSError as error:
        raise CannotExport(
            f"the key {path} cannot be read or written ({error.strerror}); without it nothing can be signed"
        ) from error
    return key


def _new() -> bytes:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise CannotExport(needs("cryptography")) from error
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read(data: bytes, path: Path) -> SigningKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise CannotExport(needs("cryptography")) from error
    try:
        private = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CannotExport(_spoilt(path)) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise CannotExport(_spoilt(path))
    return SigningKey(private)


def _spoilt(path: Path) -> str:
    return (
        f"{path} holds no Ed25519 key. Its copy lies in backups/ beside it: put that in its place, or move the file "
        "away and a new key is made (certificates made from then on carry another key)"
    )


def _keep(path: Path, data: bytes) -> None:
    """Write with mode 600: the temporary file is made so, and renaming keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)
    _close(path)


def _close(path: Path) -> None:
    """Take away what others may do, also where a copy brought it along. Windows keeps a user's folders by other means."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) != 0o600:
        with contextlib.suppress(PermissionError):
            path.chmod(0o600)


def needs(package: str) -> str:
    """What to install."""
    return f"this needs the package {package}: python -m pip install {package}"
