"""Which rules a column gets, and why: each choice is one function, and its reason a comment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretaste.validate.moments import moment_text
from foretaste.validate.sample import Trait
from foretaste.validate.schema import Column, Interval, Kind, Picture
from foretaste.validate.shares import upper_share
from foretaste.validate.summary import ColumnSummary

__all__ = ["Evidence", "choose_column"]

_MIN_ROWS = 30  # fewer values say nothing about ranges and domains
_NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER})
_MAX_DOMAIN = 100  # values
_MIN_ROWS_LIGHT = 1000  # fewer values do not tell that there are no tails
_MAX_CODES = 10  # different whole numbers that are a domain rather than a range
_PER_VALUE = 10  # rows a value, on average, for a domain to be saturated
_MAX_UNSEEN = 0.02  # share of rows with a value never seen, up to which a domain is one


@dataclass(frozen=True)
class Evidence:
    """What is known of a column before its rules are chosen."""

    summary: ColumnSummary
    sample: Mapping[Trait, Any]
    unique: bool = False
    pattern: tuple[str, str] | None = None  # and what it stands for
    is_label: bool = False
    repeats: int = 0  # images that are byte by byte an earlier one


def choose_column(name: str, evidence: Evidence) -> Column:
    """The rules of one column."""
    summary, why = evidence.summary, dict[str, str]()
    rules: dict[str, Any] = {"missing": _missing(summary, why)}
    if evidence.unique:
        rules["unique"] = True
        why["unique"] = f"no value twice in {summary.present:,} rows"
    domain = None if evidence.unique else _domain(evidence, why)
    if domain is not None:
        rules |= domain
    elif summary.kind in _NUMERIC:
        rules |= _range(name, evidence, why)
    elif summary.kind is Kind.TIME and summary.present:
        why["type"] = f"seen: {moment_text(summary.low)} to {moment_text(summary.high)}"
    elif summary.kind in {Kind.STRING, Kind.TEXT, Kind.LIST}:
        rules |= _strings(evidence, why)
    elif summary.kind is Kind.IMAGE:
        rules |= _images(name, evidence, why)
    if summary.infinite:
        rules["finite"] = False
        why["finite"] = f"{summary.infinite:,} infinite values were seen"
    return Column(name, summary.kind, why=why, **rules)


def _missing(summary: ColumnSummary, why: dict[str, str]) -> float | None:
    if summary.rows < _MIN_ROWS:
        return None
    why["missing"] = f"share of rows at most; seen: {summary.missing:,} of {summary.rows:,}"
    return upper_share(summary.missing, summary.rows)


def _domain(evidence: Evidence, why: dict[str, str]) -> dict[str, Any] | None:
    """All values, where they are few and every one was seen often: then others are rare.

    The share of rows that no seen value covers is estimated by the values seen once
    (Good 1953), and allowed for.
    """
    summary, frequent = evidence.summary, evidence.summary.frequent
    if summary.kind not in {Kind.STRING, *_NUMERIC} or not frequent.exact:
        return None
    distinct, n = len(frequent.counts), summary.present
    numeric = summary.kind in _NUMERIC
    limit = _MAX_CODES if numeric and not evidence.is_label else _MAX_DOMAIN
    if not 0 < distinct <= limit or n < max(_MIN_ROWS, _PER_VALUE * distinct):
        return None
    if summary.longest > 200:
        return None
    if summary.kind is Kind.NUMBER and not all(map(_is_whole, frequent.counts)):
        return None  # measurements, rounded: others will come between
    once = sum(size == 1 for size in frequent.counts.values())
    others = upper_share(once, n)
    if evidence.is_label and min(frequent.counts.values()) >= _PER_VALUE:
        others = 0.0  # a label that nobody has seen is always worth a look
    if others > max(_MAX_UNSEEN, upper_share(0, n)):
        return None
    values = sorted(frequent.counts, key=_value_order)
    rarest = min(frequent.counts, key=lambda value: (frequent.counts[value], value))
    why["domain"] = f"{distinct} values, rarest {rarest!r:.40} ({frequent.counts[rarest]:,} rows)"
    why["others"] = f"share of rows at most; {once} values were seen only once"
    return {"domain": tuple(values), "others": others}


def _is_whole(value: str) -> bool:
    return value.lstrip("-").isdigit()


def _value_order(value: str) -> tuple[int, float, str]:
    try:
        return (0, float(value), value)
    except ValueError:
        return (1, 0.0, value)


def _range(name: str, evidence: Evidence, why: dict[str, str]) -> dict[str, Any]:
    """From the smallest to the largest value, with slack; in heavy tails a few may lie outside.

    Where the ends are far beyond the bulk, no slack is enough: the next batch has its own
    extremes. But whatever the distribution, the share of all rows that lie beyond what n rows
    showed is at most 7 / n on a side (99.9 %).
    """
    summary = evidence.summary
    if summary.present < _MIN_ROWS or evidence.unique or not summary.low < summary.high:
        return {}
    values = evidence.sample[Trait(name)].drop_null().to_numpy(zero_copy_only=False)
    values = values[np.isfinite(values)]
    heavy = _is_heavy(summary, values)
    width = summary.high - summary.low
    slack = 0.5 * width
    low = _outward(summary.low - slack, width, up=False)
    if summary.low >= 0:
        low = max(0.0, low)
    high = _outward(summary.high + slack, width, up=True)
    if summary.high <= 0:
        high = min(0.0, high)
    why["range"] = f"seen: {summary.low:.6g} to {summary.high:.6g}"
    rules: dict[str, Any] = {"range": Interval(low, high)}
    if heavy:
        rules["outside"] = upper_share(0, summary.present)
        why["outside"] = "share of rows at most; the values have a heavy tail"
    return rules


def _is_heavy(summary: ColumnSummary, values: Any) -> bool:
    """Whether an end is more than twice as far from the middle as the outer tenth begins.

    A uniform column is not; a normal one is. Few rows do not tell.
    """
    if summary.present < _MIN_ROWS_LIGHT:
        return True
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    below = summary.low < middle - 2.0 * (middle - low)
    above = summary.high > middle + 2.0 * (high - middle)
    return bool(below or above)


def _outward(value: float, width: float, *, up: bool) -> float:
    """Rounded away from the data to a hundredth of its width, for people."""
    step = 10.0 ** (math.floor(math.log10(width)) - 1)
    rounded = (math.ceil if up else math.floor)(value / step) * step
    return float(f"{rounded:.12g}")


def _strings(evidence: Evidence, why: dict[str, str]) -> dict[str, Any]:
    summary = evidence.summary
    rules: dict[str, Any] = {}
    if summary.present < _MIN_ROWS:
        return rules
    short, long = summary.shortest, summary.longest
    if summary.kind is Kind.LIST or short == long:
        rules["length"] = Interval(short, long)
        why["length"] = f"all {summary.present:,} have it"
    else:
        rules["length"] = Interval(float(short // 2), float(2 * long))
        why["length"] = f"characters; seen: {short:.0f} to {long:.0f}"
    if evidence.pattern is not None:
        rules["pattern"] = evidence.pattern[0]
        why["pattern"] = f"{evidence.pattern[1]}, in all {summary.present:,} rows"
    if summary.marks:
        n = summary.rows
        rules["marks"] = {mark: upper_share(count, n) for mark, count in summary.marks.items()}
        seen = ", ".join(f"{count:,} {mark}" for mark, count in summary.marks.items() if count)
        why["text"] = f"shares of rows at most; seen: {seen or 'none'}"
    return rules


def _images(name: str, evidence: Evidence, why: dict[str, str]) -> dict[str, Any]:
    sample, summary = evidence.sample, evidence.summary
    sides = {}
    for side in ("width", "height"):
        values = sample[Trait(name, side)].drop_null().to_numpy(zero_copy_only=False)
        if len(values) < _MIN_ROWS:
            return {}
        same = values.min() == values.max()
        sides[side] = Interval(
            float(values.min() if same else values.min() // 2),
            float(values.max() if same else 2 * values.max()),
        )
        why["image"] = f"{summary.present:,} images"
    widths, heights = (
        sample[Trait(name, side)].to_numpy(zero_copy_only=False) for side in ("width", "height")
    )
    aspect = float(np.nanmax(np.maximum(widths, heights) / np.minimum(widths, heights)))
    modes = sorted(set(sample[Trait(name, "mode")].drop_null().to_pylist()))
    picture = Picture(
        width=sides["width"],
        height=sides["height"],
        modes=tuple(modes),
        aspect=float(math.ceil(15 * aspect) / 10),
        duplicates=upper_share(evidence.repeats, summary.rows),
    )
    return {"picture": picture}
