"""The report of a drill: would we have noticed?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foretaste.errors import BlockedError, NotAssessableError
from foretaste.report.codec import encode
from foretaste.report.drill_page import to_drill_page
from foretaste.report.drill_plain import to_drill_plain
from foretaste.report.trials import Answer, PowerPoint, Trial
from foretaste.report.write import write_together
from foretaste.types import Modality, Policy, Roles, Verdict

__all__ = ["DrillReport"]

SCHEMA = "foretaste/drill/v1"


@dataclass(frozen=True, eq=False)
class DrillReport:
    """The result of `foretaste.drill`.

    Printed, it is a summary of a few lines; in a notebook, the page. `save` writes it.

    Attributes
    ----------
    rows, rows_used
        Of the data, and of the sample of them that was drilled.
    verdict, blocked, flagged, sentence
        What a scan says of the rows before anything was planted.
    trials
        Those that were run, of `planned`.
    power, answers
        What the trials say together, by attack and size, and by attack.
    notes
        What to know when reading it.
    """

    name: str
    modality: Modality
    roles: Roles
    rows: int
    rows_used: int
    digest: str
    profile: str
    policy: Policy
    seed: int
    seeds: int
    verdict: Verdict
    blocked: bool
    flagged: int
    sentence: str
    planned: int
    trials: tuple[Trial, ...]
    power: tuple[PowerPoint, ...]
    answers: tuple[Answer, ...]
    notes: tuple[str, ...]
    seconds: float
    versions: Mapping[str, str] = field(repr=False)

    @property
    def placebos(self) -> tuple[Trial, ...]:
        """The honest look-alikes that could be made of the data."""
        return tuple(t for t in self.trials if t.is_placebo and not t.reason)

    @property
    def alarms(self) -> int:
        """Placebos that were called poisoned."""
        return sum(t.noticed for t in self.placebos)

    @property
    def complete(self) -> bool:
        """Whether every trial that was planned has been run."""
        return len(self.trials) == self.planned

    @property
    def exit_code(self) -> int:
        """0 the drill is complete, 1 the data are blocked as they are, 3 trials are missing."""
        if self.blocked:
            return BlockedError.exit_code
        return 0 if self.complete else NotAssessableError.exit_code

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        document: dict[str, Any] = {"schema": SCHEMA, "exit_code": self.exit_code}
        document["false_alarms"] = {"alarms": self.alarms, "placebos": len(self.placebos)}
        document.update(encode(self))
        return document

    def to_json(self) -> str:
        """`to_dict` as strict JSON text with sorted keys."""
        return json.dumps(self.to_dict(), sort_keys=True, indent=1, ensure_ascii=True) + "\n"

    def to_html(self) -> str:
        """The report as one self-contained page."""
        return to_drill_page(self)

    def save(self, folder: str | Path) -> Path:
        """Write ``drill.html`` and ``drill.json`` into `folder`.

        Raises
        ------
        OutputError
            It cannot be written; what was there before is untouched.
        """
        contents = {"drill.html": self.to_html().encode(), "drill.json": self.to_json().encode()}
        write_together(folder, contents)
        return Path(folder)

    def __str__(self) -> str:
        return to_drill_plain(self)

    def _repr_html_(self) -> str:
        from foretaste.report.page import as_frame  # noqa: PLC0415 - notebooks only

        return as_frame(self.to_html())
