"""Checks as JUnit XML, which every CI shows: one test case a check."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from foretaste.gate.decision import Check, Decision, Outcome

__all__ = ["to_junit"]

_MAX_LINES = 50  # findings written below a check


def to_junit(decision: Decision, name: str) -> str:
    """The decision as JUnit XML; an inconclusive check is an error, a blocked one a failure.

    Examples
    --------
    >>> xml = to_junit(Decision((Check("schema", Outcome.BLOCKED, "age below 0"),)), "people.csv")
    >>> 'failures="1"' in xml and '<failure message="age below 0" type="blocked"' in xml
    True
    """
    counts = [check.outcome for check in decision.checks]
    failed = sum(outcome in {Outcome.BLOCKED, Outcome.INVALID} for outcome in counts)
    totals = {
        "tests": str(len(counts)),
        "failures": str(failed),
        "errors": str(counts.count(Outcome.INCONCLUSIVE)),
    }
    root = ET.Element("testsuites", totals)
    suite = ET.SubElement(
        root, "testsuite", {"name": _clean(f"foretaste gate data {name}"), **totals}
    )
    for check in decision.checks:
        _add(suite, check)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, check: Check) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": "foretaste.gate", "name": check.name})
    lines = [f"{f.level.value}: {f.rule} {f.part}: {f.message}" for f in check.findings]
    if len(lines) > _MAX_LINES:
        lines = [*lines[:_MAX_LINES], f"and {len(lines) - _MAX_LINES} more, see gate.json"]
    if check.outcome is Outcome.PASS:
        ET.SubElement(case, "system-out").text = _clean("\n".join([check.sentence, *lines]))
        return
    tag = "error" if check.outcome is Outcome.INCONCLUSIVE else "failure"
    about = {"message": _clean(check.sentence), "type": check.outcome.value}
    ET.SubElement(case, tag, about).text = _clean("\n".join(lines))


def _clean(text: str) -> str:
    """Only characters that XML 1.0 allows, whatever a cell holds."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(
        c if c in "\t\n" or (c.isprintable() or c == " ") else "\N{REPLACEMENT CHARACTER}"
        for c in whole
    )
