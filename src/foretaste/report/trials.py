"""What a drill measured: every trial, and what many of them say together.

::

    Trial (+ Harm)  one attack planted once in a copy, the copy scanned, a victim trained
    PowerPoint      the trials of one attack at one size
    Answer          one attack in one sentence
"""

from __future__ import annotations

from dataclasses import dataclass

from foretaste.types import Verdict

__all__ = ["PLACEBO", "Answer", "Harm", "PowerPoint", "Trial"]

PLACEBO = "placebo"  # the family of honest look-alikes


@dataclass(frozen=True)
class Harm:
    """What the attack did to a victim, and what was left of it without the rows flagged.

    Attributes
    ----------
    clean, before, after
        Attack success, 0–1, of victims trained on the untouched rows, on the poisoned rows, and
        on what is left once the flagged rows are removed. None where the attack aims at no
        certain class.
    accuracy_clean, accuracy_before, accuracy_after
        Share of the held-out rows read rightly by the same victims.
    works
        Whether the attack does harm in this data; None where it aims at no model.
    ended
        Whether it does not do so any more without the flagged rows; None unless it worked.
    tested
        Rows that success was counted on, or that accuracy was measured on where there is no aim.
    """

    clean: float | None
    before: float | None
    after: float | None
    accuracy_clean: float
    accuracy_before: float
    accuracy_after: float
    works: bool | None
    ended: bool | None
    tested: int


@dataclass(frozen=True)
class Trial:
    """One attack or placebo, planted once in a copy of the data, and what the scan made of it.

    Attributes
    ----------
    rows
        Poisoned rows asked for; 0 for a placebo.
    reason
        Why it could not be planted here; "" where it was.
    planted
        Rows that are poison.
    flagged
        Rows flagged that were not flagged before anything was planted.
    hits
        Of them, rows that are poison.
    noticed
        The scan blocks, and the rows it flags are planted ones more often than by chance. For a
        placebo: the scan blocks and flags rows that it did not flag before.
    found
        What the scan says it found, in a few words.
    source, guilty
        The source whose rows were used, and the sources that the scan calls guilty.
    """

    attack: str
    family: str
    rows: int
    seed: int
    reason: str = ""
    trigger: str = ""
    target: str | None = None
    planted: int = 0
    verdict: Verdict = Verdict.NOT_ASSESSABLE
    flagged: int = 0
    hits: int = 0
    noticed: bool = False
    found: str = ""
    source: str | None = None
    guilty: tuple[str, ...] = ()
    harm: Harm | None = None
    harm_reason: str = ""  # why harm could not be measured

    @property
    def is_placebo(self) -> bool:
        """Whether nothing in it is poison."""
        return self.family == PLACEBO

    @property
    def counts(self) -> bool:
        """Whether it was planted, and not known to be harmless here."""
        harmless = self.harm is not None and self.harm.works is False
        return not self.reason and not harmless


@dataclass(frozen=True)
class PowerPoint:
    """The trials of one attack at one size.

    `low` and `high` are the 95 % Clopper–Pearson interval of the share `noticed` of `trials`;
    `harmless` counts trials in which a victim came to no harm, `recall` is the mean share of
    planted rows that were flagged.
    """

    attack: str
    family: str
    rows: int
    trials: int
    noticed: int
    low: float
    high: float
    harmless: int
    recall: float

    @property
    def share(self) -> float:
        """Trials noticed, 0–1."""
        return self.noticed / self.trials


@dataclass(frozen=True)
class Answer:
    """One attack in one sentence.

    Attributes
    ----------
    from_rows
        The smallest size from which on every trial that counts was noticed; None if there is
        none.
    missed_rows
        The largest size that counts and at which a trial was missed; None if none was.
    outcome
        "noticed" at every size, "from a size on", "missed", "harmless" or "not applicable".
    sentence
        The same, for people.
    """

    attack: str
    family: str
    outcome: str
    from_rows: int | None
    missed_rows: int | None
    sentence: str
