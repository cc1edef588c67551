"""Power curves, laid out for drawing: one small chart an attack, on one scale of sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from foretaste.report.figures import count, plural, share
from foretaste.report.trials import PowerPoint

__all__ = ["Curve", "Mark", "lay_out_power"]

WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 12, 28


@dataclass(frozen=True)
class Mark:
    """One size of an attack, in pixels of the drawing."""

    x: float
    y: float
    top: float  # of the interval
    bottom: float
    recall: float  # where the share of planted rows that were flagged is
    hollow: bool  # no victim came to harm
    title: str
    tick: str


@dataclass(frozen=True)
class Curve:
    """The chart of one attack."""

    attack: str
    marks: tuple[Mark, ...]
    line: str  # points of the share of trials noticed
    recall: str  # points of the share of planted rows flagged

    width = WIDTH
    height = HEIGHT
    left = LEFT
    right = WIDTH - RIGHT
    full = TOP  # where 100 % is
    half = (TOP + HEIGHT - BOTTOM) / 2
    base = HEIGHT - BOTTOM  # where 0 % is

    @property
    def says(self) -> str:
        """The chart in words."""
        return "; ".join(mark.title for mark in self.marks)


def lay_out_power(points: Sequence[PowerPoint]) -> tuple[Curve, ...]:
    """A chart for each attack, in the order of the points.

    Sizes are on one logarithmic scale, so that charts can be compared.

    Examples
    --------
    >>> point = PowerPoint("image-patch", "backdoor", 25, 3, 3, 0.29, 1.0, 0, 0.9)
    >>> (curve,) = lay_out_power([point])
    >>> curve.says.split(" (")[0], curve.marks[0].tick
    ('25 rows: noticed in 3 of 3 trials', '25')
    """
    if not points:
        return ()
    scale = _Scale(min(p.rows for p in points), max(p.rows for p in points))
    names = dict.fromkeys(p.attack for p in points)
    return tuple(_curve(name, [p for p in points if p.attack == name], scale) for name in names)


@dataclass(frozen=True)
class _Scale:
    least: int
    most: int

    def x(self, rows: int) -> float:
        room = WIDTH - LEFT - RIGHT
        if self.least == self.most:
            return LEFT + room / 2
        part = math.log(rows / self.least) / math.log(self.most / self.least)
        return round(LEFT + part * room, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM), 1)


def _curve(attack: str, points: list[PowerPoint], scale: _Scale) -> Curve:
    marks: list[Mark] = []
    for point in points:
        x = scale.x(point.rows)
        crowded = bool(marks) and x - max(m.x for m in marks if m.tick) < 26
        marks.append(
            Mark(
                x=x,
                y=scale.y(point.share),
                top=scale.y(point.high),
                bottom=scale.y(point.low),
                recall=scale.y(point.recall),
                hollow=point.harmless == point.trials,
                title=_title(point),
                tick="" if crowded else count(point.rows),
            )
        )
    line = " ".join(f"{m.x},{m.y}" for m in marks)
    recall = " ".join(f"{m.x},{m.recall}" for m in marks)
    return Curve(attack, tuple(marks), line, recall)


def _title(point: PowerPoint) -> str:
    trials = plural(point.trials, "trial")
    harmless = f", harmless in {point.harmless}" if point.harmless else ""
    return (
        f"{plural(point.rows, 'row')}: noticed in {point.noticed} of {trials} "
        f"(95 % interval {share(point.low)} – {share(point.high)}){harmless}, "
        f"{share(point.recall)} of planted rows flagged"
    )
