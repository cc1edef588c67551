"""The one test of a group: the labels it has against the labels it should have.

For a candidate group G of rows that share something: O = rows of G with label c, and
E = Σ p(c|x) over G by models that never saw any row of G, on the rows with what they share
removed. Each view of the rows gives its own E; all of them must be surprised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.modality import Change
from foretaste.stats.excess import group_design_effect, poisson_surprise, share_surprise
from foretaste.stats.pair_correlation import PairCorrelation, fit_pair_correlation
from foretaste.types import Content, Floats, Head, Ints, Modality, View

__all__ = ["GroupTest", "GroupTester", "surprise_of"]

BLOCK = 1_500  # rows whose pairwise similarities are taken at once
BLOCKS = 3
MOST_PAIRED = 500  # rows of a group whose pairs are all looked at


@dataclass(frozen=True)
class GroupTest:
    """The evidence for one group and the label that its rows are pushed to."""

    rows: Ints
    wanted: Ints  # (m,) class codes, the same for all rows unless each class has its own goal
    observed: int  # rows of the group with the label wanted
    expected: float  # by the view that expects most
    design_effect: float
    surprise: float  # nats, after the design effect, the least surprised view
    against: float  # nats by which the rest of the rows speaks against the label, likewise
    probabilities: Floats  # (m, k) by the first view that never saw the group

    @property
    def label(self) -> int:
        """The class code all rows are pushed to; of the first row where goals differ."""
        return int(self.wanted[0])


class GroupTester:
    """Tests groups of one view; learns once how much alike rows err alike.

    Parameters
    ----------
    view
        With heads, and content where triggers are to be removed.
    rng
        Chooses the pairs of rows from which the correlation is learnt.
    """

    def __init__(self, view: View, rng: np.random.Generator) -> None:
        if not view.heads:
            msg = "a group can only be tested on a view with heads"
            raise ValueError(msg)
        self._view = view
        self._heads = view.heads
        self._prior = (np.bincount(view.labels, minlength=len(view.classes)) + 1.0) / (
            len(view) + len(view.classes)
        )
        seeds = [int(rng.integers(2**31)) for _ in self._heads]
        self._correlation = [
            _learn_correlation(h, view.labels, np.random.default_rng(s))
            for h, s in zip(self._heads, seeds, strict=True)
        ]

    def __call__(
        self,
        rows: Ints,
        wanted: int | Ints,
        change: Change | None = None,
        bar: float = 0.0,
        *,
        whole: bool = False,
    ) -> GroupTest:
        """Test whether `rows` carry a label more often than the rest of each row explains.

        `wanted` is that label, or one for each row, chosen without a look at the rows' own; -1
        where none is known. A head whose surprise stays below `bar` ends the test: the others
        need not be asked. With `whole`, rows are as somebody could have written them, so foreign
        heads are asked, too: they know what a trigger says, and nothing of rows with gaps.
        """
        content: Content | None = None
        if change is not None and self._view.content is not None:
            content = change.remove(self._view.content.take(rows))
        wanted = np.broadcast_to(np.asarray(wanted, dtype=np.int64), rows.shape)
        carries = self._view.labels[rows] == wanted
        tests: list[GroupTest] = []
        for head, corr in zip(self._heads, self._correlation, strict=True):
            if head.foreign and not whole:
                continue
            tests.append(self._by_head(head, corr, rows, wanted, carries, content))
            if tests[-1].surprise < bar:
                break
        weakest = min(tests, key=lambda t: t.surprise)
        return GroupTest(
            rows=rows,
            wanted=wanted,
            observed=weakest.observed,
            expected=max(t.expected for t in tests),
            design_effect=weakest.design_effect,
            surprise=weakest.surprise,
            against=min(t.against for t in tests),
            probabilities=tests[0].probabilities,
        )

    def _by_head(
        self,
        head: Head,
        correlation: PairCorrelation,
        rows: Ints,
        wanted: Ints,
        carries: npt.NDArray[np.bool_],
        content: Content | None,
    ) -> GroupTest:
        p = head.leave_out(rows, content)
        pc = np.where(wanted >= 0, p[np.arange(len(rows)), wanted], 0.0)
        pc = self._restored(pc, int(wanted[0]), int(carries.sum()))
        deff = _design_effect(head, correlation, rows, pc * (1.0 - pc))
        observed, expected = int(carries.sum()), float(pc.sum())
        counts = (observed / deff, expected / deff, len(rows) / deff)
        surprise = float(surprise_of(self._view.modality, *counts))
        pc, prior = pc[carries], self._prior[wanted][carries]
        odds = np.log((1.0 - pc) / pc) - np.log((1.0 - prior) / prior)
        against = float(odds.sum()) / deff
        return GroupTest(rows, wanted, observed, expected, deff, surprise, against, p)

    def _restored(self, p: Floats, label: int, carriers: int) -> Floats:
        """What the label would be given, had the group's rows not been taken out of its class.

        A model without a third of a class expects less of it than there is. Odds are raised by
        what is missing; too far, if the rows were planted: the error is on the safe side.
        """
        if self._view.modality is Modality.IMAGE:  # not measured there
            return p
        of_class = int((self._view.labels == label).sum())
        missing = of_class / max(of_class - carriers, 1)
        return np.asarray(missing * p / (1.0 + (missing - 1.0) * p))


def surprise_of(
    modality: Modality, observed: npt.ArrayLike, expected: npt.ArrayLike, size: npt.ArrayLike
) -> Floats:
    """Nats of seeing `observed` of `size` rows where `expected` were due.

    The sharper bound of a share is measured on honest tables and texts, and not yet on images.
    """
    if modality is Modality.IMAGE:
        return poisson_surprise(observed, expected)
    return share_surprise(observed, expected, size)


def _design_effect(
    head: Head, correlation: PairCorrelation, rows: Ints, variances: Floats
) -> float:
    """The design effect; of a large group by an even sample, as it grows linearly in size."""
    step = -(-len(rows) // MOST_PAIRED)
    some = group_design_effect(variances[::step], correlation(head.similarity(rows[::step])))
    return 1.0 + (some - 1.0) * (len(rows) - 1) / max(len(rows[::step]) - 1, 1)


def _learn_correlation(head: Head, labels: Ints, rng: np.random.Generator) -> PairCorrelation:
    """From pairs of random rows, whatever their labels: rows picked by label err alike always."""
    p = head.leave_one_out()
    n, k = p.shape
    similarity, products = [], []
    z = (np.eye(k)[labels] - p) / np.sqrt(p * (1.0 - p))
    for _ in range(BLOCKS):
        rows = np.sort(rng.choice(n, size=min(BLOCK, n), replace=False))
        sim = head.similarity(rows)
        pairs = np.triu_indices(len(rows), 1)
        similarity.append(sim[pairs])
        products.append((z[rows] @ z[rows].T)[pairs] / k)
    return fit_pair_correlation(np.concatenate(similarity), np.concatenate(products))
