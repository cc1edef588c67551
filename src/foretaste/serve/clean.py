"""The rows that may be trained on: files of the newest run, if it let them pass."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from foretaste.serve.findings import latest_run
from foretaste.serve.problems import AbsentError, ConflictError
from foretaste.serve.tables import Dataset

__all__ = ["clean_file"]


def clean_file(session: Session, dataset: Dataset, name: str = "") -> tuple[Path, int]:
    """A file of what the newest gate let pass, and the number of the run.

    Parameters
    ----------
    name
        As listed; "" is the only one. A name chooses among files that are there; it is never
        made into a path.

    Raises
    ------
    ConflictError
        The newest run is no pass: what passed before does not stand in for it.
    AbsentError
        There is no such file.
    """
    run = latest_run(session, dataset.id)
    if run is None or run.outcome != "pass":
        state = "there is none" if run is None else f"run {run.number} is {run.outcome}"
        raise ConflictError(f"clean data: the newest gate must be a pass, and {state}")
    folder = Path(run.folder) / "clean"
    files = {str(f.relative_to(folder)): f for f in sorted(folder.rglob("*")) if f.is_file()}
    if not name and len(files) == 1:
        return next(iter(files.values())), run.number
    if name not in files:
        raise AbsentError("clean data: there is no such file; leave the name out if there is one")
    return files[name], run.number
