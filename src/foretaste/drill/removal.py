"""Does it do harm, and does the harm end when the flagged rows are taken out? Victims tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.victim import Victim, attack_success, has_aim, train
from foretaste.drill.ground import Ground, Planted
from foretaste.report.trials import Harm

__all__ = ["harm_of"]

Bools = npt.NDArray[np.bool_]
GAIN, GAIN_OF_FLIPS = 0.4, 0.1  # attack success beyond that of a clean victim that counts as harm
LOSS = 0.02  # of accuracy, where an attack aims at no certain class
SURE = 2.0  # standard errors that the loss must exceed: small test sets lose 2 % by chance


def harm_of(ground: Ground, planted: Planted, family: str, flagged: Bools, seed: int) -> Harm:
    """Train victims on the copy, and on the copy without `flagged`.

    Parameters
    ----------
    ground
        Holds the rows to test on, and the victim that never saw the attack.
    planted
        The poisoned copy.
    family
        Of the attack: flips are held to smaller gains, outliers aim at no model.
    flagged
        (n,) rows of the copy to take out; those that were flagged before stay in.
    seed
        Of the victims.

    Raises
    ------
    foretaste.errors.UsageError
        No held-out row is one that the attack is about.
    """
    learn, test = planted.learn, ground.tested
    before = train(planted.sample.take(learn), seed)
    rest = planted.sample.take(learn[~flagged[learn]])
    after = before
    if len(rest) < len(learn) and np.unique(rest.labels).size > 1:
        after = train(rest, seed)
    victims = (ground.clean_victim, before, after)
    right = [victim.predict(test.content) == test.labels for victim in victims]
    works = None if family == "outlier" else _lost(right[0], right[1])
    harm = Harm(
        clean=None,
        before=None,
        after=None,
        accuracy_clean=float(right[0].mean()),
        accuracy_before=float(right[1].mean()),
        accuracy_after=float(right[2].mean()),
        works=works,
        ended=not _lost(right[0], right[2]) if works else None,
        tested=len(test),
    )
    if not has_aim(planted.done):
        return harm
    aim = _Aim(test, planted.done, family)
    clean, worst, last = (aim.success(victim) for victim in victims)
    works = aim.gained(worst, clean)
    return replace(
        harm,
        clean=clean.rate,
        before=worst.rate,
        after=last.rate,
        works=works,
        ended=not aim.gained(last, clean) if works else None,
        tested=worst.n,
    )


@dataclass(frozen=True)
class _Success:
    rate: float
    low: float
    n: int


@dataclass(frozen=True)
class _Aim:
    """Counts how often victims do what the attacker wants."""

    test: Sample
    done: Poisoned
    family: str

    def success(self, victim: Victim) -> _Success:
        counted = attack_success(victim, self.test, self.done)
        return _Success(counted.rate, counted.low, counted.n)

    def gained(self, victim: _Success, clean: _Success) -> bool:
        """Beyond a clean victim; where there are few inputs, beyond chance as well."""
        if self.done.instances is not None:
            return victim.low > clean.rate
        return victim.rate - clean.rate > (GAIN_OF_FLIPS if self.family == "flip" else GAIN)


def _lost(clean: Bools, victim: Bools) -> bool:
    """Whether a victim reads fewer rows rightly, of rows that both read.

    The share lost must be above 2 %, and the rows on which the two differ must differ in one
    direction beyond chance (McNemar).
    """
    worse, better = int((clean & ~victim).sum()), int((victim & ~clean).sum())
    loss = (worse - better) / max(1, clean.size)
    return loss > LOSS and worse - better > SURE * math.sqrt(worse + better)
