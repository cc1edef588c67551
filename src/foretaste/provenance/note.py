"""Signed notes and the checkpoints of a log: a few lines of text with Ed25519 signatures.

Specifications: C2SP signed-note and tlog-checkpoint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance.keys import PublicKey, SigningKey

__all__ = ["Checkpoint", "Note", "key_hash", "sign_checkpoint"]

_ED25519 = b"\x01"
_DASH = "\u2014 "
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Note:
    """A text that ends with a newline, and signatures: (name, 4 bytes of the key, signature)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def to_bytes(self) -> bytes:
        """The note as it is kept in a file."""
        lines = (
            f"{_DASH}{name} {base64.b64encode(key + signature).decode()}\n"
            for name, key, signature in self.signatures
        )
        return f"{self.text}\n{''.join(lines)}".encode()

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> Note:
        """Read a note; nothing is verified yet."""
        if len(content) > _MAX_BYTES:
            raise _malformed(where, "is above 64 KiB")
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise _malformed(where, "is not UTF-8") from error
        if any(character < " " and character != "\n" for character in text):
            raise _malformed(where, "has control characters")
        body, parted, signed = text.rpartition("\n\n")
        if not parted or not signed.endswith("\n"):
            raise _malformed(where, "has no signatures after an empty line")
        lines = signed[:-1].split("\n")
        return cls(body + "\n", tuple(_signature(line, where) for line in lines))

    def is_signed_by(self, name: str, key: PublicKey) -> bool:
        """Whether one of the signatures is of this key under this name."""
        message, wanted = self.text.encode(), key_hash(name, key)
        return any(
            signer == name and held == wanted and key.verifies(signature, message)
            for signer, held, signature in self.signatures
        )


@dataclass(frozen=True)
class Checkpoint:
    """The size of a log and the root over its entries.

    Examples
    --------
    >>> point = Checkpoint("example/data", 2, bytes(32))
    >>> Checkpoint.from_text(point.to_text(), "checkpoint") == point
    True
    """

    origin: str  # the name of the log
    size: int
    root: bytes

    def to_text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str, where: str) -> Checkpoint:
        """Read the text of a note."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0]:
            raise _malformed(where, "must have a line with its origin, its size and its root")
        origin, size, root = lines[:3]
        is_number = size.isascii() and size.isdigit() and len(size) < 19
        if not is_number or (size[0] == "0" and size != "0"):
            raise _malformed(where, f"must have a number of entries, got {size!r:.40}")
        digest = _decoded(root, where)
        if len(digest) != 32:
            raise _malformed(where, f"must have a root of 32 bytes, got {len(digest)}")
        return cls(origin, int(size), digest)


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """Sign a checkpoint under the name of its log."""
    text = checkpoint.to_text()
    name = checkpoint.origin
    return Note(text, ((name, key_hash(name, key.public), key.sign(text.encode())),))


def key_hash(name: str, key: PublicKey) -> bytes:
    """The 4 bytes by which a note tells keys apart."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def _signature(line: str, where: str) -> tuple[str, bytes, bytes]:
    name, parted, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not parted or not name:
        raise _malformed(where, f"has a signature line that is none: {line!r:.60}")
    content = _decoded(encoded, where)
    if len(content) < 5:
        raise _malformed(where, "has a signature that is too short")
    return name, content[:4], content[4:]


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(where, f"has broken base64: {text!r:.40}") from None


def _malformed(where: str, problem: str) -> InvalidProvenanceError:
    return InvalidProvenanceError(
        f"{where}: {problem}; the checkpoint was altered or is not that of a log"
    )
