"""The report: what a scan found, with enough to understand, act and replay."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.data import Dataset
from foretaste.errors import BlockedError, NotAssessableError, UnreadableDataError, UsageError
from foretaste.report.columns import to_parquet
from foretaste.report.document import FINDINGS, from_document, parse, serialise, to_document
from foretaste.report.page import as_frame, to_page
from foretaste.report.plain import to_plain
from foretaste.report.write import write_together
from foretaste.types import (
    Coverage,
    Findings,
    Floats,
    Group,
    Judgement,
    MapPoint,
    Modality,
    Policy,
    Roles,
    SourceFinding,
    Verdict,
)
from foretaste.validate.findings import Outcome, Validation

__all__ = ["Report"]


@dataclass(frozen=True, eq=False)
class Report:
    """The result of `foretaste.scan`.

    Printed, it is a summary of a few lines; in a notebook, the page. `save` writes it,
    `load` reads it back, `raise_if_blocked` stops a pipeline, `split` parts the rows.

    Examples
    --------
    >>> from foretaste.report import Report
    >>> sorted(name for name in vars(Report) if name in {"save", "load", "split", "to_html"})
    ['load', 'save', 'split', 'to_html']
    """

    judgement: Judgement
    modality: Modality
    roles: Roles
    rows: int
    classes: tuple[tuple[str, int], ...]  # (name, rows)
    coverage: tuple[Coverage, ...]
    policy: Policy
    profile: str
    seed: int
    digest: str  # of the data set
    name: str  # what was scanned, for people: a path or "DataFrame"
    seconds: Mapping[str, float]  # per stage
    versions: Mapping[str, str]
    validation: Validation | None = None  # of the schema that the scan was given
    map_points: tuple[MapPoint, ...] = field(default=(), repr=False)
    encoder: str = ""  # the user's own, as told on a command line; <name> where it was an object
    # (n,) scores of plug-ins by name, higher is more suspicious; not written by `save`
    opinions: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    dataset: Dataset | None = field(default=None, repr=False)  # not written by `save`

    @property
    def verdict(self) -> Verdict:
        """Clean, suspect, confirmed or not assessable."""
        return self.judgement.verdict

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups of rows found, strongest evidence first."""
        return self.judgement.groups

    @property
    def findings(self) -> Findings:
        """One entry a row."""
        return self.judgement.findings

    @property
    def sources(self) -> tuple[SourceFinding, ...]:
        """Every source with its share of flagged rows."""
        return self.judgement.sources

    @property
    def blocked(self) -> bool:
        """Whether the policy forbids to train on this data; see `exit_code` for the third case."""
        return self.verdict in self.policy.block_on or self._validated is Outcome.BLOCKED

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked by policy or schema, 3 not assessable: inconclusive is not pass."""
        unknown = self.verdict is Verdict.NOT_ASSESSABLE
        if self._validated is Outcome.BLOCKED or (self.blocked and not unknown):
            return BlockedError.exit_code
        unsure = unknown or self._validated is Outcome.INCONCLUSIVE
        return NotAssessableError.exit_code if unsure else 0

    @property
    def _validated(self) -> Outcome:
        return Outcome.PASS if self.validation is None else self.validation.outcome

    def raise_if_blocked(self) -> None:
        """Stop here unless the data may be trained on.

        Raises
        ------
        BlockedError
            The policy blocks on the verdict, or the data breaks the schema of the scan.
        NotAssessableError
            No honest verdict is possible.
        """
        told = f"{self.name}: {self.judgement.sentence}"
        if self.validation is not None and self._validated is not Outcome.PASS:
            told = f"{told} {self.validation.sentence}"
        if self.exit_code == NotAssessableError.exit_code:
            raise NotAssessableError(told)
        if self.exit_code:
            raise BlockedError(told)

    def split(self) -> tuple[Any, Any]:
        """The rows that were not flagged and those that were, in the type that was scanned.

        Raises
        ------
        UsageError
            The report was loaded from a file and has no data.
        """
        if self.dataset is None:
            raise UsageError(
                "split() needs the data, which a report from a file does not hold: scan again, "
                f"or use the column 'flagged' of {FINDINGS}"
            )
        flagged = np.asarray(self.findings.flagged, dtype=np.bool_)
        return (
            self.dataset.native(np.flatnonzero(~flagged)),
            self.dataset.native(np.flatnonzero(flagged)),
        )

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, without the rows that are not flagged."""
        return to_document(self)

    def to_json(self) -> str:
        """`to_dict` as strict JSON text with sorted keys."""
        return serialise(self.to_dict())

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """The report as one self-contained page, also written to `path` if given."""
        page = to_page(self)
        if path is not None:
            target = Path(path)
            write_together(target.parent, {target.name: page.encode()})
        return page

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``findings.parquet``, ``report.html`` and ``report.json`` into `folder`.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            It cannot be written; what was there before is untouched.
        """
        findings = to_parquet(self.findings)
        contents = {
            FINDINGS: findings,
            "report.html": to_page(self).encode(),
            "report.json": serialise(to_document(self, findings)).encode(),
        }
        write_together(folder, contents)
        return Path(folder)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Report:
        """Read a ``report.json``, or the folder that `save` wrote.

        From JSON without its Parquet file (``foretaste scan --json``), rows that were not flagged
        come back with a score of NaN and their number as id.

        Raises
        ------
        UnreadableDataError
            It is not a report, was altered, or its Parquet file is missing or another one.
        """
        file = Path(path)
        file = file / "report.json" if file.is_dir() else file
        document = parse(_read(file).decode("utf-8", "replace"), file.name)
        return from_document(cls, document, file.name, lambda name: _read(file.parent / name))

    def __str__(self) -> str:
        return to_plain(self)

    def _repr_html_(self) -> str:
        """The page in a frame of its own: its styles and script stay inside."""
        return as_frame(to_page(self))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableDataError(
            f"cannot read {path}: {reason}; give the folder that a scan wrote"
        ) from error
