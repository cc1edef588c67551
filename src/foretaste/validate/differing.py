"""What changed between two schemas, in order of importance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from foretaste.validate.changes import (
    Change,
    Direction,
    Judge,
    by_interval,
    by_severity,
    by_share,
    by_values,
    other,
)
from foretaste.validate.column_check import interval_text
from foretaste.validate.schema import DEFAULT_SEVERITY, Column, Interval, Kind, Picture, Schema
from foretaste.validate.tally import shown

__all__ = ["diff"]

_FIRST = ("columns", "column", "type", "required", "label")  # rules told first
_ORDER = {direction: place for place, direction in enumerate(Direction)}


def _as_flag(loose: bool) -> Judge:
    """Rules that are on or off; `loose` is the value that lets more pass."""
    return lambda _, now: Direction.LOOSENED if now == loose else Direction.TIGHTENED


_RULES: dict[str, Judge] = {
    "required": _as_flag(loose=False),
    "not_in": lambda was, now: by_values(tuple(was), tuple(now)),
    "missing": by_share,
    "unique": _as_flag(loose=False),
    "domain": by_values,
    "others": by_share,
    "range": by_interval,
    "outside": by_share,
    "finite": _as_flag(loose=False),
    "length": by_interval,
    "pattern": other,
}
_LABEL: tuple[tuple[str, str, Judge], ...] = (
    ("label", "column", other),
    ("label tolerance", "tolerance", by_share),
    ("label prior", "prior", other),
)
_PICTURE: dict[str, Judge] = {
    "width": by_interval,
    "height": by_interval,
    "modes": by_values,
    "aspect": by_share,
    "duplicates": by_share,
}


def diff(old: Schema, new: Schema) -> tuple[Change, ...]:
    """What changed from one schema to another.

    Loosened rules come first: they let data pass that was blocked. Then what is merely other,
    then what was tightened. Comments, owners and names do not count.

    Examples
    --------
    >>> old = Schema("s", (Column("age", Kind.INTEGER, range=Interval(0, 120), missing=0.0),))
    >>> new = Schema("s", (Column("age", Kind.INTEGER, range=Interval(0, 99), missing=0.1),))
    >>> for change in diff(old, new):
    ...     print(change.sentence)
    column 'age': missing was 0, is 0.1 (loosened)
    column 'age': range was 0 to 120, is 0 to 99 (tightened)
    """
    found = [*_whole(old, new)]
    names = dict.fromkeys(column.name for column in (*old.columns, *new.columns))
    for name in names:
        was, now = old.column(name), new.column(name)
        if was is None or now is None:
            gone = now is None
            ends = ("described", "not described") if gone else ("not described", "described")
            direction = Direction.LOOSENED if gone else Direction.TIGHTENED
            found.append(Change(name, "column", direction, *ends))
        else:
            found += _column(was, now)
    return tuple(sorted(found, key=_importance))


def _importance(change: Change) -> tuple[int, int, str, str]:
    first = _FIRST.index(change.rule) if change.rule in _FIRST else len(_FIRST)
    return (_ORDER[change.direction], first, change.column, change.rule)


def _whole(old: Schema, new: Schema) -> Iterator[Change]:
    """Rules of the data set as a whole."""
    rules: dict[str, tuple[Any, Any, Judge]] = {
        "min_rows": (-old.min_rows, -new.min_rows, by_share),
        "other_columns": (old.other_columns, new.other_columns, _as_flag(loose=True)),
        "source": (old.source, new.source, other),
        "environments": (old.environments or None, new.environments or None, by_values),
    }
    for rule, part, judge in _LABEL:
        was, now = (None if s.label is None else getattr(s.label, part) for s in (old, new))
        rules[rule] = (was, now, judge)
    for field in dataclasses.fields(old.drift):
        was, now = (getattr(schema.drift, field.name) for schema in (old, new))
        rules[f"drift {field.name}"] = (was, now, by_share)
    for rule, (was, now, judge) in rules.items():
        if was != now:
            shift = abs if rule == "min_rows" else _same
            yield Change("", rule, judge(was, now), _text(shift(was)), _text(shift(now)))


def _same(value: Any) -> Any:
    return value


def _column(was: Column, now: Column) -> Iterator[Change]:
    if was.kind is not now.kind:
        yield Change(was.name, "type", Direction.CHANGED, was.kind.value, now.kind.value)
    moment = was.kind is Kind.TIME
    for rule, judge in _RULES.items():
        yield from _rule(was.name, rule, getattr(was, rule), getattr(now, rule), judge, moment)
    for mark in dict.fromkeys((*was.marks, *now.marks)):
        ends = was.marks.get(mark), now.marks.get(mark)
        yield from _rule(was.name, f"text:{mark}", ends[0], ends[1], by_share)
    pictures = was.picture or Picture(), now.picture or Picture()
    for rule, judge in _PICTURE.items():
        sides = getattr(pictures[0], rule), getattr(pictures[1], rule)
        yield from _rule(was.name, f"image:{rule}", sides[0], sides[1], judge)
    yield from _rule(was.name, "drift", was.drift, now.drift, other)
    for rule in DEFAULT_SEVERITY:
        told = was.severity_of(rule), now.severity_of(rule)
        yield from _rule(was.name, f"severity of {rule}", *told, by_severity)


def _rule(
    column: str, rule: str, was: Any, now: Any, judge: Judge, moment: bool = False
) -> Iterator[Change]:
    if was == now:
        return
    texts = [_text(value, moment=moment) for value in (was, now)]
    if isinstance(was, tuple) and isinstance(now, tuple):
        texts = [_only(was, now), _only(now, was)]
    yield Change(column, rule, judge(was, now), *texts)


def _only(these: tuple[str, ...], those: tuple[str, ...]) -> str:
    """Of two lists what one has alone, for people."""
    alone = [value for value in these if value not in those]
    shared = len(these) - len(alone)
    few = ", ".join(shown(value) for value in alone[:8]) + (", …" if len(alone) > 8 else "")
    if not alone:
        return f"{shared} values" if shared else "nothing"
    return f"{shared} values and {few}" if shared else few


def _text(value: Any, *, moment: bool = False) -> str:
    """A rule's value in a few words."""
    if value is None:
        return "no rule"
    if isinstance(value, Interval):
        return interval_text(value, moment=moment)
    if isinstance(value, tuple):
        return ", ".join(map(shown, value[:8])) + (", …" if len(value) > 8 else "") or "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{shown(k)} {v:.3g}" for k, v in list(value.items())[:8]) or "no rule"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return ", ".join(f"{name} {limit:g}" for name, limit in fields.items())
    return str(value).lower() if isinstance(value, bool) else shown(value)
