"""The map of the data set, laid out for drawing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from foretaste.report.figures import plural
from foretaste.report.visible import shorten
from foretaste.types import Group, MapPoint

__all__ = ["Dot", "Layer", "Scatter", "lay_out"]

_WIDTH, _HEIGHT, _EDGE = 960, 560, 18
_MAX_REST, _MAX_HITS = 3000, 2000  # points drawn: without and with a group
_COLOURS = 8


@dataclass(frozen=True)
class Dot:
    """A point or a name at a place, in pixels of the drawing."""

    x: float
    y: float
    title: str


@dataclass
class Layer:
    """Points of one colour."""

    key: str
    title: str
    colour: str  # class in the style sheet: l0 … l8 labels, g0 … g7 groups
    hit: bool  # rows of a group, drawn on top
    dots: list[Dot] = field(default_factory=list)


@dataclass(frozen=True)
class Scatter:
    """Everything the drawing needs."""

    width: int
    height: int
    layers: tuple[Layer, ...]  # from the bottom up
    names: tuple[Dot, ...]
    shown: int
    total: int


def lay_out(points: Sequence[MapPoint], groups: Sequence[Group]) -> Scatter | None:
    """Points as layers: one a label, and on top one a group; None where there is nothing to draw.

    Examples
    --------
    >>> points = [MapPoint(0, 0.0, 0.0, "cat", ""), MapPoint(1, 2.0, 1.0, "cat", "g1")]
    >>> [(layer.title, len(layer.dots)) for layer in lay_out(points, []).layers]
    [('cat', 1), ('g1', 1)]
    """
    sound = [p for p in points if math.isfinite(p.x) and math.isfinite(p.y)]
    if not sound:
        return None
    place = _Frame(sound)
    rest = [p for p in sound if not p.group]
    drawn = _thinned(rest, _MAX_REST) + _thinned([p for p in sound if p.group], _MAX_HITS)
    layers = _empty_layers(sound, groups)
    for point in drawn:
        layer = layers[1, point.group] if point.group else layers[0, _label(point, layers)]
        layer.dots.append(Dot(*place(point), _title(point)))
    filled = tuple(layer for layer in layers.values() if layer.dots)
    return Scatter(_WIDTH, _HEIGHT, filled, _names(rest, place), len(drawn), len(points))


class _Frame:
    """Maps data coordinates onto the drawing."""

    def __init__(self, points: Sequence[MapPoint]) -> None:
        self.left, self.right = min(p.x for p in points), max(p.x for p in points)
        self.low, self.high = min(p.y for p in points), max(p.y for p in points)

    def __call__(self, point: MapPoint) -> tuple[float, float]:
        across = _within(point.x, self.left, self.right)
        up = _within(point.y, self.low, self.high)
        x = _EDGE + across * (_WIDTH - 2 * _EDGE)
        y = _HEIGHT - _EDGE - up * (_HEIGHT - 2 * _EDGE)
        return round(x, 1), round(y, 1)


def _within(value: float, low: float, high: float) -> float:
    return (
        (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
    )  # halves: no overflow


def _empty_layers(
    points: Sequence[MapPoint], groups: Sequence[Group]
) -> dict[tuple[int, str], Layer]:
    """Labels from the most frequent on, the rare ones as one; then groups in their order."""
    sizes = Counter(p.label for p in points)
    labels = sorted(sizes, key=lambda label: (-sizes[label], label))
    layers = {
        (0, label): Layer(f"l-{i}", shorten(label, 40), f"l{i}", hit=False)
        for i, label in enumerate(labels[:_COLOURS])
    }
    if len(labels) > _COLOURS:
        others = plural(len(labels) - _COLOURS, "other label")
        layers[0, ""] = Layer("l-rest", others, f"l{_COLOURS}", hit=False)
    order = {group.name: i for i, group in enumerate(groups)}
    kinds = {group.name: f"{group.name} {group.kind}" for group in groups}
    seen = sorted({p.group for p in points} - {""}, key=lambda g: (order.get(g, len(order)), g))
    for i, name in enumerate(seen):
        colour = f"g{order.get(name, i) % _COLOURS}"
        layers[1, name] = Layer(f"g-{i}", shorten(kinds.get(name, name), 40), colour, hit=True)
    return layers


def _label(point: MapPoint, layers: dict[tuple[int, str], Layer]) -> str:
    return point.label if (0, point.label) in layers else ""


def _title(point: MapPoint) -> str:
    group = f", {point.group}" if point.group else ""
    return f"row {point.row}, {shorten(point.label, 60)}{shorten(group, 40)}"


def _thinned(points: list[MapPoint], limit: int) -> list[MapPoint]:
    """At most `limit` points, evenly over the rows: the same for the same input."""
    n = len(points)
    return points if n <= limit else [points[i * n // limit] for i in range(limit)]


def _names(points: Sequence[MapPoint], place: _Frame) -> tuple[Dot, ...]:
    """Each label at the median of its points, if there are few enough to read."""
    by_label: dict[str, list[tuple[float, float]]] = {}
    for point in points:
        by_label.setdefault(point.label, []).append(place(point))
    if not 1 < len(by_label) <= 12:
        return ()
    names: list[Dot] = []
    for label, places in sorted(by_label.items()):
        middle = len(places) // 2
        x, y = sorted(p[0] for p in places)[middle], sorted(p[1] for p in places)[middle]
        x, y = min(max(x, 60), _WIDTH - 60), max(y, 16)
        while any(abs(x - name.x) < 90 and abs(y - name.y) < 15 for name in names):
            y = round(y + 15, 1)
        names.append(Dot(x, y, shorten(label, 24)))
    return tuple(names)
