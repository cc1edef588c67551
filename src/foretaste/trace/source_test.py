"""Which source do the strongest rows come from, more often than its share of the label explains?

Under the null the sources of the rows that carry the label are exchangeable: they are dealt out
again at random, within the label, and the largest statistic over all sources, ways of scoring and
depths is kept (Westfall and Young 1993, the max-T procedure): the p-value is family-wise and
exact, whatever the scores are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.types import Floats, Ints

__all__ = ["SourceTest", "compare_sources", "confounded"]

DEPTHS = (10, 30, 100, 300)  # strongest rows that are looked at; how many were planted is unknown
DEALS = 999
MOST = 0.9  # share of the label that one source may hold
FEWEST = 5  # rows of the label that a source needs to count as another one


@dataclass(frozen=True)
class SourceTest:
    """What the test says of s sources.

    Attributes
    ----------
    p_value
        (s,) family-wise over sources, ways and depths; 1 for a source without a row of the label.
    held
        (s,) rows of the label that the source gave.
    strongest
        (s,) of them, how many are among the `depth` strongest.
    depth
        The depth at which the most conspicuous source stands out most.
    """

    p_value: Floats
    held: Ints
    strongest: Ints
    depth: int


def confounded(sources: Ints, n_sources: int) -> str | None:
    """Why source and label cannot be told apart among rows of one label; None if they can.

    Parameters
    ----------
    sources
        Source codes of the rows that carry the label.

    Examples
    --------
    >>> import numpy as np
    >>> confounded(np.zeros(50, dtype=np.int64), 3)
    'all but 0 of 50 rows with this label come from one source'
    """
    held = np.bincount(sources, minlength=n_sources)
    most = int(held.max(initial=0))
    if most > MOST * len(sources) or (held >= FEWEST).sum() < 2:
        rest = len(sources) - most
        return f"all but {rest} of {len(sources)} rows with this label come from one source"
    return None


def compare_sources(
    scores: Floats, sources: Ints, n_sources: int, rng: np.random.Generator
) -> SourceTest:
    """Compare the sources of the strongest rows with chance.

    Parameters
    ----------
    scores
        (v, n') of the rows that carry the label, in v ways; higher speaks more for the incident.
    sources
        (n',) source codes below `n_sources`.
    rng
        Deals sources out again.

    Examples
    --------
    >>> import numpy as np
    >>> sources = np.repeat([0, 1, 2, 3], 50)
    >>> rng = np.random.default_rng(0)
    >>> found = compare_sources(np.where(sources == 2, 1.0, 0.0)[None], sources, 4, rng)
    >>> found.p_value.tolist()
    [1.0, 1.0, 0.001, 1.0]
    """
    held = np.bincount(sources, minlength=n_sources)
    n = scores.shape[1]
    depths = sorted({min(depth, max(1, n // 2)) for depth in DEPTHS})
    orders = np.argsort(-scores, axis=1, kind="stable")[:, : depths[-1]]
    strong, place = np.unique(orders, return_inverse=True)
    place = place.reshape(orders.shape)  # of the rows of each order among the strong ones
    dealt = np.vstack([sources[strong], _deals(held, len(strong), rng)])
    z = np.stack(
        [
            _standardised(dealt[:, at], np.maximum(way[order], 0.0), depth, n_sources)
            for way, order, at in zip(scores, orders, place, strict=True)
            for depth in depths
        ]
    )
    best = z.max(axis=0)  # (1 + deals, s) over ways and depths
    highest = best[1:].max(axis=1)
    p = (1.0 + (highest[:, None] >= best[0]).sum(axis=0)) / (DEALS + 1.0)
    way, at = divmod(int(z[:, 0, int(best[0].argmax())].argmax()), len(depths))
    strongest = np.bincount(sources[orders[way, : depths[at]]], minlength=n_sources)
    return SourceTest(np.where(held > 0, p, 1.0), held, strongest, depths[at])


def _deals(held: Ints, m: int, rng: np.random.Generator) -> Ints:
    """(deals, m) sources of m rows drawn without replacement, in random order."""
    counts = rng.multivariate_hypergeometric(held, m, size=DEALS)
    codes = np.tile(np.arange(len(held)), DEALS)
    return np.asarray(rng.permuted(np.repeat(codes, counts.ravel()).reshape(DEALS, m), axis=1))


def _standardised(dealt: Ints, weight: Floats, depth: int, s: int) -> Floats:
    """(1 + deals, s) summed weight of each source among the strongest, in standard deviations."""
    deals = len(dealt)
    at = (np.arange(deals)[:, None] * s + dealt[:, :depth]).ravel()
    total = np.bincount(at, np.tile(weight[:depth], deals), minlength=deals * s).reshape(deals, s)
    centre = total[1:].mean(axis=0)
    return np.asarray((total - centre) / np.maximum(total[1:].std(axis=0), 1e-9))
