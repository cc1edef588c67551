"""Passwords, kept as argon2id; a check takes as long for people who do not exist."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from foretaste.errors import UsageError

__all__ = ["check_password", "hash_password"]

_SHORTEST, _LONGEST = 12, 200


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's minimum


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """What is kept of a password.

    Raises
    ------
    UsageError
        It is too short, too long, or one letter over and over.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise UsageError(
            f"password: expected {_SHORTEST} to {_LONGEST} characters, got {len(password)}"
        )
    if len(set(password)) < 5:
        raise UsageError("password: expected at least 5 different characters")
    return _hasher().hash(password)


def check_password(kept: str | None, password: str) -> bool:
    """Whether it is the password; None, nobody's hash, never is.

    Examples
    --------
    >>> check_password(hash_password("correct horse"), "correct horse")
    True
    >>> check_password(None, "correct horse")
    False
    """
    try:
        fits = _hasher().verify(kept or _nobody(), password[: _LONGEST + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return fits and kept is not None
