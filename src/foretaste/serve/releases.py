"""Four eyes: rows leave the quarantine when one person proposes it and another agrees.

::

    quarantined ─► proposed ─► released     by somebody who did not propose, submit or own them
                          ├──► rejected     rows are quarantined again
                          └──► expired      after 14 days, or when a newer run replaced the evidence

The database holds the same rules by itself (migrations/guards.py), and the quarantine lets rows go
only with a signed approval (approval, applying).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.approval import row_root, sign_approval
from foretaste.serve.audit import Act
from foretaste.serve.clock import after, is_past, now
from foretaste.serve.findings import latest_run
from foretaste.serve.home import Home
from foretaste.serve.people import duties
from foretaste.serve.problems import AbsentError, ConflictError, ForbiddenError
from foretaste.serve.queue import enqueue
from foretaste.serve.tables import (
    Dataset,
    Finding,
    Person,
    Project,
    Release,
    Run,
    SourceOwner,
    Version,
)

__all__ = [
    "approve",
    "expire",
    "find_release",
    "may_not_approve",
    "open_of",
    "propose",
    "reject",
    "releases_of",
]

_DAYS = 14.0


def propose(
    act: Act, run: Run, *, by: int, reason: str, group: str = "", rows: Sequence[int] | None = None
) -> Release:
    """Put rows forward for release.

    Parameters
    ----------
    group
        All rows of this group that are quarantined.
    rows
        Only these rows (of the group, if one is named).

    Raises
    ------
    ConflictError
        The run is not the newest, or a row is not quarantined any more.
    """
    session = act.session
    _check_reason(reason)
    _check_newest(session, run)
    if not group and not rows:
        raise UsageError("rows: name a group, or the numbers of rows")
    wanted = select(Finding.row, Finding.digest, Finding.kind).where(
        Finding.run_id == run.id, Finding.state == "quarantined"
    )
    wanted = wanted.where(Finding.group == group) if group else wanted
    held = {row: (row, digest, kind) for row, digest, kind in session.execute(wanted)}
    chosen = sorted(held) if rows is None else sorted(set(rows))
    strange = [row for row in chosen if row not in held]
    if strange or not chosen:
        what = f"row {strange[0]} is not quarantined" if strange else "no row is quarantined"
        raise ConflictError(f"release: {what} here; look again, somebody may have been quicker")
    release = Release(
        run_id=run.id,
        group=group,
        rows=json.dumps(chosen, separators=(",", ":")),
        size=len(chosen),
        state="proposed",
        duties=duties(session),
        reason=reason.strip(),
        proposed_by=by,
        proposed=now(),
        expires=after(86_400 * _DAYS),
        row_root=row_root(held[row] for row in chosen),
        policy_sha256=run.policy_sha256,
        report_sha256=run.report_sha256,
    )
    session.add(release)
    session.flush()
    if _move(session, run.id, chosen, "quarantined", "proposed", release.id) != len(chosen):
        raise ConflictError("release: somebody proposed some of these rows just now; look again")
    act.record(
        "release.proposed", _project(session, run), release=release.id, run=run.id,
        rows=release.size, root=release.row_root, reason=release.reason,
    )  # fmt: skip
    return release


def approve(act: Act, home: Home, release: Release, *, by: int, reason: str) -> Release:
    """Let the rows go: signed, logged, and done by the worker.

    Raises
    ------
    ForbiddenError
        Who asks proposed it, submitted the data, or owns a source of the rows.
    ConflictError
        It was decided, or ran out, or something that it was about has changed.
    """
    session = act.session
    run = session.get_one(Run, release.run_id)
    _check_open(act, release, run)
    _check_reason(reason)
    objection = may_not_approve(session, release, by)
    if objection is not None:
        raise ForbiddenError(f"release: {objection}")
    rows = session.execute(
        select(Finding.row, Finding.digest, Finding.kind).where(Finding.release_id == release.id)
    ).all()
    if row_root((row, digest, kind) for row, digest, kind in rows) != release.row_root:
        raise ConflictError("release: its rows are not those that were proposed; propose anew")
    at, why = now(), reason.strip()
    names = _names(session, release, run, by) | {"reason": why}
    _decide(
        session,
        release,
        state="released",
        decided_by=by,
        decided=at,
        decision=why,
        envelope=sign_approval(home, release, by, at, names),
    )
    session.execute(
        update(Finding).where(Finding.release_id == release.id).values(state="released")
    )
    enqueue(session, "release", release.id)
    act.record(
        "release.released", _project(session, run), release=release.id, run=run.id,
        rows=release.size, root=release.row_root, policy=release.policy_sha256,
        report=release.report_sha256, duties=release.duties, reason=release.decision,
    )  # fmt: skip
    return release


def reject(act: Act, release: Release, *, by: int, reason: str) -> Release:
    """Keep the rows where they are."""
    session = act.session
    run = session.get_one(Run, release.run_id)
    _check_open(act, release, run)
    _check_reason(reason)
    _decide(
        session, release, state="rejected", decided_by=by, decided=now(), decision=reason.strip()
    )
    _give_back(session, release)
    act.record(
        "release.rejected", _project(session, run), release=release.id, run=run.id,
        reason=release.decision,
    )  # fmt: skip
    return release


def expire(act: Act, release: Release, why: str) -> None:
    """A proposal that nobody decided in time, or whose evidence was replaced."""
    session = act.session
    if release.state != "proposed":
        return
    _decide(session, release, state="expired", decision=why)
    _give_back(session, release)
    run = session.get_one(Run, release.run_id)
    act.record("release.expired", _project(session, run), release=release.id, reason=why)


def may_not_approve(session: Session, release: Release, person: int) -> str | None:
    """Why a person is no second pair of eyes; None if they are, or if four-eyes is off."""
    if release.duties == "none":
        return None
    if release.proposed_by == person:
        return "four eyes: you proposed it, so somebody else approves"
    run = session.get_one(Run, release.run_id)
    if session.get_one(Version, run.version_id).submitted_by == person:
        return "four eyes: you submitted this data, so somebody else approves"
    owned = (
        select(SourceOwner.source)
        .join(Finding, Finding.source == SourceOwner.source)
        .where(
            SourceOwner.dataset_id == run.dataset_id,
            SourceOwner.person_id == person,
            Finding.release_id == release.id,
        )
        .limit(1)
    )
    source = session.scalar(owned)
    if source is not None:
        return f"four eyes: you own the source {source!r:.60}, so somebody else approves"
    return None


def find_release(session: Session, dataset: Dataset, number: int) -> Release:
    """One release of a data set.

    Raises
    ------
    AbsentError
        There is none.
    """
    release = session.get(Release, number)
    if release is None or session.get_one(Run, release.run_id).dataset_id != dataset.id:
        raise AbsentError(f"release: there is no number {number}")
    return release


def releases_of(session: Session, dataset_id: int, last: int = 100) -> list[Release]:
    """The releases of a data set, newest first."""
    wanted = select(Release).join(Run).where(Run.dataset_id == dataset_id)
    return list(session.scalars(wanted.order_by(Release.id.desc()).limit(last)))


def open_of(session: Session, dataset_id: int) -> list[Release]:
    """Proposals that wait for a decision."""
    wanted = (
        select(Release).join(Run).where(Run.dataset_id == dataset_id, Release.state == "proposed")
    )
    return list(session.scalars(wanted.order_by(Release.id)))


def _check_open(act: Act, release: Release, run: Run) -> None:
    if release.state != "proposed":
        raise ConflictError(f"release: it is {release.state} already")
    if is_past(release.expires):
        raise ConflictError("release: it ran out; propose anew")
    _check_newest(act.session, run)


def _check_newest(session: Session, run: Run) -> None:
    newest = latest_run(session, run.dataset_id)
    if newest is None or newest.id != run.id:
        number = "none" if newest is None else str(newest.number)
        raise ConflictError(
            f"release: run {run.number} is not the newest ({number}): what was found has changed"
        )


def _decide(session: Session, release: Release, **values: object) -> None:
    """The one step that two deciders race for: only the first finds it still proposed."""
    done = session.execute(
        update(Release)
        .where(Release.id == release.id, Release.state == "proposed")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ConflictError("release: somebody decided just now; look again")
    session.refresh(release)


def _give_back(session: Session, release: Release) -> None:
    session.execute(
        update(Finding)
        .where(Finding.release_id == release.id)
        .values(state="quarantined", release_id=None)
    )


def _move(
    session: Session, run_id: int, rows: Sequence[int], old: str, new: str, release_id: int
) -> int:
    """Move rows together, in blocks that every database takes; returns how many moved."""
    moved = 0
    for start in range(0, len(rows), 5_000):
        done = session.execute(
            update(Finding)
            .where(
                Finding.run_id == run_id,
                Finding.row.in_(rows[start : start + 5_000]),
                Finding.state == old,
            )
            .values(state=new, release_id=release_id)
        )
        moved += int(done.rowcount)  # type: ignore[attr-defined]
    return moved


def _names(session: Session, release: Release, run: Run, by: int) -> dict[str, str]:
    dataset = session.get_one(Dataset, run.dataset_id)
    return {
        "project": session.get_one(Project, dataset.project_id).name,
        "dataset": dataset.name,
        "entry": run.entry,
        "proposedBy": session.get_one(Person, release.proposed_by).name,
        "decidedBy": session.get_one(Person, by).name,
    }


def _project(session: Session, run: Run) -> int:
    return session.get_one(Dataset, run.dataset_id).project_id


def _check_reason(reason: str) -> None:
    if not 3 <= len(reason.strip()) <= 2_000:
        raise UsageError("reason: say why, in 3 to 2,000 characters that others will understand")
