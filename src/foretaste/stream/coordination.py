"""Which sources act together more often than their activity and the hot topics explain.

A pair of sources scores what it shares: the same content, the same theme or the same label at the
same time, each the more the fewer sources share it. The null is permutation: rows change their
senders, so that each source keeps its activity and each topic its popularity, and everybody at a
hot topic meets everybody there. Pairs above the largest score of all permutations are joined.

Acting together accuses nobody: friends and time zones do it. Sources that are joined count as one
where independent voices are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from foretaste.stream.settings import GuardSettings

__all__ = ["acting_together", "themes"]

_CROWD = 200  # what more sources share tells nothing about any two of them
_LEAST = 3  # sources that make a company

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
    columns = _columns((labels, slots), (labels, slots, about), (labels, contents))
    score = _pair_scores(sources, columns, n)
    if score.nnz == 0:
        return np.arange(n)
    bar = max(
        _largest(_pair_scores(rng.permutation(sources), columns, n))
        for _ in range(settings.shuffles)
    )
    score.data = np.where(score.data > bar, score.data, 0.0)
    score.eliminate_zeros()
    company = np.asarray(connected_components(score, directed=False)[1], dtype=np.int64)
    small = np.bincount(company)[company] < _LEAST
    return np.where(small, len(company) + np.arange(len(company)), company)


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


def _columns(*kinds: tuple[Ints, ...]) -> list[Ints]:
    """For each kind of what can be shared, a number a row."""
    return [np.unique(np.stack(kind), axis=1, return_inverse=True)[1].ravel() for kind in kinds]


def _pair_scores(sources: Ints, columns: list[Ints], n: int) -> sparse.csr_matrix:
    """(n, n) upper triangle: the sum over what two sources share of log(n / who shares it)."""
    total = sparse.csr_matrix((n, n))
    for column in columns:
        shape = (n, int(column.max()) + 1 if len(column) else 0)
        held: Any = sparse.csr_matrix((np.ones(len(column)), (sources, column)), shape=shape)
        held.data[:] = 1.0
        who = np.asarray(held.sum(axis=0)).ravel()
        telling = (who >= 2) & (who <= _CROWD)
        held = held[:, telling]
        weight = np.sqrt(np.log(max(n, 2) / who[telling]).clip(min=0.0))
        weighed = held @ sparse.diags(weight)
        total = total + weighed @ weighed.T
    return sparse.triu(total, k=1, format="csr")


def _largest(score: sparse.csr_matrix) -> float:
    return float(score.data.max()) if score.nnz else 0.0
