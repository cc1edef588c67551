"""What a check says: findings, what was not checked, and what that means for a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from foretaste.errors import BlockedError, NotAssessableError
from foretaste.validate.schema import Severity

__all__ = ["Finding", "Outcome", "Unchecked", "Validation"]

_ORDER = {Severity.BLOCK: 0, Severity.WARN: 1, Severity.INFO: 2}


class Outcome(StrEnum):
    """May a pipeline go on?"""

    PASS = "pass"  # noqa: S105 - no password
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"  # a rule that blocks could not be checked: no pass


@dataclass(frozen=True)
class Finding:
    """A rule that the data breaks.

    `count` rows break it, out of `total`; `rows` are the numbers of the first of them (at most
    20). `effect` and `p_value` are there where a test was made; p-values hold over all tests
    of the check.
    """

    rule: str  # stable for ever: type, domain, range ...
    column: str  # "" for the data set as a whole
    severity: Severity
    message: str  # one sentence
    count: int = 0
    total: int = 0
    rows: tuple[int, ...] = ()
    value: str = ""  # the most telling value
    expected: str = ""  # the rule in a few words
    owner: str = ""
    part: str = ""  # "label = spam", "source = v3": the rows it is about, if not all
    measures: Mapping[str, float] = field(default_factory=dict)  # effect sizes by name
    p_value: float | None = None

    @property
    def order(self) -> tuple[int, float, str, str, str]:
        """Sorts by importance: severity, share of rows or effect, name."""
        share = self.count / self.total if self.total else 0.0
        effect = max((abs(v) for v in self.measures.values()), default=0.0)
        return (_ORDER[self.severity], -max(share, effect), self.column, self.rule, self.part)


@dataclass(frozen=True)
class Unchecked:
    """A rule that could not be checked, and why."""

    rule: str
    column: str
    severity: Severity
    reason: str


@dataclass(frozen=True)
class Validation:
    """The result of a check; `findings` in order of importance.

    Examples
    --------
    >>> Validation("people.csv", 10, "people", "0" * 64).outcome.value
    'pass'
    """

    name: str  # of the data
    rows: int
    schema: str  # its name
    digest: str  # SHA-256 of what the schema says, comments aside
    file: str = ""  # where the schema was read, if from a file
    environment: str | None = None
    reference: str | None = None  # what the data was compared with
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    checked: int = 0  # rules that were put to the data
    tests: int = 0  # statistical tests among them, which share one error level

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that block."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCK)

    @property
    def outcome(self) -> Outcome:
        """Pass, blocked or inconclusive."""
        if self.blocking:
            return Outcome.BLOCKED
        if any(u.severity is Severity.BLOCK for u in self.unchecked):
            return Outcome.INCONCLUSIVE
        return Outcome.PASS

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 inconclusive."""
        return {Outcome.PASS: 0, Outcome.BLOCKED: 1, Outcome.INCONCLUSIVE: 3}[self.outcome]

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        if self.blocking:
            worst = self.blocking[0]
            more = len(self.blocking) - 1
            tail = f" ({more} more)" if more else ""
            return f"{worst.message}{tail}"
        held = [u for u in self.unchecked if u.severity is Severity.BLOCK]
        if held:
            place = f"column {held[0].column!r}, " if held[0].column else ""
            return f"Not checked: {place}{held[0].rule}: {held[0].reason}"
        told = len(self.findings)
        rest = f"; {told} {'remark' if told == 1 else 'remarks'}" if told else ""
        return f"All {self.checked} rules of schema {self.schema!r} hold{rest}"

    def raise_if_blocked(self) -> None:
        """Stop here unless the data keeps to the schema.

        Raises
        ------
        BlockedError
            A finding blocks.
        NotAssessableError
            A rule that blocks could not be checked.
        """
        if self.outcome is Outcome.BLOCKED:
            raise BlockedError(f"{self.name}: {self.sentence}")
        if self.outcome is Outcome.INCONCLUSIVE:
            raise NotAssessableError(f"{self.name}: {self.sentence}")
