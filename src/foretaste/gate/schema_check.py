"""Do the rows look as their schema says?"""

from __future__ import annotations

from foretaste import validate
from foretaste.gate.decision import Check, Finding, Level, Outcome
from foretaste.gate.settings import Settings
from foretaste.gate.snapshot import Snapshot
from foretaste.validate import Severity

__all__ = ["check_schema"]

_LEVELS = {
    Severity.BLOCK: Level.ERROR,
    Severity.WARN: Level.WARNING,
    Severity.INFO: Level.NOTE,
}


def check_schema(settings: Settings, snapshot: Snapshot) -> Check:
    """Do the rows look as they must?"""
    stated = settings.schema
    if not stated.file:
        return Check("schema", Outcome.PASS, "not checked, no schema is named")
    with snapshot.spoken_of_as_source():
        result = validate.check(
            str(snapshot.path), settings.path(stated.file), environment=stated.environment
        )
    findings = tuple(
        Finding(
            f"schema/{one.rule}",
            _LEVELS[one.severity],
            one.message,
            one.column or one.part,
            one.rows,
            one.count,
            one.part,
        )
        for one in result.findings
    )
    return Check("schema", Outcome(result.outcome.value), result.sentence, findings)
