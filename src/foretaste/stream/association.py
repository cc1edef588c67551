"""Terms that are linked to a label all at once: by a crowd, or by a few who look like one?

A viral event links a new name to a topic as quickly as a campaign does. What differs is who speaks:
a crowd is many independent voices, old and new ones, in their own words, about what they were
shown. Links are therefore counted in voices, and a lifted link is held back only where at least
two marks of dependence are on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.stats.excess import share_surprise
from foretaste.stream.batch import EXPOSED, UNEXPOSED
from foretaste.stream.numbering import numbered
from foretaste.stream.window import Finding, Kind, Window

__all__ = ["dependent_associations"]

_LEAST_ROWS = 8  # of a link
_LIFT = 6.0  # nats by which a link must exceed what is known
_EFFECT = 0.25  # share of the rows with a term by which a link must exceed what is known
_MARK = 7.0  # nats from which on a mark of dependence counts
_CANDIDATES = 40  # links that are looked at closely, the most lifted ones
_COMPANY_SHARE = 0.5  # of the rows of a link that companies give
_REPEATS = 3.0  # times as many rows a voice as elsewhere

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Marks:
    """Per row of the window, what dependence would show in."""

    joined: Bools  # of a company of several sources
    copied: Bools  # another source gave the same content
    unshown: Bools  # the sender was not shown what it is about
    judged: Bools  # exposure is known


def dependent_associations(window: Window) -> list[Finding]:
    """Links of a term and a label that rise without independent voices behind them."""
    marks = _marks(window)
    found: list[Finding] = []
    taken = np.zeros(len(window.rows), dtype=bool)
    for term, code, lift in _lifted(window):
        held = window.seen.terms[:, term].toarray().ravel() > 0
        rows = np.flatnonzero(held & (window.codes == code))
        if taken[rows].mean() > 0.5:  # the same rows under another of their words
            continue
        shown = _shown(window, rows, marks)
        if len(shown) >= 2:
            taken[rows] = True
            found.append(_finding(window, rows, code, lift, shown))
    return found


def _lifted(window: Window) -> list[tuple[int, int, float]]:
    """Term, label and nats of the links that exceed what the model expects, by voices."""
    labels = len(window.label_names)
    voice = numbered(window.company, window.contents, window.codes)
    pair = np.unique(voice, return_index=True)[1]  # a voice with one content counts once
    terms = window.seen.terms[pair]
    hot = np.zeros((len(pair), labels))
    hot[np.arange(len(pair)), window.codes[pair]] = 1.0
    p = np.zeros((len(pair), labels))
    known = window.reading.p.shape[1]
    p[:, :known] = window.reading.p[pair]
    support = np.asarray(terms.sum(axis=0)).ravel()
    columns = np.flatnonzero((support >= _LEAST_ROWS) & (support <= 0.5 * len(pair)))
    if not len(columns):
        return []
    chosen = sparse.csc_matrix(terms)[:, columns].T
    observed, expected = np.asarray(chosen @ hot), np.asarray(chosen @ p)
    nats = share_surprise(observed, expected, support[columns][:, None])
    nats[(observed < _LEAST_ROWS) | (observed - expected < _EFFECT * support[columns][:, None])] = (
        0.0
    )
    order = np.argsort(-nats, axis=None, kind="stable")[:_CANDIDATES]
    best = [np.unravel_index(i, nats.shape) for i in order]
    bar = _LIFT + float(np.log(nats.size))
    return [(int(columns[i]), int(c), float(nats[i, c])) for i, c in best if nats[i, c] >= bar]


def _marks(window: Window) -> _Marks:
    exposed = window.rows.exposed
    return _Marks(
        joined=_distinct(window.company, window.sources) > 1,
        copied=_distinct(window.contents, window.sources) > 1,
        unshown=exposed == UNEXPOSED,
        judged=(exposed == EXPOSED) | (exposed == UNEXPOSED),
    )


def _distinct(groups: Ints, members: Ints) -> Ints:
    """(n,) how many different members the group of each row has."""
    first = np.unique(numbered(groups, members), return_index=True)[1]
    return np.asarray(np.bincount(groups[first], minlength=int(groups.max()) + 1)[groups])


def _shown(window: Window, rows: Ints, marks: _Marks) -> list[str]:
    """Marks of dependence that the rows bear more than all other rows do."""
    rest = np.ones(len(window.rows), dtype=bool)
    rest[rows] = False
    shown = []
    if _more(marks.joined, rows, rest) and marks.joined[rows].mean() >= _COMPANY_SHARE:
        shown.append("by sources that act together")
    # copies are words that spread; where their senders were shown them, they spread by themselves
    if _more(marks.copied & ~(window.rows.exposed == EXPOSED), rows, rest):
        shown.append("in copied words")
    known = rows[marks.judged[rows]]
    if len(known) >= _LEAST_ROWS and _more(marks.unshown, known, rest & marks.judged):
        shown.append("by senders who were not shown it")
    if _more(window.young, rows, rest):
        shown.append("by young sources")
    if _repeating(window, rows, rest):
        shown.append("by few who repeat it")
    return shown


def _more(mark: Bools, rows: Ints, rest: Bools) -> bool:
    """Do rows bear a mark more often than the rest, beyond chance and by a fifth at least?"""
    usual = (float(mark[rest].sum()) + 1) / (float(rest.sum()) + 2)
    observed = float(mark[rows].sum())
    surprise = float(share_surprise(observed, usual * len(rows), len(rows)))
    return surprise >= _MARK and observed / len(rows) >= usual + 0.2


def _repeating(window: Window, rows: Ints, rest: Bools) -> bool:
    here = len(rows) / len(set(window.company[rows]))
    there = rest & (window.codes == window.codes[rows[0]])
    usual = there.sum() / max(len(set(window.company[there])), 1)
    return bool(here >= _REPEATS * max(usual, 1.0))


def _finding(window: Window, rows: Ints, code: int, lift: float, shown: list[str]) -> Finding:
    return Finding(
        Kind.ASSOCIATION,
        rows,
        (),
        lift,
        f"{len(rows):,} rows of {len(set(window.sources[rows])):,} sources link what they share to "
        f"{window.label_names[code]!r}, {' and '.join(shown)}",
    )
