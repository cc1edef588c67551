"""Rows shown as evidence, each beside the nearest row that nothing is held against."""

from __future__ import annotations

import numpy as np

from foretaste.modality import tools_of
from foretaste.types import Bools, Exhibit, Floats, Ints, MapPoint, Trigger, View

__all__ = ["exhibit_rows", "map_rows"]

SHOWN = 6  # rows a group
MAPPED = 1_200  # rows on the map


def exhibit_rows(
    view: View, rows: Ints, weight: Floats, flagged: Bools, trigger: Trigger | None
) -> tuple[Exhibit, ...]:
    """The strongest rows of a group, each beside its nearest clean neighbour.

    Parameters
    ----------
    view
        With content and features.
    rows, weight
        (m,) rows of the group and how strongly each belongs.
    flagged
        (n,) rows of any group; none of them serves as a neighbour.
    trigger
        Marked in the rows that carry it.
    """
    order = np.argsort(-weight, kind="stable")[:SHOWN]
    clean = np.flatnonzero(~flagged)
    return tuple(
        _exhibit(view, int(row), trigger, _nearest(view, int(row), clean)) for row in rows[order]
    )


def _exhibit(view: View, row: int, trigger: Trigger | None, neighbour: int | None) -> Exhibit:
    if view.content is None:
        msg = "exhibits need content"
        raise ValueError(msg)
    source = None if view.sources is None else view.source_names[view.sources[row]]
    return Exhibit(
        row=row,
        id=str(view.ids[row]),
        label=view.classes[view.labels[row]],
        source=source,
        shown=tools_of(view.modality).render(view.content, row, trigger),
        neighbour=None if neighbour is None else _exhibit(view, neighbour, None, None),
    )


def _nearest(view: View, row: int, clean: Ints) -> int | None:
    if view.features is None or not len(clean):
        return None
    x, others = view.features[row], view.features[clean]
    size = np.linalg.norm(others, axis=1) * max(float(np.linalg.norm(x)), 1e-9)
    return int(clean[int(np.argmax((others @ x) / np.maximum(size, 1e-9)))])


def map_rows(view: View, groups: dict[str, Ints], rng: np.random.Generator) -> tuple[MapPoint, ...]:
    """A two-dimensional map of a sample of rows, all flagged rows first.

    The axes are the leading principal directions of the standardised features.
    """
    if view.features is None:
        return ()
    named = {int(r): name for name, rows in groups.items() for r in rows}
    flagged = np.array(sorted(named), dtype=np.int64)[: MAPPED // 2]
    rest = np.setdiff1d(np.arange(len(view)), flagged)
    size = min(len(rest), MAPPED - len(flagged))
    shown = np.r_[np.sort(rng.choice(rest, size=size, replace=False)), flagged]
    x = view.features[shown].astype(np.float64)
    x = x - x.mean(axis=0)
    _, _, axes = np.linalg.svd(x, full_matrices=False)
    xy = x @ axes[:2].T
    if xy.shape[1] < 2:
        xy = np.hstack([xy, np.zeros((len(xy), 2 - xy.shape[1]))])
    xy /= np.maximum(np.abs(xy).max(axis=0), 1e-12)
    return tuple(
        MapPoint(int(r), float(a), float(b), view.classes[view.labels[r]], named.get(int(r), ""))
        for r, (a, b) in zip(shown, xy, strict=True)
    )
