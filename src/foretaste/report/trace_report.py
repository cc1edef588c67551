"""The report of a trace: what caused these predictions, and is it gone without?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foretaste.report.codec import encode
from foretaste.report.trace_findings import Agreement, Cause, Incident, Proof, Repair
from foretaste.report.trace_page import to_trace_page
from foretaste.report.trace_plain import to_trace_plain
from foretaste.report.write import write_together
from foretaste.types import Modality

__all__ = ["TraceReport"]

SCHEMA = "foretaste/trace/v1"


@dataclass(frozen=True, eq=False)
class TraceReport:
    """The result of `foretaste.trace`.

    Printed, it is a summary of a few lines; in a notebook, the page. `save` writes it.

    Attributes
    ----------
    rows, digest, name
        Of the training rows.
    view
        What the traced head reads, in words.
    incidents
        In the order given.
    causes
        One for every label that was said.
    repair
        The proof; None where there was no suspect, or none was wanted.
    agreement
        How far the traced head stands for the model; None without a model.
    """

    name: str
    modality: Modality
    rows: int
    digest: str
    view: str
    incidents: tuple[Incident, ...]
    causes: tuple[Cause, ...]
    repair: Repair | None
    agreement: Agreement | None
    alpha: float
    fdr: float
    seed: int
    notes: tuple[str, ...]
    versions: Mapping[str, str] = field(repr=False)

    @property
    def explained(self) -> bool:
        """Whether training rows or sources explain any of the incidents."""
        return any(cause.explained for cause in self.causes)

    @property
    def guilty(self) -> tuple[str, ...]:
        """Names of guilty sources."""
        names = (s.name for cause in self.causes for s in cause.sources if s.guilty)
        return tuple(dict.fromkeys(names))

    @property
    def exit_code(self) -> int:
        """0 nothing was found; 1 a cause was found; 3 it was found and could not be proven."""
        if not self.explained:
            return 0
        return 3 if self.repair is not None and self.repair.proof is Proof.INCONCLUSIVE else 1

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        document: dict[str, Any] = {"schema": SCHEMA, "exit_code": self.exit_code}
        document.update(encode(self))
        return document

    def to_json(self) -> str:
        """`to_dict` as strict JSON text with sorted keys."""
        return json.dumps(self.to_dict(), sort_keys=True, indent=1, ensure_ascii=True) + "\n"

    def to_html(self) -> str:
        """The report as one self-contained page."""
        return to_trace_page(self)

    def save(self, folder: str | Path) -> Path:
        """Write ``trace.html`` and ``trace.json`` into `folder`.

        Raises
        ------
        OutputError
            It cannot be written; what was there before is untouched.
        """
        contents = {"trace.html": self.to_html().encode(), "trace.json": self.to_json().encode()}
        write_together(folder, contents)
        return Path(folder)

    def __str__(self) -> str:
        return to_trace_plain(self)

    def _repr_html_(self) -> str:
        from foretaste.report.page import as_frame  # noqa: PLC0415 - notebooks only

        return as_frame(self.to_html())
