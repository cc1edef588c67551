"""Rules that hold in the database itself, whoever writes to it: the same text for both kinds.

Each rule names a table, an event and a condition that must never come true. SQLite gets a trigger
that raises, PostgreSQL a function and a trigger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["RULES", "Guard", "create", "drop"]


@dataclass(frozen=True)
class Guard:
    """What never happens to a row of `table`."""

    name: str
    table: str
    event: str  # insert, update, delete
    never: str  # condition on OLD and NEW; {differs:column} compares them, NULL included
    message: str


_DECIDED = (
    "NEW.state IN ('released','rejected') AND (NEW.decided_by IS NULL OR NEW.decided IS NULL)"
)
_UNSIGNED = "NEW.state = 'released' AND NEW.envelope IS NULL"
_OWN = (
    "NEW.state = 'released' AND NEW.duties = 'four-eyes' AND ("
    "NEW.decided_by = NEW.proposed_by"
    " OR EXISTS (SELECT 1 FROM runs r JOIN versions v ON v.id = r.version_id"
    " WHERE r.id = NEW.run_id AND v.submitted_by = NEW.decided_by)"
    " OR EXISTS (SELECT 1 FROM findings f JOIN runs r ON r.id = f.run_id"
    " JOIN source_owners o ON o.dataset_id = r.dataset_id AND o.source = f.source"
    " WHERE f.release_id = NEW.id AND o.person_id = NEW.decided_by))"
)
_FIXED = " OR ".join(
    f"{{differs:{column}}}"
    for column in (
        "run_id", "group_name", "rows", "size", "duties", "reason", "proposed_by", "proposed",
        "expires", "row_root", "policy_sha256", "report_sha256",
    )
)  # fmt: skip
_ENDED = "OLD.state <> 'proposed' AND (" + " OR ".join(
    f"{{differs:{column}}}" for column in ("state", "decided_by", "decided", "decision", "envelope")
) + ")"  # fmt: skip
_MOVES = (
    "{differs:state} AND NOT ("
    "(OLD.state = 'quarantined' AND NEW.state = 'proposed' AND EXISTS (SELECT 1 FROM releases x"
    " WHERE x.id = NEW.release_id AND x.run_id = NEW.run_id AND x.state = 'proposed'))"
    " OR (OLD.state = 'proposed' AND NEW.state = 'quarantined' AND EXISTS (SELECT 1 FROM releases x"
    " WHERE x.id = OLD.release_id AND x.state IN ('rejected','expired')))"
    " OR (OLD.state = 'proposed' AND NEW.state = 'released' AND NEW.release_id = OLD.release_id"
    " AND EXISTS (SELECT 1 FROM releases x WHERE x.id = OLD.release_id AND x.state = 'released')))"
)
_ROW = " OR ".join(
    f"{{differs:{column}}}" for column in ("run_id", "row", "digest", "source", "kind")
)

RULES: Sequence[Guard] = (
    Guard("release_begins", "releases", "insert",
          "NEW.state <> 'proposed' OR NEW.decided_by IS NOT NULL OR NEW.envelope IS NOT NULL"
          " OR NEW.applied IS NOT NULL",
          "a release begins as a proposal that nobody has decided"),
    Guard("release_duties", "releases", "insert",
          "NEW.duties <> 'four-eyes' AND NOT (NEW.duties = 'none'"
          " AND (SELECT count(*) FROM people) = 1)",
          "four-eyes is off only while there is one person"),
    Guard("release_fixed", "releases", "update", _FIXED,
          "what was proposed is never changed"),
    Guard("release_ended", "releases", "update", _ENDED,
          "a release that was decided stays decided"),
    Guard("release_states", "releases", "update",
          "NEW.state NOT IN ('proposed','released','rejected','expired')",
          "a release is proposed, released, rejected or expired"),
    Guard("release_decided", "releases", "update", _DECIDED,
          "a decision names who made it and when"),
    Guard("release_signed", "releases", "update", _UNSIGNED,
          "an approval is signed"),
    Guard("release_four_eyes", "releases", "update", _OWN,
          "four eyes: who proposed, submitted or owns the source does not approve"),
    Guard("release_kept", "releases", "delete", "1 = 1",
          "releases are never deleted"),
    Guard("finding_begins", "findings", "insert",
          "NEW.state NOT IN ('flagged','quarantined') OR NEW.release_id IS NOT NULL",
          "a row is flagged or quarantined before anything is decided"),
    Guard("finding_moves", "findings", "update", _MOVES,
          "rows move by releases only"),
    Guard("finding_fixed", "findings", "update", _ROW,
          "what was found is never changed"),
    Guard("finding_kept", "findings", "delete", "1 = 1",
          "findings are never deleted"),
    Guard("submitter_fixed", "versions", "update",
          "{differs:submitted_by} OR {differs:sha256} OR {differs:dataset_id}",
          "who submitted what is never changed"),
    Guard("run_fixed", "runs", "update",
          "{differs:version_id} OR {differs:dataset_id}",
          "a run keeps its version"),
    Guard("control_begins", "controls", "insert",
          "NEW.state <> 'proposed' OR NEW.confirmed_by IS NOT NULL"
          " OR (NEW.duties <> 'four-eyes' AND NOT (NEW.duties = 'none'"
          " AND (SELECT count(*) FROM people) = 1))",
          "a policy or canary begins as a proposal; one person alone is no pair"),
    Guard("control_fixed", "controls", "update",
          "{differs:document} OR {differs:kind} OR {differs:project_id} OR {differs:duties}"
          " OR {differs:proposed_by}",
          "a policy or canary is replaced by a new one, never changed"),
    Guard("control_pair", "controls", "update",
          "NEW.state = 'active' AND (NEW.confirmed_by IS NULL OR (NEW.duties = 'four-eyes'"
          " AND NEW.confirmed_by = NEW.proposed_by))",
          "two persons: who proposed does not confirm"),
    Guard("audit_fixed", "audit_events", "update", "1 = 1",
          "audit events are never changed"),
    Guard("audit_kept", "audit_events", "delete", "1 = 1",
          "audit events are never deleted"),
    Guard("person_kept", "people", "delete", "1 = 1",
          "people are switched off, never deleted"),
)  # fmt: skip


def create(guard: Guard, dialect: str) -> list[str]:
    """Statements that put a rule in force."""
    never = _filled(guard.never, dialect)
    event = guard.event.upper()
    if dialect == "sqlite":
        when = f"CREATE TRIGGER {guard.name} BEFORE {event} ON {guard.table} WHEN {never}"
        return [f"{when} BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"]
    back = "OLD" if event == "DELETE" else "NEW"
    body = (
        f"IF {never} THEN RAISE EXCEPTION '{guard.message}' USING ERRCODE = 'check_violation'; "
        f"END IF; RETURN {back};"
    )
    function = f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql"
    trigger = f"CREATE TRIGGER {guard.name} BEFORE {event} ON {guard.table} FOR EACH ROW"
    return [
        f"{function} AS $$ BEGIN {body} END $$",
        f"{trigger} EXECUTE FUNCTION {guard.name}()",
    ]


def drop(guard: Guard, dialect: str) -> list[str]:
    """Statements that take it away."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {guard.name}"]
    return [f"DROP TRIGGER {guard.name} ON {guard.table}", f"DROP FUNCTION {guard.name}()"]


def _filled(condition: str, dialect: str) -> str:
    """`condition` with {differs:column} written as this database compares with NULL."""
    apart = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    parts = condition.split("{differs:")
    filled = parts[0]
    for part in parts[1:]:
        column, rest = part.split("}", 1)
        filled += f"NEW.{column} {apart} OLD.{column}{rest}"
    return filled
