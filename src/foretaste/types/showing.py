"""What a person sees of rows and triggers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Exhibit", "Field", "MapPoint", "Rendering", "Span"]


@dataclass(frozen=True)
class Span:
    """A piece of text; `marked` where it belongs to the trigger."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Field:
    """A cell of a table row; `marked` where it belongs to the trigger."""

    name: str
    value: str
    marked: bool = False


@dataclass(frozen=True)
class Rendering:
    """How a row or a trigger is shown: a PNG picture, text spans, or fields (one is set)."""

    png: bytes | None = None
    spans: tuple[Span, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A row shown to a person, beside its nearest clean neighbour where there is one."""

    row: int
    id: str
    label: str
    source: str | None
    shown: Rendering
    neighbour: Exhibit | None = None


@dataclass(frozen=True)
class MapPoint:
    """A row on the two-dimensional map of the data set."""

    row: int
    x: float
    y: float
    label: str
    group: str  # "" for rows of no group
