"""What trials say together: power with its interval, and one sentence an attack."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from scipy import stats

from foretaste.report.figures import count, plural
from foretaste.report.trials import Answer, PowerPoint, Trial
from foretaste.report.visible import shorten

__all__ = ["answers", "clopper_pearson", "power_of"]


def clopper_pearson(wins: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share of which `wins` of `n` were seen (Clopper, Pearson 1934).

    Examples
    --------
    >>> low, high = clopper_pearson(3, 3)
    >>> round(low, 3), high
    (0.292, 1.0)
    """
    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, wins, n - wins + 1)) if wins else 0.0
    high = float(stats.beta.ppf(1 - tail, wins + 1, n - wins)) if wins < n else 1.0
    return low, high


def power_of(trials: Sequence[Trial]) -> tuple[PowerPoint, ...]:
    """Power of every attack at every size that was planted, attacks by name, sizes ascending."""
    planted = [t for t in trials if not t.is_placebo and not t.reason]
    planted.sort(key=lambda t: (t.attack, t.rows, t.seed))
    return tuple(
        _point(list(held)) for _, held in groupby(planted, key=lambda t: (t.attack, t.rows))
    )


def _point(trials: list[Trial]) -> PowerPoint:
    n, noticed = len(trials), sum(t.noticed for t in trials)
    low, high = clopper_pearson(noticed, n)
    first = trials[0]
    recall = sum(t.hits / t.planted for t in trials if t.planted) / n
    harmless = sum(not t.counts for t in trials)
    return PowerPoint(
        first.attack, first.family, first.rows, n, noticed, low, high, harmless, recall
    )


def answers(trials: Sequence[Trial]) -> tuple[Answer, ...]:
    """One sentence an attack: noticed from which size on, missed up to which."""
    attacks = sorted({t.attack for t in trials if not t.is_placebo})
    return tuple(_answer([t for t in trials if t.attack == name]) for name in attacks)


def _answer(trials: list[Trial]) -> Answer:
    first = trials[0]
    planted = [t for t in trials if not t.reason]
    counted = [t for t in planted if t.counts]
    if not planted:
        reason = shorten(first.reason, 200)
        return _made(first, "not applicable", f"{first.attack} does not apply here: {reason}.")
    if not counted:
        rows = _rows(max(t.rows for t in planted))
        seen = sum(t.noticed for t in planted)
        told = f" ({seen} of {plural(len(planted), 'trial')} noticed all the same)" if seen else ""
        return _made(
            first,
            "harmless",
            f"{first.attack} did no harm that could be shown, up to {rows}: "
            f"it does not count{told}.",
        )
    missed = {t.rows for t in counted if not t.noticed}
    sure = [rows for rows in sorted({t.rows for t in counted}) if rows > max(missed, default=0)]
    return _judged(first, counted, sure[0] if sure else None, max(missed, default=None))


def _judged(first: Trial, counted: list[Trial], sure: int | None, missed: int | None) -> Answer:
    name = first.attack
    if missed is None:
        assert sure is not None  # something was planted, and nothing missed
        sentence = f"You would have noticed {name} on {_rows(sure)}, the fewest tried, or more."
        return _made(first, "noticed", sentence, sure, None)
    if sure is None:
        seen = sum(t.noticed for t in counted)
        most = f"You would have missed {name}, even on {_rows(missed)}"
        if seen:
            most = (
                f"You cannot rely on noticing {name}: {seen} of {plural(len(counted), 'trial')} "
                f"did, and {_rows(missed)} were missed"
            )
        return _made(first, "missed", f"{most}.", None, missed)
    at = [t for t in counted if t.rows == missed]
    seen = sum(t.noticed for t in at)
    some = f" in {len(at) - seen} of {len(at)} trials" if seen else ""
    sentence = (
        f"You would have noticed {name} on {_rows(sure)} or more; "
        f"you would have missed {count(missed)}{some}."
    )
    return _made(first, "from a size on", sentence, sure, missed)


def _made(
    first: Trial, outcome: str, sentence: str, sure: int | None = None, missed: int | None = None
) -> Answer:
    return Answer(first.attack, first.family, outcome, sure, missed, sentence)


def _rows(rows: int) -> str:
    return plural(rows, "row")
