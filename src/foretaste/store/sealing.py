"""Encryption at rest in the age format: anybody can seal, only the key's holder can open.

The format is open (age-encryption.org/v1, X25519 and ChaCha20-Poly1305): the ``age`` command
opens what is sealed here, without foretaste.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError, UnreadableDataError, UsageError

__all__ = ["Seal", "make_key", "recipient_of", "unseal"]


@dataclass(frozen=True)
class Seal:
    """Closes contents for one or more recipients (``age1...``).

    Raises
    ------
    UsageError
        No recipient, or one that is no age recipient.

    Examples
    --------
    >>> import tempfile
    >>> key = Path(tempfile.mkdtemp()) / "quarantine.key"
    >>> seal = Seal((make_key(key),))
    >>> unseal(seal.close(b"a row"), key)
    b'a row'
    """

    recipients: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.recipients:
            raise UsageError(
                "recipients: at least one age recipient (age1...) must be able to open"
            )
        _parsed(self.recipients)

    def close(self, content: bytes) -> bytes:
        """The sealed content; sealing twice gives different bytes."""
        return bytes(pyrage.encrypt(content, _parsed(self.recipients)))


def make_key(file: Path) -> str:
    """Make a key that opens, in a file that only its owner may read, and return its recipient.

    Raises
    ------
    OutputError
        The file is there already, or cannot be written.
    """
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    content = f"# foretaste quarantine key, recipient {recipient}\n{identity}\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_new(file, content.encode(), 0o600)
        sync_folder(file.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"cannot write the key {file}: {reason}; name another file, keys are never overwritten"
        ) from error
    return recipient


def recipient_of(key: Path) -> str:
    """The recipient whose seals the key opens."""
    return str(_identity(key).to_public())


def unseal(content: bytes, key: Path) -> bytes:
    """What was sealed.

    Raises
    ------
    UsageError
        The key is missing, is none, or may be read by others.
    UnreadableDataError
        It was sealed for another key, or was altered.
    """
    try:
        return bytes(pyrage.decrypt(content, [_identity(key)]))
    except pyrage.DecryptError as error:
        raise UnreadableDataError(
            f"the key {key} does not open this content ({str(error).lower()}); it was sealed for "
            "another key, or was altered"
        ) from error


def _identity(key: Path) -> pyrage.x25519.Identity:
    try:
        with key.open(encoding="utf-8") as file:
            shared = os.fstat(file.fileno()).st_mode & 0o077 if os.name == "posix" else 0
            lines = file.read(10_000).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"key {key}: cannot be read ({getattr(error, 'strerror', None) or error}); "
            "name the key that foretaste init made"
        ) from error
    if shared:
        raise UsageError(f"key {key}: others may read it; chmod 600 {key}")
    secret = [line.strip() for line in lines if line.strip().startswith("AGE-SECRET-KEY-")]
    try:
        return pyrage.x25519.Identity.from_str(secret[0] if secret else "")
    except pyrage.IdentityError as error:
        raise UsageError(f"key {key}: no age key (AGE-SECRET-KEY-1...) is in this file") from error


def _parsed(recipients: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    parsed = []
    for recipient in recipients:
        try:
            parsed.append(pyrage.x25519.Recipient.from_str(recipient))
        except pyrage.RecipientError as error:
            raise UsageError(
                f"recipients: expected an age recipient (age1...), got {recipient[:80]!r}"
            ) from error
    return parsed
