"""What validation found, as a few lines of plain text."""

from __future__ import annotations

from foretaste.report.figures import count, plural
from foretaste.report.visible import shorten
from foretaste.validate.findings import Finding, Outcome, Validation

__all__ = ["one_finding", "validation_headline", "validation_plain"]

_MAX = 20


def validation_headline(validation: Validation) -> str:
    """What to do, in a few words.

    Examples
    --------
    >>> validation_headline(Validation("people.csv", 10, "people", "0" * 64))
    'Nothing moved'
    """
    if validation.outcome is Outcome.BLOCKED:
        return "The data breaks its schema"
    if validation.outcome is Outcome.INCONCLUSIVE:
        return "Not all rules could be checked: this is not a pass"
    if not validation.checked:  # compared only
        return "Something moved" if validation.findings else "Nothing moved"
    worse = [f for f in validation.findings if f.severity.value == "warn"]
    return "The data keeps to its schema" + (", with warnings" if worse else "")


def one_finding(found: Finding) -> str:
    """A finding on one line, the data in it made visible."""
    owner = f" (owner: {shorten(found.owner, 40)})" if found.owner else ""
    return f"{found.severity.value}: {found.rule}: {shorten(found.message, 400)}{owner}"


def validation_plain(validation: Validation) -> str:
    """Outcome, findings in order of importance, and what was not checked.

    Examples
    --------
    >>> print(validation_plain(Validation("people.csv", 10, "people", "0" * 64, checked=3)))
    The data keeps to its schema.
    people.csv: 10 rows, schema people: 3 rules, 0 findings
    """
    place = f" in environment {validation.environment}" if validation.environment else ""
    rules = plural(validation.checked, "rule")
    rows = f"{shorten(validation.name, 80)}: {count(validation.rows)} rows"
    found = plural(len(validation.findings), "finding")
    schema = f", schema {shorten(validation.schema, 60)}{place}: {rules}"
    known = schema if validation.checked else ""
    lines = [f"{validation_headline(validation)}.", f"{rows}{known}, {found}"]
    if validation.reference is not None:
        compared = plural(validation.tests, "comparison")
        lines.append(f"compared with {shorten(validation.reference, 80)}: {compared}")
    lines += [f"  {one_finding(found)}" for found in validation.findings[:_MAX]]
    if len(validation.findings) > _MAX:
        lines.append(f"  ... and {plural(len(validation.findings) - _MAX, 'more finding')}")
    for held in validation.unchecked:
        column = f" of column {shorten(held.column, 60)!r}" if held.column else ""
        lines.append(f"  not checked: {held.rule}{column}: {shorten(held.reason, 200)}")
    return "\n".join(lines)
