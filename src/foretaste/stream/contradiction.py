"""Do these rows contradict what is known more than honest rows do?

Evidence is counted once a content, so that one text that a thousand users report is one fact about
the model, and is measured against three doubts at once: chance, honest sources that differ, and a
model that has seen nothing like it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.stream.ledger import Ledger, Record
from foretaste.stream.numbering import numbered
from foretaste.stream.settings import GuardSettings
from foretaste.stream.window import CLEAR, Finding, Kind, Window

__all__ = ["accomplices", "contradicting_companies", "contradicting_newcomers", "nats_of"]

_EFFECT = 0.25  # mean excess below which nobody is accused, however many rows show it
_LEAST = 5  # rows
_WITH_OTHERS = 3.0  # nats that convict one of those whose rows did harm together
_SOME, _FEW = 1.5, 3  # nats and contents that convict one of a crowd that is guilty together

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def nats_of(excess: npt.ArrayLike, variance: npt.ArrayLike, heaviest: float) -> Floats:
    """Bernstein's bound on sums of bounded terms: exp(-nats) for so large an excess.

    >>> nats_of([0.0, 10.0], [1.0, 2.0], 1.0).round(1).tolist()
    [0.0, 9.4]
    """
    above = np.maximum(excess, 0.0)
    return np.asarray(above**2 / (2 * (np.asarray(variance) + above * heaviest / 3)))


def contradicting_companies(
    window: Window, ledger: Ledger, settings: GuardSettings
) -> list[Finding]:
    """Sources, or companies that act together, whose rows speak against what is known.

    What they said before counts as well, so that a slow boil adds up.
    """
    group = numbered(window.company, window.codes)
    most = _at_most(window, group, ledger)
    suspects = np.flatnonzero(most >= -np.log(settings.false_alarm))
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(most) + 1))
    cases = [_case(window, order[starts[i] : starts[i + 1]], ledger) for i in suspects]
    nats = np.zeros(len(most))  # below the lowest bar no value matters
    nats[suspects] = [case.nats for case in cases]
    guilty = _discovered(nats, settings.false_alarm)[suspects]
    return [
        _finding(window, case)
        for case, discovered in zip(cases, guilty, strict=True)
        if discovered and case.mean >= _EFFECT and case.contents >= _LEAST
    ]


def _at_most(window: Window, group: Ints, ledger: Ledger) -> Floats:
    """(groups,) nats against each company and label if the model had no doubt: all at once.

    Few come near the bar, and only those are looked at with every doubt, one by one.
    """
    same = numbered(group, window.contents)
    weight = 1.0 / np.bincount(same)[same]
    raw = window.excess(np.arange(len(group)))
    excess = np.bincount(group, weight * raw)
    variance = np.bincount(group, weight**2 * window.reading.variance)
    count = np.bincount(group, weight)
    first = np.unique(numbered(group, window.sources), return_index=True)[1]
    codes, sources = window.codes[first], window.sources[first]
    record = ledger.record(sources)
    own = np.arange(len(first)), codes
    earlier = record.rows[own]
    excess += np.bincount(group[first], record.residual[own] - earlier * window.natural[codes])
    variance += np.bincount(group[first], record.variance[own])
    count += np.bincount(group[first], earlier)
    nats = nats_of(excess, variance + window.spread**2 * count**2, 1.0)
    return np.where(np.bincount(group, raw) > 0, nats, 0.0)


@dataclass(frozen=True)
class _Case:
    """What speaks against one company, for one label."""

    rows: Ints
    nats: float
    mean: float  # excess of the residual
    contents: float


def _case(window: Window, rows: Ints, ledger: Ledger) -> _Case:
    if float(window.excess(rows).sum()) <= 0:
        return _Case(rows, 0.0, 0.0, 0.0)
    record = ledger.record(np.unique(window.sources[rows]))
    return _Case(rows, *_evidence(window, rows, record, int(window.codes[rows[0]])))


def _discovered(nats: Floats, level: float) -> npt.NDArray[np.bool_]:
    """Benjamini and Hochberg (1995): many guilty ones lower the bar for each.

    >>> _discovered(np.array([9.0, 0.1, 0.2]), 0.01).tolist()
    [True, False, False]
    """
    order = np.argsort(-nats, kind="stable")
    bars = np.log(len(nats) / (level * np.arange(1, len(nats) + 1)))
    passed = np.flatnonzero(nats[order] >= bars)
    mask = np.zeros(len(nats), dtype=bool)
    if len(passed):
        mask[order[: passed[-1] + 1]] = True
    return mask


def _finding(window: Window, case: _Case) -> Finding:
    names = window.said(case.rows)
    label = window.label_names[int(window.codes[case.rows[0]])]
    return Finding(
        Kind.CONTRADICTION,
        np.flatnonzero(np.isin(window.sources, np.unique(window.sources[case.rows]))),
        names,
        case.nats,
        f"{_who(names)} gave {case.contents:,.0f} contents the label {label!r}, "
        "against what is known of most of them",
    )


def contradicting_newcomers(
    window: Window, ledger: Ledger, settings: GuardSettings
) -> list[Finding]:
    """Young sources that together speak against what is known, too few rows each to be accused.

    Once they are guilty together, little is asked of each: those that contradict on the whole are
    convicted. Of the others, rows that contradict clearly are kept back.
    """
    found = []
    bar = float(np.log(len(window.label_names) / settings.false_alarm))
    for code, label in enumerate(window.label_names):
        rows = np.flatnonzero(window.young & (window.codes == code))
        if len(rows) < _LEAST:
            continue
        nats, mean, _ = _evidence(window, rows, None, code)
        clear = rows[window.reading.residual[rows] > CLEAR]
        if nats < bar or mean < _EFFECT / 2 or len(clear) < _LEAST:
            continue
        cases = [
            _case(window, rows[window.company[rows] == company], ledger)
            for company in np.unique(window.company[rows])
        ]
        found += [
            _finding(window, case)
            for case in cases
            if case.nats >= _SOME and case.mean >= _EFFECT and case.contents >= _FEW
        ]
        found.append(
            Finding(
                Kind.NEWCOMERS,
                clear,
                (),
                nats,
                f"{len(cases):,} young sources together give the label {label!r} against what is "
                f"known; {len(clear):,} rows do so clearly",
            )
        )
    return found


def accomplices(window: Window, harmful: Ints, ledger: Ledger) -> list[Finding]:
    """Sources of rows that did harm together, whose own record speaks against them as well.

    That somebody plants is proven; who it is needs less proof than out of nothing.
    """
    found = []
    for company, code in sorted({(window.company[r], window.codes[r]) for r in harmful.tolist()}):
        rows = np.flatnonzero((window.company == company) & (window.codes == code))
        case = _case(window, rows, ledger)
        if case.nats >= _WITH_OTHERS and case.mean >= _EFFECT and case.contents >= _LEAST:
            found.append(_finding(window, case))
    return found


def _evidence(
    window: Window, rows: Ints, before: Record | None, code: int
) -> tuple[float, float, float]:
    """Nats, mean excess, and how many contents, of rows and of what was said before."""
    weight = window.voices(rows)
    excess = float(weight @ window.excess(rows))
    variance = float(weight**2 @ window.reading.variance[rows])
    count = float(weight.sum())
    sums = np.zeros(window.company.max() + 1)
    np.add.at(sums, window.company[rows], weight)
    between = float((sums**2).sum())
    if before is not None:
        earlier = float(before.rows[:, code].sum())
        excess += float(before.residual[:, code].sum()) - earlier * float(window.natural[code])
        variance += float(before.variance[:, code].sum())
        count += earlier
        between = count**2
    shared = window.model.shared_doubt(window.seen.x[rows], weight, window.reading.doubt[rows])
    variance += shared + window.spread**2 * between
    return float(nats_of(excess, variance, 1.0)), excess / max(count, 1e-9), count


def _who(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"source {names[0]!r}"
    return f"{len(names):,} sources that act together ({names[0]!r}, {names[1]!r}, …)"
