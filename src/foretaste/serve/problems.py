"""What a request can be refused for; each is an error of foretaste with the HTTP status it gets.

::

    UsageError                  422   a value breaks a rule
    ├── SignInNeededError       401   nobody knows who is asking
    ├── ForbiddenError          403   who is asking may not
    ├── AbsentError             404   there is none, or none that who is asking may know of
    ├── ConflictError           409   something else was decided in the meantime
    ├── TooLargeError           413   more bytes than are taken
    └── TooManyError            429   too often; `wait` says for how long
"""

from __future__ import annotations

from typing import ClassVar

from foretaste.errors import UsageError

__all__ = [
    "AbsentError",
    "ConflictError",
    "ForbiddenError",
    "SignInNeededError",
    "TooLargeError",
    "TooManyError",
    "status_of",
]


class SignInNeededError(UsageError):
    """Nobody knows who is asking."""

    status: ClassVar[int] = 401


class ForbiddenError(UsageError):
    """Who is asking may not."""

    status: ClassVar[int] = 403


class AbsentError(UsageError):
    """There is none, or none that who is asking may know of."""

    status: ClassVar[int] = 404


class ConflictError(UsageError):
    """Something else was decided in the meantime."""

    status: ClassVar[int] = 409


class TooLargeError(UsageError):
    """More bytes than are taken."""

    status: ClassVar[int] = 413


class TooManyError(UsageError):
    """Too often."""

    status: ClassVar[int] = 429

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait  # seconds


def status_of(error: Exception) -> int:
    """The HTTP status of an error raised on purpose.

    Examples
    --------
    >>> status_of(AbsentError("no such run")), status_of(UsageError("name: too long"))
    (404, 422)
    """
    return int(getattr(error, "status", 422 if isinstance(error, UsageError) else 503))
