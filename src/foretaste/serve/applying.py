"""What was approved is done: rows leave the quarantine, and the data set is gated once more."""

from __future__ import annotations

from sqlalchemy import select

from foretaste.serve.approval import check_approval
from foretaste.serve.audit import Audit
from foretaste.serve.clock import now
from foretaste.serve.gating import begin_run, store_of
from foretaste.serve.home import Home
from foretaste.serve.tables import Dataset, Finding, Person, Release, Run, Version
from foretaste.store.entries import State

__all__ = ["apply_release"]


def apply_release(audit: Audit, home: Home, release_id: int, by: str) -> None:
    """Release the rows of an approval in the quarantine; doing it twice does it once.

    Raises
    ------
    InvalidProvenanceError
        The approval's signature does not count, or is about something else: nothing is released.
    """
    with audit.database.reading() as session:
        release = session.get_one(Release, release_id)
        if release.applied is not None:
            return
        run = session.get_one(Run, release.run_id)
        rows = session.execute(
            select(Finding.row, Finding.digest, Finding.kind).where(
                Finding.release_id == release_id, Finding.state == "released"
            )
        ).all()
        approver = session.get(Person, release.decided_by)
    check_approval(home, release, [(row, digest, kind) for row, digest, kind in rows])
    quarantine = store_of(home, run.dataset_id)
    quarantine.recover()
    states = quarantine.states(run.entry)
    held = [row for row, _, _ in rows if states.get(row) is State.HELD]
    if held:
        name = approver.name if approver is not None else "unknown"
        reason = f"release {release_id}: {release.decision}"
        quarantine.release(run.entry, reason=reason, by=name, rows=held)
    with audit.acting(by) as act:
        done = act.session.get_one(Release, release_id)
        if done.applied is not None:
            return
        done.applied = now()
        dataset = act.session.get_one(Dataset, run.dataset_id)
        act.record("release.applied", dataset.project_id, release=release_id, rows=len(rows))
        begin_run(act, dataset, act.session.get_one(Version, run.version_id))
