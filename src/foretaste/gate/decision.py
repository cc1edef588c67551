"""What a gate says: checks with findings, and one outcome for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Check", "Decision", "Finding", "Level", "Outcome", "worst"]


class Outcome(StrEnum):
    """May training go on? From best to worst."""

    PASS = "pass"  # noqa: S105 - no password
    INCONCLUSIVE = "inconclusive"  # could not be decided: no pass
    BLOCKED = "blocked"  # by the policy
    INVALID = "invalid"  # a signature or the provenance does not hold

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 inconclusive, 4 invalid."""
        return {"pass": 0, "blocked": 1, "inconclusive": 3, "invalid": 4}[self.value]


class Level(StrEnum):
    """How much a finding weighs, in the words of SARIF."""

    ERROR = "error"  # keeps the gate closed
    WARNING = "warning"  # rows were quarantined, or somebody should look
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found in one part of the data."""

    rule: str  # stable for ever: "scan/backdoor", "schema/range", "provenance/label" ...
    level: Level
    message: str  # one sentence
    part: str = ""  # the group, column, source or file it is about
    rows: tuple[int, ...] = ()  # the first of them
    count: int = 0  # all of them
    anchor: str = ""  # what the fingerprint is made of beside rule and part

    @property
    def fingerprint(self) -> str:
        """The same finding in the same part has the same one, wherever its rows have moved to.

        Examples
        --------
        >>> a = Finding("scan/backdoor", Level.ERROR, "36 rows", "7", anchor="3×3 patch")
        >>> b = Finding("scan/backdoor", Level.ERROR, "40 rows", "7", anchor="3×3 patch")
        >>> a.fingerprint == b.fingerprint
        True
        """
        text = f"{self.rule}\n{self.part}\n{self.anchor}"
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


@dataclass(frozen=True)
class Check:
    """One question and its answer."""

    name: str  # provenance, schema, scan, budget, rescan
    outcome: Outcome
    sentence: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Decision:
    """All checks of one gate."""

    checks: tuple[Check, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the checks."""
        return worst(check.outcome for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 inconclusive, 4 invalid."""
        return self.outcome.exit_code

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all checks."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def sentence(self) -> str:
        """The decision in one sentence."""
        closed = [check for check in self.checks if check.outcome is self.outcome]
        if self.outcome is Outcome.PASS:
            told = [check.sentence for check in self.checks if check.findings]
            return "; ".join(told) or "nothing stands against training on this data"
        return "; ".join(f"{check.name}: {check.sentence}" for check in closed)


_ORDER = list(Outcome)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of some outcomes; without any there is no pass.

    Examples
    --------
    >>> worst([Outcome.PASS, Outcome.BLOCKED, Outcome.INCONCLUSIVE]).value
    'blocked'
    >>> worst([]).value
    'inconclusive'
    """
    return max(outcomes, key=_ORDER.index, default=Outcome.INCONCLUSIVE)
