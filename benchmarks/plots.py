"""Two pictures: how well rows are ranked, and what is flagged where there is nothing to find."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import Line
from benchmarks.tables import OWN, Cell, cells

__all__ = ["draw"]

INK, OURS, THEIRS = "#22303c", "#c2410c", "#7b8794"


def draw(lines: Sequence[Line], path: Path) -> None:
    """Write an SVG; nothing where nothing is measured or matplotlib is not installed."""
    found = cells(lines)
    if not found:
        return
    try:
        import matplotlib as mpl  # noqa: PLC0415  # optional
    except ImportError:
        return
    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the choice of the backend

    # the same lines give the same file
    style: Any = {"svg.hashsalt": "foretaste", "font.size": 9, "axes.edgecolor": INK}
    with mpl.rc_context(style):
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True)
        attacks = [c for c in found if c.attacked]
        honest = [c for c in found if not c.facts.poison]
        names = _names(found)
        _dots(left, names, [_precisions(attacks, name) for name in names])
        left.set_xlabel("average precision, one dot an attack")
        _dots(right, names, [_flagged(honest, name) for name in names])
        right.set_xlabel("rows flagged in honest data, %, one dot a set")
        right.set_xscale("symlog", linthresh=0.1)
        right.set_xlim(-0.02, 100)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def _names(found: Sequence[Cell]) -> list[str]:
    """Methods, the best mean precision on top."""
    names = {name for c in found for name in c.methods}
    attacks = [c for c in found if c.attacked]

    def rank(name: str) -> float:
        held = _precisions(attacks, name)
        return float(np.mean(held)) if held else 0.0

    return sorted(names, key=lambda name: (name == OWN, rank(name)))


def _precisions(found: Sequence[Cell], name: str) -> list[float]:
    return [c.methods[name].precision or 0.0 for c in found if name in c.methods]


def _flagged(found: Sequence[Cell], name: str) -> list[float]:
    return [100 * c.methods[name].fpr for c in found if name in c.methods]


def _dots(axes: Any, names: Sequence[str], values: Sequence[list[float]]) -> None:
    """One line a method: its cells as dots, a bar at the mean."""
    for height, (name, held) in enumerate(zip(names, values, strict=True)):
        colour = OURS if name == OWN else THEIRS
        axes.plot(held, [height] * len(held), "o", ms=4, color=colour, alpha=0.55, mew=0)
        if held:
            axes.plot([float(np.mean(held))], [height], "|", ms=16, mew=2, color=colour)
    axes.set_yticks(range(len(names)), names)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#e4e7eb", lw=0.6)
    axes.set_axisbelow(True)
