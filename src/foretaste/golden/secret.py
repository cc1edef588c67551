"""The secret of a golden pool: who has it can tell golden rows and canaries from other rows."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError, UsageError

__all__ = ["Secret", "load_secret", "make_secret"]

_BYTES = 32
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


@dataclass(frozen=True)
class Secret:
    """32 random bytes, and what is derived from them (HMAC-SHA-256, RFC 2104).

    Examples
    --------
    >>> secret = Secret(bytes(32))
    >>> known = ["usr-4711", "usr-0815", "usr-2369"]
    >>> secret.id_like(known, "2026-1", 0), secret.id_like(known, "2026-1", 1)
    ('usr-8781', 'usr-9633')
    """

    key: bytes = field(repr=False)

    def digest(self, purpose: str, content: bytes) -> bytes:
        """32 bytes that nobody can compute, or check, without the secret."""
        return hmac.new(self.key, f"{purpose}\0".encode() + content, hashlib.sha256).digest()

    @property
    def fingerprint(self) -> str:
        """Tells secrets apart and gives nothing away; 16 hex digits."""
        return self.digest("fingerprint", b"").hex()[:16]

    def generator(self, purpose: str) -> np.random.Generator:
        """Draws that are the same again for whoever has the secret."""
        return np.random.default_rng(list(self.digest(f"draw {purpose}", b"")))

    def id_like(self, examples: Sequence[str], purpose: str, number: int) -> str:
        """An id of the look of `examples`: what differs between them is drawn anew.

        Places that are the same in all examples of a length stay; letters and digits of other
        places become some that the examples have.
        """
        order = self.digest(f"id {purpose} {number}", b"")
        model = sorted(examples)[int.from_bytes(order[:8]) % len(examples)]
        peers = [example for example in examples if len(example) == len(model)]
        draw = np.random.default_rng(list(order))
        made = []
        for at, character in enumerate(model):
            seen = sorted({peer[at] for peer in peers})
            kind = next((kind for kind in _KINDS if character in kind), character)
            choice = [c for c in kind if any(c in peer for peer in peers)]
            made.append(character if len(seen) == 1 else choice[int(draw.integers(len(choice)))])
        return "".join(made)


def make_secret(file: Path) -> Secret:
    """Make a secret in a file that only its owner may read.

    Raises
    ------
    OutputError
        The file is there already, or cannot be written.
    """
    key = secrets.token_bytes(_BYTES)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_new(file, f"# foretaste golden secret\n{key.hex()}\n".encode(), 0o600)
        sync_folder(file.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"cannot write the secret {file}: {reason}; name another file, "
            "secrets are never overwritten"
        ) from error
    return Secret(key)


def load_secret(file: Path) -> Secret:
    """Read a secret; a file that others may read is refused.

    Raises
    ------
    UsageError
        It is missing, open to others, or holds no secret.
    """
    try:
        number = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(number, encoding="ascii") as stream:
            mode = os.fstat(number).st_mode
            lines = stream.read(10_000).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"secret {file}: cannot be read ({getattr(error, 'strerror', None) or error}); "
            "foretaste golden make writes one, [golden] secret names it"
        ) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"secret {file}: others may read it; chmod 600 {file}")
    told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        key = bytes.fromhex(told[0] if told else "")
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise UsageError(f"secret {file}: expected 64 hexadecimal digits; it is no golden secret")
    return Secret(key)
