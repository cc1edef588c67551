"""The ground a drill stands on: the rows, those held out for victims, and the scan of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Attack, Poisoned, Sample
from foretaste.attack.plant import overwrite, relabel
from foretaste.attack.victim import Victim, train
from foretaste.drill.sample import dataset_of
from foretaste.errors import UsageError
from foretaste.report import Report
from foretaste.report.trials import PLACEBO
from foretaste.scanning import scan
from foretaste.types import Content, Modality, Policy, Table

__all__ = ["ONE_AT_A_TIME", "Ground", "Planted", "held_out"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
HELD_OUT, MOST_HELD_OUT = 0.2, 2000  # share of the rows, and rows

# Networks draw from one global generator: two that train side by side would share its numbers.
ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Planted:
    """A poisoned copy.

    Attributes
    ----------
    sample
        All rows of the copy, as they are scanned.
    truth
        Which of them are poison.
    flagged_before
        Which of them a scan flagged before anything was planted.
    learn
        The rows that victims may learn from; none for a placebo.
    done
        What the attack says of the rows it was given.
    """

    sample: Sample
    truth: Bools
    flagged_before: Bools
    learn: Ints
    done: Poisoned


@dataclass(frozen=True)
class Ground:
    """What all trials of a drill share.

    Attributes
    ----------
    sample
        The rows.
    learn, test
        Row numbers: attacks plant in `learn`, and victims learn from it; `test` stays as it is.
    report
        The scan of the rows before anything was planted.
    """

    sample: Sample
    learn: Ints
    test: Ints
    report: Report
    policy: Policy
    profile: str
    scan_seed: int

    @property
    def flagged(self) -> Bools:
        """(n,) rows that were flagged before anything was planted."""
        return self.report.findings.flagged

    @cached_property
    def tested(self) -> Sample:
        """The rows that victims are tested on."""
        return self.sample.take(self.test)

    @cached_property
    def clean_victim(self) -> Victim:
        """A victim that learnt from the rows before anything was planted."""
        return train(self.sample.take(self.learn), self.scan_seed)

    def plant(self, attack: Attack, rng: np.random.Generator) -> Planted:
        """A copy with the attack in it; a placebo may change any row, an attack those of `learn`.

        Raises
        ------
        UsageError
            The attack does not apply to these rows.
        """
        if attack.family == PLACEBO:
            done = attack.poison(self.sample, rng)
            origin = np.arange(len(done.sample)) if done.origin is None else done.origin
            none = np.zeros(0, dtype=np.int64)
            return Planted(done.sample, done.truth, self.flagged[origin], none, done)
        done = attack.poison(self.sample.take(self.learn), rng)
        if done.origin is not None or (
            self.sample.sources is None and done.sample.sources is not None
        ):
            raise UsageError("needs rows with a source: name the column that says who gave a row")
        truth = np.zeros(len(self.sample), dtype=np.bool_)
        truth[self.learn] = done.truth
        return Planted(self._joined(done.sample), truth, self.flagged, self.learn, done)

    def scan(self, sample: Sample) -> Report:
        """Scan a copy as the rows themselves were scanned."""
        return scan(
            dataset_of(sample, self.report.name),
            policy=self.policy,
            profile=self.profile,
            seed=self.scan_seed,
            workers=1,
        )

    def _joined(self, poisoned: Sample) -> Sample:
        """The poisoned rows among those that were held out."""
        whole = overwrite(self.sample, self.learn, poisoned.content)
        content: Content = whole.content
        if isinstance(content, Table) and isinstance(poisoned.content, Table):
            content = replace(content, categories=poisoned.content.categories)
        return replace(relabel(whole, self.learn, poisoned.labels), content=content)

    @property
    def uses_networks(self) -> bool:
        """Whether attacks and victims may train a network."""
        return self.sample.content.modality is Modality.IMAGE


def held_out(sample: Sample, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Row numbers to learn from and to test on: a fifth of every class, 2,000 rows at most.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.types import Table
    >>> rows = Sample(Table(("x",), np.ones((50, 1))), np.arange(50) % 2, ("a", "b"))
    >>> learn, test = held_out(rows, np.random.default_rng(0))
    >>> len(learn), len(test)
    (40, 10)
    """
    share = min(HELD_OUT, MOST_HELD_OUT / max(1, len(sample)))
    test = np.zeros(len(sample), dtype=np.bool_)
    for code in range(len(sample.classes)):
        own = rng.permutation(np.flatnonzero(sample.labels == code))
        test[own[: round(share * own.size)]] = True
    return np.flatnonzero(~test), np.flatnonzero(test)
