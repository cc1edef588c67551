"""The report: what a scan found, with enough to understand, act and replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from foretaste.types import (
    Coverage,
    Findings,
    Group,
    Judgement,
    MapPoint,
    Modality,
    Policy,
    Roles,
    SourceFinding,
    Verdict,
)

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """The result of `foretaste.scan`."""

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
    map_points: tuple[MapPoint, ...] = field(default=())

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
