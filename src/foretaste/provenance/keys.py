"""Ed25519 keys: the private half is a file of mode 0600, the public half has a stable id."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance.durable import create, make_folder

__all__ = ["PublicKey", "SigningKey", "load_key", "make_key"]

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that verifies.

    Examples
    --------
    >>> key = SigningKey("ci", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    >>> key.public.verifies(key.sign(b"data"), b"data"), key.public.id[:16]
    (True, '339e2ff917630507')
    """

    raw: bytes  # 32 bytes

    @classmethod
    def from_pem(cls, pem: str, where: str) -> PublicKey:
        """Read a PEM ``PUBLIC KEY`` block of an Ed25519 key."""
        try:
            key = serialization.load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidProvenanceError(
                f"{where}: holds no public key in PEM form; export it again"
            ) from error
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidProvenanceError(
                f"{where}: must be an Ed25519 key, got another algorithm; "
                "make one with foretaste key make"
            )
        return cls(key.public_bytes_raw())

    @property
    def pem(self) -> str:
        """The key as a PEM ``PUBLIC KEY`` block, as other tools read it."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        return key.public_bytes(serialization.Encoding.PEM, kind).decode()

    @property
    def id(self) -> str:
        """Hex SHA-256 of the key in DER (SubjectPublicKeyInfo) form."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, kind)).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` was made with the private half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The half of a key that signs, and the name people know it by."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The half that verifies."""
        return PublicKey(self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same message, the same signature."""
        return self.private.sign(message)


def make_key(path: str | os.PathLike[str], passphrase: bytes | None = None) -> SigningKey:
    """Make a key and keep it at `path`, which must not exist, readable by its owner only.

    Parameters
    ----------
    path
        Where the private half goes, PKCS#8 in PEM form; its stem is the name of the key.
    passphrase
        Encrypts the file; None leaves it as it is.

    Raises
    ------
    UsageError
        There is a file already: keys are never overwritten.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ci.pem"
    >>> make_key(path).public == load_key(path).public, oct(path.stat().st_mode & 0o777)
    (True, '0o600')
    """
    target = Path(path)
    private = Ed25519PrivateKey.generate()
    closed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        closed = serialization.BestAvailableEncryption(passphrase)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed
    )
    make_folder(target.parent)
    if not create(target, pem, mode=0o600):
        raise UsageError(f"{target}: there is a file already, and keys are never overwritten; "
                         "name another file, or rotate the key")  # fmt: skip
    return SigningKey(target.stem, private)


def load_key(path: str | os.PathLike[str], passphrase: bytes | None = None) -> SigningKey:
    """Read a private key; files that others may read, and links, are refused.

    Raises
    ------
    UsageError
        No such file, a link, readable by others, or not an Ed25519 key.
    """
    target = Path(path)
    try:
        private = serialization.load_pem_private_key(_read_closed(target), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"{target}: holds no private key in PEM form that opens "
            f"({'with' if passphrase else 'without'} a passphrase); "
            "give a key of foretaste key make, and set FORETASTE_KEY_PASSPHRASE if it has one"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise UsageError(
            f"{target}: must be an Ed25519 key, got another algorithm; "
            "make one with foretaste key make"
        )
    return SigningKey(target.stem, private)


def _read_closed(path: Path) -> bytes:
    """The bytes of a file that is no link and that only its owner can read."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        linked = path.is_symlink()
        reason = "it is a symbolic link" if linked else (error.strerror or "it cannot be read")
        raise UsageError(f"{path}: {reason}; give the file of a private key") from error
    with os.fdopen(number, "rb") as file:
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path}: is no regular file; give the file of a private key")
        if os.name == "posix" and mode & 0o077:
            raise UsageError(
                f"{path}: others may read this private key (mode {mode & 0o777:04o}); "
                f"run chmod 600 on it, and rotate the key if others could have"
            )
        return file.read(_MAX_BYTES)
