"""Findings as SARIF 2.1.0, for code hosts and dashboards: one result a finding and part.

Rows stand in logical locations, as a data set has no lines. Fingerprints do not depend on row
numbers, so that a finding is the same one tomorrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from foretaste.gate.decision import Decision, Finding, Level
from foretaste.report.standards import Reference, catalogues, supports
from foretaste.report.standards import version as standards_version

__all__ = ["MAX_RESULTS", "to_sarif"]

MAX_RESULTS = 1000
_MAX_ROWS = 50  # named in one result
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_SEVERITY = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def to_sarif(decision: Decision, data: str) -> str:
    """The decision as a SARIF log; `data` is the path of the data set, as a URI reference.

    Examples
    --------
    >>> from foretaste.gate.decision import Check, Outcome
    >>> finding = Finding("scan/backdoor", Level.ERROR, "36 rows share a patch", "7", (3, 9), 36)
    >>> check = Check("scan", Outcome.BLOCKED, "a backdoor", (finding,))
    >>> run = json.loads(to_sarif(Decision((check,)), "digits.parquet"))["runs"][0]
    >>> run["results"][0]["ruleId"], run["results"][0]["taxa"][0]["id"]
    ('scan/backdoor', 'AML.T0018.000')
    """
    ordered = sorted(decision.findings, key=lambda f: (_SEVERITY[f.level], f.rule, f.part))
    shown = ordered[:MAX_RESULTS]
    rules = sorted({finding.rule for finding in shown})
    run = {
        "tool": {
            "driver": {
                "name": "foretaste",
                "version": metadata.version("foretaste"),
                "informationUri": "https://pypi.org/project/foretaste/",
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "taxonomies": _taxonomies(shown),
        "results": [_result(finding, rules.index(finding.rule), data) for finding in shown],
        "invocations": [_invocation(decision, len(ordered) - len(shown))],
        "properties": {"outcome": decision.outcome.value, "standards": standards_version()},
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _invocation(decision: Decision, hidden: int) -> dict[str, Any]:
    told = [
        {"level": "note", "message": {"text": _clean(f"{check.name}: {check.sentence}")}}
        for check in decision.checks
    ]
    if hidden:
        text = f"{hidden} more findings are in gate.json"
        told.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": True,
        "exitCode": decision.exit_code,
        "toolExecutionNotifications": told,
    }


def _rule(rule: str) -> dict[str, Any]:
    kind = kind_of(rule)
    text = f"{rule.partition('/')[0]}: {kind}"
    return {
        "id": rule,
        "shortDescription": {"text": text},
        "relationships": [
            {"target": _pointer(reference), "kinds": ["relevant"]} for reference in supports(kind)
        ],
    }


def kind_of(rule: str) -> str:
    """What the standards know a rule as.

    Examples
    --------
    >>> kind_of("scan/label-flip"), kind_of("provenance/cell"), kind_of("scan/clean-label")
    ('label flip', 'provenance', 'clean-label')
    """
    room, _, name = rule.partition("/")
    if room == "provenance":
        return room
    return name if name == "clean-label" else name.replace("-", " ")


def _result(finding: Finding, rule: int, data: str) -> dict[str, Any]:
    rows = [
        {"fullyQualifiedName": f"{data}#row={row}", "kind": "member", "name": f"row {row}"}
        for row in finding.rows[:_MAX_ROWS]
    ]
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(data)}}}
    if rows:
        location["logicalLocations"] = rows
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.level.value,
        "message": {"text": _clean(finding.message)},
        "locations": [location],
        "partialFingerprints": {"foretaste/v1": finding.fingerprint},
        "taxa": [_pointer(reference) for reference in supports(kind_of(finding.rule))],
        "properties": {"part": _clean(finding.part), "rows": finding.count},
    }


def _pointer(reference: Reference) -> dict[str, Any]:
    return {"id": reference.id, "toolComponent": {"name": reference.catalogue}}


def _taxonomies(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    used = {ref for finding in findings for ref in supports(kind_of(finding.rule))}
    return [
        {
            "name": name,
            "informationUri": where,
            "shortDescription": {"text": "Findings support evidence for these entries."},
            "taxa": [{"id": entry} for entry in sorted(r.id for r in used if r.catalogue == name)],
        }
        for name, where in sorted(catalogues().items())
        if any(reference.catalogue == name for reference in used)
    ]


def _uri(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - only here

    return quote(path.replace("\\", "/"), safe="/:@-._~")


def _clean(text: str) -> str:
    """Text that any viewer can show: no control characters, no lone surrogates."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in whole)
