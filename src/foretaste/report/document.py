"""The report as one JSON document, and back: schema ``foretaste/report/v1``.

::

    report.json      verdict, sentence, groups, sources, coverage ... and the flagged rows
    findings.parquet every row; report.json names it and holds its SHA-256
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from foretaste.errors import UnreadableDataError
from foretaste.report.codec import build, decode, encode
from foretaste.report.columns import from_parquet
from foretaste.report.trigger_documents import trigger_document
from foretaste.types import Findings, Group, Judgement

if TYPE_CHECKING:
    from foretaste.report.report import Report

__all__ = [
    "FINDINGS",
    "SCHEMA",
    "from_document",
    "parse",
    "self_contained",
    "serialise",
    "to_document",
]

SCHEMA = "foretaste/report/v1"
FINDINGS = "findings.parquet"

_SKIP = frozenset({"judgement", "dataset", "trigger", "findings", "opinions"})


@dataclass(frozen=True)
class _FindingsFile:
    file: str
    sha256: str


@dataclass(frozen=True)
class _Flagged:
    row: int
    id: str
    score: float
    kind: str
    group: str
    why: str


def to_document(report: Report, findings: bytes | None = None) -> dict[str, Any]:
    """The report as JSON values; `findings` are the bytes of the Parquet file beside it."""
    judgement = dataclasses.replace(
        report.judgement, groups=tuple(self_contained(g) for g in report.groups)
    )
    document: dict[str, Any] = {"schema": SCHEMA, "exit_code": report.exit_code}
    document |= encode(judgement, _SKIP) | encode(report, _SKIP)
    document["validation"] = encode(report.validation)  # its findings are its own
    document["flagged"] = _flagged(report.findings)
    triggers = {group.name: trigger_document(group.trigger) for group in report.groups}
    document["triggers"] = {name: told for name, told in triggers.items() if told is not None}
    if findings is not None:
        digest = hashlib.sha256(findings).hexdigest()
        document["findings"] = {"file": FINDINGS, "sha256": digest}
    return document


def self_contained(group: Group) -> Group:
    """The group with its trigger described and drawn, so that the trigger itself can go."""
    if group.trigger is None:
        return group
    return dataclasses.replace(
        group,
        described=group.described or group.trigger.describe(),
        drawn=group.drawn or group.trigger.draw(),
    )


def _flagged(findings: Findings) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "id": str(findings.ids[row]),
            "score": encode(float(findings.score[row])),
            "kind": str(findings.kind[row]),
            "group": str(findings.group[row]),
            "why": str(findings.why[row]),
        }
        for row in np.flatnonzero(findings.flagged).tolist()
    ]


def serialise(document: Mapping[str, Any]) -> str:
    r"""Strict JSON with sorted keys, in ASCII: the same report gives the same text.

    Examples
    --------
    >>> serialise({"b": "é", "a": 1.5}).split()
    ['{', '"a":', '1.5,', '"b":', '"\\u00e9"', '}']
    """
    return json.dumps(document, allow_nan=False, sort_keys=True, indent=1) + "\n"


def parse(text: str, name: str) -> dict[str, Any]:
    """The document in `text`, if it is a report of a known schema."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableDataError(f"{name}: not strict JSON: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise UnreadableDataError(
            f"{name}: expected a report with schema {SCHEMA!r}, got {schema!r:.60}; "
            "give the report.json that a scan wrote, or update foretaste"
        )
    return dict(document)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def from_document(
    kind: type[Report], document: dict[str, Any], name: str, beside: Callable[[str], bytes]
) -> Report:
    """The report in a document; `beside` reads a file next to it by name."""
    findings = _read_findings(document, name, beside)
    judgement = build(Judgement, document, name, findings=findings)
    return cast(
        "Report", build(kind, document, name, judgement=judgement, opinions={}, dataset=None)
    )


def _read_findings(document: dict[str, Any], name: str, beside: Callable[[str], bytes]) -> Findings:
    stated = document.get("findings")
    if stated is None:
        return _only_flagged(document, name)
    file = decode(_FindingsFile, stated, f"{name}.findings")
    content = beside(FINDINGS)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise UnreadableDataError(
            f"{FINDINGS} is not the file that {name} was written with (its SHA-256 differs); "
            "scan again"
        )
    return from_parquet(content, FINDINGS)


def _only_flagged(document: dict[str, Any], name: str) -> Findings:
    """Findings of a document without its Parquet file: rows that are not flagged say nothing."""
    n = decode(int, document.get("rows"), f"{name}.rows")
    flagged = decode(tuple[_Flagged, ...], document.get("flagged"), f"{name}.flagged")
    out = Findings(
        ids=np.array([str(row) for row in range(n)], dtype=object),
        score=np.full(n, np.nan),
        flagged=np.zeros(n, dtype=np.bool_),
        kind=np.full(n, "", dtype=object),
        group=np.full(n, "", dtype=object),
        why=np.full(n, "", dtype=object),
    )
    for entry in flagged:
        if not 0 <= entry.row < n:
            raise UnreadableDataError(f"{name}: flagged row {entry.row} is not one of {n} rows")
        out.flagged[entry.row] = True
        for column in ("score", "kind", "group", "why"):
            getattr(out, column)[entry.row] = getattr(entry, column)
        out.ids[entry.row] = entry.id
    return out
