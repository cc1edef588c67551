"""Do these rows contradict what is known more than honest rows do?

Evidence is counted once a content, so that one text that a thousand users report is one fact about
the model, and is measured against three doubts at once: chance, honest sources that differ, and a
model that has seen nothing like it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.stream.ledger import Ledger, Record
from foretaste.stream.settings import GuardSettings
from foretaste.stream.window import Finding, Kind, Window

__all__ = ["contradicting_companies", "contradicting_newcomers", "nats_of"]

_EFFECT = 0.25  # mean excess below which nobody is accused, however many rows show it
_CLEAR = 0.4  # residual of one row that speaks clearly against its label
_LEAST = 5  # rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def nats_of(excess: float, variance: float, heaviest: float) -> float:
    """Bernstein's bound on a sum of bounded terms: exp(-nats) for so large an excess.

    >>> nats_of(0.0, 1.0, 1.0), round(nats_of(10.0, 2.0, 1.0), 1)
    (0.0, 9.4)
    """
    return max(excess, 0.0) ** 2 / (2 * (variance + max(excess, 0.0) * heaviest / 3))


def contradicting_companies(
    window: Window, ledger: Ledger, settings: GuardSettings
) -> list[Finding]:
    """Sources, or companies that act together, whose rows speak against what is known.

    What they said before counts as well, so that a slow boil adds up.
    """
    found = []
    keys = window.company * len(window.label_names) + window.codes
    order = np.argsort(keys, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
    bar = float(np.log(max(len(groups), 1) / settings.false_alarm))
    for rows in groups:
        excess = window.excess(rows)
        if excess.sum() <= 0:
            continue
        code = int(window.codes[rows[0]])
        members = np.unique(window.sources[rows])
        nats, mean, count = _evidence(window, rows, ledger.record(members), code)
        if nats < bar or mean < _EFFECT or count < _LEAST:
            continue
        names = window.said(rows)
        everything = np.flatnonzero(np.isin(window.sources, members))
        found.append(
            Finding(
                Kind.CONTRADICTION,
                everything,
                names,
                nats,
                f"{_who(names)} gave {count:,.0f} contents the label "
                f"{window.label_names[code]!r}, against what is known of most of them",
            )
        )
    return found


def contradicting_newcomers(window: Window, settings: GuardSettings) -> list[Finding]:
    """Young sources that together speak against what is known, too few rows each to be accused.

    Only the rows that contradict clearly are kept back, and no source is convicted.
    """
    found = []
    bar = float(np.log(len(window.label_names) / settings.false_alarm))
    for code, label in enumerate(window.label_names):
        rows = np.flatnonzero(window.young & (window.codes == code))
        if len(rows) < _LEAST:
            continue
        nats, mean, _ = _evidence(window, rows, None, code)
        clear = rows[window.reading.residual[rows] > _CLEAR]
        if nats >= bar and mean >= _EFFECT / 2 and len(clear) >= _LEAST:
            found.append(
                Finding(
                    Kind.NEWCOMERS,
                    clear,
                    (),
                    nats,
                    f"{len(set(window.company[rows])):,} young sources together give the label "
                    f"{label!r} against what is known; {len(clear):,} rows do so clearly",
                )
            )
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
    unknown = weight @ window.seen.x[rows].astype(np.float64)
    variance += window.model.doubt_of_sum(unknown) + window.spread**2 * between
    return nats_of(excess, variance, 1.0), excess / max(count, 1e-9), count


def _who(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"source {names[0]!r}"
    return f"{len(names):,} sources that act together ({names[0]!r}, {names[1]!r}, …)"
