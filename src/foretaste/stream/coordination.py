"""Which sources act together more often than their activity and the hot topics explain.

A pair of sources scores what it shares: the same content, the same theme or the same label at the
same time, each the more the fewer sources share it. The null is permutation: rows change their
senders, so that each source keeps its activity and each topic its popularity, and everybody at a
hot topic meets everybody there. Pairs above the largest score of all permutations are joined.
Permutations end as soon as no company is left to be refuted: two or three on an honest stream.

Acting together accuses nobody: friends and time zones do it. Sources that are joined count as one
where independent voices are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from foretaste.stream.numbering import numbered
from foretaste.stream.settings import GuardSettings

__all__ = ["acting_together", "themes"]

_CROWD = 200  # what more sources share tells nothing about any two of them
_LEAST = 3  # sources that make a company

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]


def acting_together(
    sources: Ints,
    labels: Ints,
    contents: Ints,
    about: Ints,
    times: npt.NDArray[np.float64],
    settings: GuardSettings,
    rng: np.random.Generator,
) -> Ints:
    """The company of each source.

    Parameters
    ----------
    sources, labels, contents, about
        (n,) numbers, of rows: sender, label, content (`copies`), theme (`themes`).
    times
        (n,) seconds.

    Returns
    -------
    ndarray
        (sources,) for the numbers 0 … max(sources): sources of one company share a number.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> sender = np.r_[np.tile([0, 1, 2], 8), rng.integers(3, 40, 300)]
    >>> when = np.r_[np.repeat(np.arange(8) * 9000.0, 3), rng.uniform(0, 80_000, 300)]
    >>> label, what = np.zeros(324, int), np.arange(324)
    >>> company = acting_together(sender, label, what, what, when, GuardSettings(), rng)
    >>> bool((company[:3] == company[0]).all()), bool((company[3:] == company[0]).any())
    (True, False)
    """
    n = int(sources.max()) + 1 if len(sources) else 0
    slots = (times // settings.together).astype(np.int64)
    shared = _shared((labels, slots), (labels, slots, about), (labels, contents))
    pairs = _pairs(sources, shared, n)
    alone = np.arange(n)
    company = _joined(pairs, n)
    for _ in range(settings.shuffles):
        if np.array_equal(company, alone):
            break
        chance = _pairs(rng.permutation(sources), shared, n).score.max(initial=0.0)
        pairs = pairs.above(float(chance))
        company = _joined(pairs, n)
    return company


def themes(terms: sparse.csr_matrix) -> Ints:
    """(n,) what each row is about: its rarest term that at least three rows hold; else itself."""
    n = terms.shape[0]
    spread = np.asarray(terms.sum(axis=0)).ravel()
    frequent = np.where(spread >= _LEAST, spread, np.inf)
    of_term = frequent[terms.indices]
    about = terms.shape[1] + np.arange(n)
    starts, ends = terms.indptr[:-1], terms.indptr[1:]
    filled = np.flatnonzero(ends > starts)
    if len(filled):
        row_of = np.repeat(np.arange(n), np.diff(terms.indptr))
        order = np.lexsort((terms.indices, of_term, row_of))
        first = order[starts[filled]]
        shared = np.isfinite(of_term[first])
        about[filled[shared]] = terms.indices[first[shared]]
    return np.asarray(about, dtype=np.int64)


@dataclass(frozen=True)
class _Pairs:
    """Pairs of sources that share something, and how much."""

    one: Ints
    other: Ints
    score: Floats

    def above(self, bar: float) -> _Pairs:
        """Those that share more; sums of the same shares in another order are no more."""
        more = self.score > bar * (1 + 1e-6)
        return _Pairs(self.one[more], self.other[more], self.score[more])


def _joined(pairs: _Pairs, n: int) -> Ints:
    """(n,) the smallest source of each company; a source that has none stands for itself."""
    links = sparse.coo_matrix((np.ones(len(pairs.one)), (pairs.one, pairs.other)), shape=(n, n))
    part = connected_components(links, directed=False)[1]
    first = np.unique(part, return_index=True)[1]
    small = np.bincount(part)[part] < _LEAST
    return np.where(small, np.arange(n), first[part]).astype(np.int64)


def _shared(*kinds: tuple[Ints, ...]) -> list[Ints]:
    """For each kind of what can be shared, a number a row."""
    return [numbered(*kind) for kind in kinds]


def _pairs(sources: Ints, shared: list[Ints], n: int) -> _Pairs:
    """Pairs of sources with the sum, over what they share, of log(n / who shares it).

    At most `_CROWD` sources meet in one thing, so the work is linear in rows.
    """
    parts = []
    for what in shared:
        shape = (n, int(what.max(initial=-1)) + 1)
        held = sparse.csc_matrix((np.ones(len(what), dtype=np.float32), (sources, what)), shape)
        held.data[:] = 1.0
        who = np.diff(held.indptr)
        telling = (who >= 2) & (who <= _CROWD)
        weight = np.sqrt(np.log(max(n, 2) / who[telling]).clip(min=0.0))
        parts.append(held[:, telling] @ sparse.diags(weight.astype(np.float32)))
    weighed = sparse.hstack(parts, format="csr")
    score = weighed @ weighed.T
    one = np.repeat(np.arange(n), np.diff(score.indptr))
    upper = score.indices > one
    return _Pairs(one[upper], score.indices[upper].astype(np.int64), score.data[upper])
