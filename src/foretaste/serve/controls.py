"""Policies, canaries and trigger packs: proposed by one security owner, confirmed by another."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.gate.settings import Action, GatePolicy
from foretaste.serve.audit import Act
from foretaste.serve.clock import now
from foretaste.serve.people import duties
from foretaste.serve.problems import AbsentError, ConflictError, ForbiddenError
from foretaste.serve.tables import Control

__all__ = ["KINDS", "confirm", "controls_of", "parse_policy", "policy_of", "propose"]

KINDS = ("policy", "canary", "triggers")
_LONGEST = 64 * 1024


def propose(
    act: Act,
    project_id: int,
    kind: str,
    name: str,
    document: dict[str, Any],
    *,
    by: int,
    hidden: bool = False,
) -> Control:
    """Put a policy, canary or trigger pack forward; it acts once somebody else confirms it."""
    if kind not in KINDS:
        raise UsageError(f"kind: expected {', '.join(KINDS)}, got {kind!r:.40}")
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise UsageError("name: expected 1 to 60 printable characters")
    kept = json.dumps(document, sort_keys=True)
    if len(kept) > _LONGEST:
        raise UsageError(f"document: at most {_LONGEST:,} characters, got {len(kept):,}")
    if kind == "policy":
        parse_policy(document)
    control = Control(
        project_id=project_id,
        kind=kind,
        name=name,
        hidden=hidden and kind == "canary",
        document=kept,
        state="proposed",
        duties=duties(act.session),
        proposed_by=by,
        created=now(),
    )
    act.session.add(control)
    act.session.flush()
    act.record("control.proposed", project_id, control=control.id, kind=kind)
    return control


def confirm(act: Act, project_id: int, control_id: int, by: int) -> Control:
    """The second person of two; an older policy is withdrawn with it."""
    session = act.session
    control = session.get(Control, control_id)
    if control is None or control.project_id != project_id:
        raise AbsentError(f"control: there is no number {control_id}")
    if control.state != "proposed":
        raise ConflictError(f"control: it is {control.state} already")
    if control.duties == "four-eyes" and control.proposed_by == by:
        raise ForbiddenError("control: two persons; who proposed does not confirm")
    if control.kind == "policy":
        session.execute(
            update(Control)
            .where(
                Control.project_id == project_id,
                Control.kind == "policy",
                Control.state == "active",
            )
            .values(state="withdrawn")
        )
    control.confirmed_by, control.state = by, "active"
    act.record("control.confirmed", project_id, control=control.id, kind=control.kind)
    return control


def controls_of(session: Session, project_id: int, *, hidden: bool) -> list[Control]:
    """All of a project, newest first; hidden canaries only for those who may see them."""
    wanted = select(Control).where(Control.project_id == project_id)
    if not hidden:
        wanted = wanted.where(Control.hidden.is_(False))
    return list(session.scalars(wanted.order_by(Control.id.desc())))


def policy_of(session: Session, project_id: int) -> GatePolicy:
    """The policy in force."""
    active = session.scalar(
        select(Control.document)
        .where(
            Control.project_id == project_id, Control.kind == "policy", Control.state == "active"
        )
        .order_by(Control.id.desc())
    )
    return GatePolicy() if active is None else parse_policy(json.loads(active))


def parse_policy(document: dict[str, Any]) -> GatePolicy:
    """A policy from JSON; what is left out has its default.

    Raises
    ------
    UsageError
        A setting is unknown or of another type.

    Examples
    --------
    >>> parse_policy({"confirmed": "quarantine"}).confirmed.value
    'quarantine'
    """
    kinds = {f.name: getattr(GatePolicy(), f.name) for f in dataclasses.fields(GatePolicy)}
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in kinds:
            raise UsageError(f"policy: expected {', '.join(kinds)}, got {name!r:.40}")
        values[name] = _typed(name, kinds[name], value)
    return GatePolicy(**values)


def _typed(name: str, default: Any, value: Any) -> Any:
    if isinstance(default, Action):
        if value not in list(Action):
            raise UsageError(f"policy: {name}: expected {', '.join(Action)}, got {value!r:.40}")
        return Action(value)
    if isinstance(default, bool):
        right = isinstance(value, bool)
    elif isinstance(default, float):
        right = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        right = isinstance(value, list) and all(isinstance(item, str) for item in value)
        value = tuple(value) if right else value
    if not right:
        raise UsageError(f"policy: {name}: expected a {type(default).__name__}, got {value!r:.40}")
    return value
