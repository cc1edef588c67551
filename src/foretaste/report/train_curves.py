"""Accuracy against certified units, laid out for drawing: a chart a unit, a line a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretaste.report.figures import share
from foretaste.train.figures import Curve

__all__ = ["Chart", "Line", "lay_out_curves"]

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 44
LEAST = 0.02  # certified shares below this are not worth the room
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500)


@dataclass(frozen=True)
class Line:
    """One design: `points` of a step line in pixels, `colour` 0 to 7."""

    says: str
    colour: int
    dashed: bool
    points: str


@dataclass(frozen=True)
class Chart:
    """The designs that promise the same unit."""

    noun: str
    lines: tuple[Line, ...]
    undefended: float  # height of the dotted line in pixels
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]

    width = WIDTH
    height = HEIGHT
    left = LEFT
    right = WIDTH - RIGHT
    top = TOP
    base = HEIGHT - BOTTOM


def lay_out_curves(curves: Sequence[Curve], noun: str, undefended: float) -> Chart:
    """The chart of designs of one unit.

    Curves that share a number of partitions share a colour; run-offs are dashed.

    Examples
    --------
    >>> from foretaste.train.figures import Design
    >>> curve = Curve(Design("row", "dpa", 10), (1.0, 0.5), (0.9, 0.4), 30.0)
    >>> chart = lay_out_curves([curve], "row", 0.95)
    >>> chart.ticks[0][1], chart.lines[0].points.split()[0]
    ('0', '52.0,32.2')
    """
    last = max(1, *(_last(curve) for curve in curves))
    sizes = sorted({(c.design.partitions, c.design.spread) for c in curves})
    lines = tuple(
        Line(
            says=curve.design.says,
            colour=sizes.index((curve.design.partitions, curve.design.spread)) % 8,
            dashed=curve.design.vote == "roe",
            points=_steps(curve, last),
        )
        for curve in curves
    )
    step = next((s for s in STEPS if last / s <= 8), STEPS[-1])
    return Chart(
        noun=noun,
        lines=lines,
        undefended=_y(undefended),
        ticks=tuple((_x(r, last), str(r)) for r in range(0, last + 1, step)),
        levels=tuple((_y(level), share(level)) for level in (1.0, 0.75, 0.5, 0.25, 0.0)),
    )


def _last(curve: Curve) -> int:
    return max((r for r, kept in enumerate(curve.certified) if kept >= LEAST), default=0)


def _x(units: float, last: int) -> float:
    return round(LEFT + units / (last + 1) * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float) -> float:
    return round(HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM), 1)


def _steps(curve: Curve, last: int) -> str:
    """A certified share holds from r units up to r + 1."""
    points = []
    for r in range(last + 1):
        y = _y(curve.at(r))
        points += [f"{_x(r, last)},{y}", f"{_x(r + 1, last)},{y}"]
    return " ".join(points)
