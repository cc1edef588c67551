"""Validation as JSON values: schema ``foretaste/validation/v1``."""

from __future__ import annotations

from typing import Any

from foretaste.report.codec import encode
from foretaste.validate.findings import Validation

__all__ = ["SCHEMA", "to_document"]

SCHEMA = "foretaste/validation/v1"


def to_document(validation: Validation) -> dict[str, Any]:
    """The result as JSON values, with its outcome and exit code.

    Examples
    --------
    >>> to_document(Validation("people.csv", 10, "people", "0" * 64))["outcome"]
    'pass'
    """
    return {
        "format": SCHEMA,
        "outcome": validation.outcome.value,
        "exit_code": validation.exit_code,
        "sentence": validation.sentence,
        **encode(validation),
    }
