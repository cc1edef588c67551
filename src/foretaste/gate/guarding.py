"""Training starts here, or not at all: only what a gate let pass is loaded.

A gate that training does not ask is advice. `guard` checks the signed record of the newest gate,
copies the files it names into a private folder, compares the digest of every byte on the way,
and hands over the copy. A file that is replaced later is a file that nobody reads.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from foretaste.data import Dataset, open_dataset
from foretaste.data.fixed_roles import fixed
from foretaste.data.paths import find_files
from foretaste.errors import (
    BlockedError,
    InvalidProvenanceError,
    NotAssessableError,
    UnreadableDataError,
    UsageError,
)
from foretaste.gate.attestation import read_record
from foretaste.gate.decision import Outcome
from foretaste.gate.dvc import data_of, is_dvc
from foretaste.gate.gate_log import refuse_unless_newest
from foretaste.gate.golden_check import refuse_excluded, refuse_other_golden
from foretaste.gate.record import GateRecord
from foretaste.gate.run_folder import BUNDLE, CLEAN, LATEST
from foretaste.gate.settings import NAME, Settings, load_settings
from foretaste.gate.snapshot import CopiedFile, copy_file, digest_of_file, named_files
from foretaste.provenance import load_trust

__all__ = ["GATES", "Passed", "Vetted", "compare_clean", "guard", "require_gate"]

GATES = ("gate.data",)
_CLOCKS = timedelta(minutes=5)  # may differ by this


@dataclass(frozen=True)
class Passed:
    """A gate that let data pass, and the run that holds it."""

    record: GateRecord
    folder: Path  # of the run, with all links followed


@dataclass(frozen=True)
class Vetted:
    """Data that passed, as a private copy: every byte was compared with the signed record."""

    step: str
    record: GateRecord
    folder: Path

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files."""
        return tuple(file.name for file in self.record.clean)

    @property
    def path(self) -> Path:
        """The file, or the folder of several: what any library can open."""
        if self.record.is_folder:
            return self.folder
        return self.folder / self.record.clean[0].name

    def open(self, name: str | None = None) -> BinaryIO:
        """One file for reading; without a name the only one.

        Raises
        ------
        UsageError
            The file is not part of what passed.
        """
        return (self.folder / self._chosen(name)).open("rb")

    def read(self, name: str | None = None) -> bytes:
        """The bytes of one file; without a name of the only one."""
        with self.open(name) as file:
            return file.read()

    def dataset(self) -> Dataset:
        """The rows with the roles that the gate saw."""
        roles = self.record.roles
        dataset: Dataset = open_dataset(str(self.path), **(fixed(roles) if roles else {}))
        return replace(dataset, name=self.record.data)

    def _chosen(self, name: str | None) -> str:
        if name is None and len(self.files) == 1:
            return self.files[0]
        if name not in self.files:
            known = ", ".join(self.files[:5]) + (" ..." if len(self.files) > 5 else "")
            raise UsageError(f"guard: {name!r} is not part of what passed; there are: {known}")
        return name


@contextmanager
def guard(
    step: str,
    *,
    require: str = "gate.data",
    config: str | os.PathLike[str] = NAME,
    temporary: str | os.PathLike[str] | None = None,
) -> Iterator[Vetted]:
    """Hand over what the newest gate let pass; refuse everything else.

    Parameters
    ----------
    step
        What the data is for, such as "train": named in errors and records.
    require
        The gate that must have let it pass.
    config
        foretaste.toml; its trust file says whose gates count.
    temporary
        Where the private copy goes; the system's folder for temporary files by default. It takes
        as much room as the data, and is gone when the block ends.

    Yields
    ------
    Vetted
        The private copy.

    Raises
    ------
    BlockedError
        The newest gate did not let the data pass.
    NotAssessableError
        It could not decide.
    InvalidProvenanceError
        No valid signature, too old, other rules than those of the settings, or a file that is
        not the one that passed.
    """
    passed = require_gate(config, require=require, step=step)
    folder = Path(tempfile.mkdtemp(prefix="foretaste-", dir=temporary))
    try:
        for file in passed.record.clean:
            _copy_checked(passed.folder / CLEAN / file.name, folder / file.name, file, step)
        vetted = Vetted(step, passed.record, folder)
        refuse_excluded(vetted.dataset, load_settings(Path(config)), step)
        yield vetted
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_gate(
    config: str | os.PathLike[str] = NAME,
    *,
    require: str = "gate.data",
    step: str = "use",
    at: datetime | None = None,
) -> Passed:
    """The newest gate, if it let the data pass and still speaks of the data as it is.

    Raises what `guard` raises; files that passed are compared when they are copied.
    """
    if require not in GATES:
        raise UsageError(f"require: expected one of {', '.join(GATES)}, got {require!r}")
    settings, now = load_settings(Path(config)), at or datetime.now(UTC)
    latest = settings.out / LATEST
    if not latest.exists():
        raise InvalidProvenanceError(
            f"{step}: no gate has decided on {settings.data.path} ({latest} is not there); "
            "run foretaste gate data"
        )
    folder = latest.resolve()  # once: a link that turns meanwhile changes nothing
    trust = load_trust(settings.path(settings.gate.trust))
    record = read_record(folder / BUNDLE, trust, now)
    refuse_unless_newest(settings, record, folder / BUNDLE, trust, step)
    _refuse_unless_passed(record, step)
    _refuse_other_times(record, settings, now, step)
    _refuse_newer_input(record, settings, step)
    refuse_other_golden(record, settings, step)
    return Passed(record, folder)


def compare_clean(passed: Passed, step: str = "use") -> None:
    """Whether the files that passed are still what they were; for those who do not load them.

    Raises
    ------
    InvalidProvenanceError
        Names the file that is not.
    """
    for file in passed.record.clean:
        found = _found(passed.folder / CLEAN / file.name, file, step)
        _same(found, file, step)


def _refuse_unless_passed(record: GateRecord, step: str) -> None:
    told = (
        f"{step}: the gate {record.run} of {record.data} says {record.outcome}: {record.sentence}"
    )
    if record.outcome is Outcome.BLOCKED:
        raise BlockedError(told)
    if record.outcome is Outcome.INCONCLUSIVE:
        raise NotAssessableError(told)
    if record.outcome is Outcome.INVALID:
        raise InvalidProvenanceError(told)
    if not record.clean:
        raise InvalidProvenanceError(f"{step}: the gate {record.run} names no file that passed")


def _refuse_other_times(record: GateRecord, settings: Settings, now: datetime, step: str) -> None:
    age = now - record.made_at
    if age > timedelta(days=settings.gate.max_age_days) or age < -_CLOCKS:
        raise InvalidProvenanceError(
            f"{step}: the gate {record.run} was {record.made}, and counts for "
            f"{settings.gate.max_age_days:g} days; run foretaste gate data"
        )
    if record.settings != settings.digest:
        raise InvalidProvenanceError(
            f"{step}: the gate {record.run} decided by other settings than foretaste.toml has now; "
            "run foretaste gate data"
        )


def _refuse_newer_input(record: GateRecord, settings: Settings, step: str) -> None:
    """What the gate judged must still be what is there: a later delivery was not looked at.

    Where training runs without the raw data there is nothing to compare, and what passed stands.
    """
    files = _input_files(settings)
    if files is None:
        return
    judged = {file.name: file for file in record.input}
    for name in sorted(judged.keys() ^ files.keys()):
        what = "is gone" if name in judged else "is new"
        raise InvalidProvenanceError(_stale(step, record, name, what))
    for name, file in files.items():
        if digest_of_file(file, name) != judged[name]:
            raise InvalidProvenanceError(_stale(step, record, name, "was changed"))


def _input_files(settings: Settings) -> dict[str, Path] | None:
    """The files of the input by name; None where there is no input."""
    stated = settings.path(settings.data.path)
    try:
        if is_dvc(settings.data.path) and stated.exists():
            stated = data_of(stated)
        return named_files(find_files(stated))
    except UnreadableDataError:
        return None


def _stale(step: str, record: GateRecord, name: str, what: str) -> str:
    return f"{step}: {name} {what} since the gate {record.run}; run foretaste gate data"


def _copy_checked(file: Path, target: Path, signed: CopiedFile, step: str) -> None:
    _check_name(signed.name)
    try:
        copied = copy_file(file, target, signed.name)
    except UnreadableDataError as error:
        raise InvalidProvenanceError(
            f"{step}: {signed.name} passed the gate and {error}"
        ) from error
    _same(copied, signed, step)


def _found(file: Path, signed: CopiedFile, step: str) -> CopiedFile:
    _check_name(signed.name)
    try:
        return digest_of_file(file, signed.name)
    except UnreadableDataError as error:
        raise InvalidProvenanceError(
            f"{step}: {signed.name} passed the gate and {error}"
        ) from error


def _same(found: CopiedFile, signed: CopiedFile, step: str) -> None:
    if found != signed:
        raise InvalidProvenanceError(
            f"{step}: {signed.name} is not the file that passed the gate: it was replaced "
            f"({signed.size} bytes then, {found.size} now); run foretaste gate data, and find out "
            "who can write there"
        )


def _check_name(name: str) -> None:
    parts = name.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\\" in name or "\0" in name:
        raise InvalidProvenanceError(f"gate record: {name!r:.80} leads out of the folder")
