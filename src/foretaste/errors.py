"""Every error foretaste raises on purpose, under one root.

::

    ForetasteError                 exit code
    ├── UsageError                 2   the call, a parameter or the configuration is wrong
    │   ├── RoleError              2   a column named for a role is missing, or cannot play it
    │   └── MissingExtraError      2   an optional dependency is not installed
    ├── UnreadableDataError        3   the input cannot be read: truncated, undecodable, too large
    ├── NotAssessableError         3   the input was read, but no honest verdict is possible
    ├── OutputError                3   the result cannot be written
    ├── InvalidProvenanceError     4   a signature, manifest, key or log does not hold
    └── BlockedError               1   the policy forbids to go on with this data

A message names the parameter or row, the rule, the value that broke it and the next step.
The command line prints it on one line and leaves with ``exit_code``; nothing else is caught.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BlockedError",
    "ForetasteError",
    "InvalidProvenanceError",
    "MissingExtraError",
    "NotAssessableError",
    "OutputError",
    "RoleError",
    "UnreadableDataError",
    "UsageError",
]


class ForetasteError(Exception):
    """Root of all errors raised on purpose."""

    exit_code: ClassVar[int] = 3


class UsageError(ForetasteError):
    """A parameter, the call or the configuration is wrong."""

    exit_code: ClassVar[int] = 2


class RoleError(UsageError):
    """A column named for a role (label, source, id ...) is missing or cannot play it."""


class MissingExtraError(UsageError):
    """An optional dependency is not installed.

    >>> str(MissingExtraError("reading polars frames", "polars"))
    "reading polars frames needs an optional package: pip install 'foretaste[polars]'"
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional package: pip install 'foretaste[{extra}]'")
        self.extra = extra


class UnreadableDataError(ForetasteError):
    """The input cannot be read: truncated, undecodable, of an unknown format, too large."""


class NotAssessableError(ForetasteError):
    """The input was read, but no honest verdict is possible (one class only, too few rows)."""


class OutputError(ForetasteError):
    """A result cannot be written; nothing was left half-written."""


class InvalidProvenanceError(ForetasteError):
    """A signature, manifest, proof, key or log is malformed or does not hold."""

    exit_code: ClassVar[int] = 4


class BlockedError(ForetasteError):
    """The policy forbids to go on with this data."""

    exit_code: ClassVar[int] = 1
