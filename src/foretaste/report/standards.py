"""What a finding supports evidence for: MITRE ATLAS, NIST AI 100-2 and OWASP, as versioned data.

A mapping says where a finding belongs in the words of others. It never says "compliant".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Reference", "catalogues", "supports", "version"]


@dataclass(frozen=True)
class Reference:
    """An entry of a catalogue."""

    catalogue: str  # "MITRE ATLAS"
    id: str  # "AML.T0020"


def supports(kind: str) -> tuple[Reference, ...]:
    """What a finding of this kind supports evidence for; () for kinds that no catalogue has.

    Parameters
    ----------
    kind
        A `foretaste.types.Kind`, or "provenance".

    Examples
    --------
    >>> [reference.id for reference in supports("backdoor")][:3]
    ['AML.T0018.000', 'AML.T0043.004', 'NISTAML.023']
    >>> supports("mislabels")
    ()
    """
    entries: Mapping[str, list[str]] = _data()["findings"].get(kind, {})
    return tuple(Reference(name, entry) for name, ids in entries.items() for entry in ids)


def catalogues() -> dict[str, str]:
    """The catalogues, and where they are published."""
    found: dict[str, str] = _data()["catalogues"]
    return dict(found)


def version() -> str:
    """The version of the mapping, written beside everything that uses it.

    Examples
    --------
    >>> version()
    '2026.1'
    """
    return str(_data()["version"])


@cache
def _data() -> dict[str, Any]:
    text = resources.files("foretaste.report").joinpath("standards.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
