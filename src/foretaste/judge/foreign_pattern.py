"""A pattern on images of the right class: it goes with the class, and with nothing they show.

What images of a class share by nature, stripes or a collar, goes with their shape and shading:
their gist tells, better than chance, which of them have it. A pattern that was laid over images
chosen at random leaves their gist as it is. Marks written over images have all their pixels
there, and next to none anywhere else, where by nature some images always come half way.

That alone accuses nobody: the trigger must also turn images of other classes to the label, which
the transplant shows.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from foretaste.judge.company import UNRELATED, told_apart
from foretaste.judge.foreign_body import ForeignBody
from foretaste.modality import Written, tools_of
from foretaste.modality.image import as_images
from foretaste.modality.image_spread_trigger import SpreadTrigger
from foretaste.stats.excess import share_surprise
from foretaste.types import Bools, Candidate, Content, Floats, Ints, Trigger, View

__all__ = ["ForeignPatternTester"]

PURE = 0.9  # share of the rows with the label
MIN_CARRIERS = 30  # fewer rows leave the area under the curve too uncertain
OTHERS = 3  # rows without the pattern for each one with it
COARSE = 0.25  # share of a pattern's power that is left when it is blurred, at most
MEAN = 0.5  # share of its power in its mean: where waves are clipped at black, it has two fifths
APART = 7.0  # standard deviations; a cut through one heap leaves 3, natural styles reached 6.8
BLUR = 2.0  # pixels
SOME = 50  # rows on which the pattern is looked at
WHOLE = 0.9  # share of its pixels that a marked row has, in the median
HALF_WAY = 0.5  # share of the pixels that other rows have at most ...
MOST = 0.995  # ... this share of them
CONFIDENCE = 2.0  # standard errors below that limit


class ForeignPatternTester:
    """Tests candidates of one view of images.

    Parameters
    ----------
    view
        With content.
    seed
        Chooses the rows that are compared.
    """

    def __init__(self, view: View, seed: int) -> None:
        self._view, self._seed = view, seed
        self._gist = (
            None
            if view.content is None
            else tools_of(view.modality).fit_coarse(view.content, np.random.default_rng(seed))
        )

    def __call__(self, candidate: Candidate, label: int, bar: float) -> ForeignBody | None:
        """The evidence, if the gist of a row does not tell whether it is one; else None."""
        view, trigger, rows = self._view, candidate.trigger, candidate.rows
        if trigger is None or view.content is None or self._gist is None:
            return None
        mine = view.labels == label
        carriers = rows[mine[rows]]
        surprise = float(share_surprise(len(carriers), len(rows) * mine.mean(), len(rows)))
        if len(carriers) < max(MIN_CARRIERS, PURE * len(rows)) or surprise < bar:
            return None
        if isinstance(trigger, Written):
            share, apart = _half_way(trigger.borne(view.content), rows, carriers), True
        else:
            share, apart = self._told(trigger, rows, carriers, mine), False
            if share is not None and isinstance(trigger, SpreadTrigger):
                rest = np.setdiff1d(np.flatnonzero(mine), rows)
                apart = _gap(trigger, view.content, carriers, rest) >= APART
        if share is None:
            return None
        return ForeignBody(surprise, share, 1.0, suffices=False, apart=apart)

    def _told(self, trigger: Trigger, rows: Ints, carriers: Ints, mine: Bools) -> float | None:
        """How well the gist tells which rows of the class have the pattern; None if it does."""
        content, gist = self._view.content, self._gist
        rng = np.random.default_rng([self._seed, len(rows), int(rows[0])])
        others = _others(mine, rows, OTHERS * len(carriers), rng)
        if content is None or gist is None or len(others) < len(carriers) / 2:
            return None
        if _is_smooth(trigger, content.take(others[:SOME])):
            return None  # the gist is made of such patterns: removed, they take it with them
        # what removal leaves behind, it leaves in all
        without = trigger.remove(content.take(carriers))
        beside = trigger.remove(trigger.stamp(content.take(others)))
        area, error = told_apart(gist(without), gist(beside), rng)
        return area if area + CONFIDENCE * error <= UNRELATED else None


def _is_smooth(trigger: Trigger, content: Content) -> bool:
    """Whether a blurred eye sees most of a pattern: its mean, or its slow changes."""
    before, after = as_images(content), as_images(trigger.stamp(content))
    pattern = (after.values.astype(np.float64) - before.values).mean(axis=(0, 3))
    changes = pattern - pattern.mean()
    blurred = gaussian_filter(changes, BLUR, mode="nearest")
    total, power = (max(float((p**2).sum()), 1e-9) for p in (pattern, changes))
    return float((blurred**2).sum()) > COARSE * power or 1.0 - power / total > MEAN


def _gap(trigger: SpreadTrigger, content: Content, carriers: Ints, rest: Ints) -> float:
    """How many standard deviations lie between carriers and the rest of their class."""
    inside, outside = (trigger.along(content.take(rows)) for rows in (carriers, rest))
    # the direction is the mean of the carriers: what each adds to it vouches for itself
    between = inside.mean() - 1.0 / len(carriers) - outside.mean()
    spread = np.sqrt(np.average([inside.var(), outside.var()], weights=[len(inside), len(outside)]))
    return float(between / max(float(spread), 1e-9))


def _half_way(borne: Floats, rows: Ints, carriers: Ints) -> float | None:
    """How much of a mark other rows have, at most; None if marks come half way in others."""
    most = float(np.quantile(np.delete(borne, rows), MOST))
    there = float(np.median(borne[carriers])) >= WHOLE
    return most if there and most <= HALF_WAY else None


def _others(mine: Bools, rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Rows of the class without the pattern."""
    free = mine.copy()
    free[rows] = False
    found = np.flatnonzero(free)
    return found if len(found) <= most else np.sort(rng.choice(found, most, replace=False))
