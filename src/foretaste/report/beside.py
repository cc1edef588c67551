"""A flagged table row beside its neighbour, column by column."""

from __future__ import annotations

from dataclasses import dataclass

from foretaste.types import Exhibit

__all__ = ["Line", "SideBySide", "side_by_side"]

_MOST = 12  # columns shown


@dataclass(frozen=True)
class Line:
    """One column of both rows."""

    name: str
    flagged: str
    clean: str
    marked: bool


@dataclass(frozen=True)
class SideBySide:
    """The columns that tell most, and how many were left out."""

    shown: tuple[Line, ...]
    hidden: int


def side_by_side(exhibit: Exhibit) -> SideBySide:
    """Columns of the trigger first, then those that differ, then the rest; in order within each.

    Examples
    --------
    >>> from foretaste.types import Field, Rendering
    >>> clean = Exhibit(2, "2", "b", None, Rendering(fields=(Field("x", "1"), Field("y", "5"))))
    >>> shown = Rendering(fields=(Field("x", "1"), Field("y", "7", marked=True)))
    >>> side_by_side(Exhibit(1, "1", "a", None, shown, clean)).shown[0]
    Line(name='y', flagged='7', clean='5', marked=True)
    """
    neighbour = exhibit.neighbour.shown.fields if exhibit.neighbour is not None else ()
    clean = {field.name: field.value for field in neighbour}
    lines = [
        Line(field.name, field.value, clean.get(field.name, ""), field.marked)
        for field in exhibit.shown.fields
    ]
    lines.sort(key=lambda line: (not line.marked, line.flagged == line.clean))
    return SideBySide(tuple(lines[:_MOST]), max(len(lines) - _MOST, 0))
