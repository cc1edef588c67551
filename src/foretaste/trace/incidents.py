"""Predictions that were wrong, read and brought into the shape of the training rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.data import Dataset, open_dataset
from foretaste.data.coding import label_codes
from foretaste.data.rows import one_column
from foretaste.errors import UsageError
from foretaste.influence.fingerprint import Shape, shape_of
from foretaste.types import Content, Floats, Ints, Modality, Table

__all__ = ["Asked", "read_incidents"]

Predict = Callable[[Content], Floats]


@dataclass(frozen=True)
class Asked:
    """m incidents: `content`, and the (m,) class codes `said` and `expected`."""

    content: Content
    said: Ints
    expected: Ints

    def __len__(self) -> int:
        return len(self.said)


def read_incidents(
    incidents: Any,
    *,
    shape: Shape,
    classes: tuple[str, ...],
    said: str | Sequence[Any] | None,
    expected: str | None,
    predict: Predict | None,
) -> Asked:
    """Open the incidents like data, with what was expected as their label.

    Parameters
    ----------
    incidents
        What `foretaste.open` takes: a path, a frame, arrays ``(X, expected)`` ...
    shape
        Of the training rows.
    classes
        Names of the training labels.
    said
        The column with what the model said, or one label an incident; None asks the model.
    expected
        The column with what it should have said; "expected" by default.
    predict
        The model.

    Raises
    ------
    UsageError
        An incident is of another shape or label, or was no mistake.
    """
    opened = _open(incidents, shape, expected)
    content = _aligned(opened.content(), shape, opened.columns)
    right, names = opened.labels()
    want = _codes([names[code] for code in right], classes, "expected")
    if said is None and predict is None:
        raise UsageError("said: name the column with what the model said, or give the model")
    if said is None and predict is not None:
        got = predict(content).argmax(axis=1).astype(np.int64)
    else:
        got = _codes(_said(opened, said), classes, "said")
    if len(got) != len(want):
        raise UsageError(f"said: {len(want)} incidents need as many labels, got {len(got)}")
    same = np.flatnonzero(got == want)
    if len(same):
        raise UsageError(
            f"incidents: row {same[0]} is no mistake, {classes[got[same[0]]]!r} was said and "
            "expected; leave it out"
        )
    return Asked(content, got, want)


def _open(incidents: Any, shape: Shape, expected: str | None) -> Dataset:
    is_path = isinstance(incidents, str | os.PathLike)
    if isinstance(incidents, tuple) or (is_path and Path(incidents).is_dir()):
        return open_dataset(incidents)  # labels and content have their places there
    told: dict[str, Any] = {"source": "", "id": "", "time": "", "embedding": shape.embedding}
    if shape.embedding:
        return open_dataset(incidents, label=expected or "expected", features=[], **told)
    if shape.modality == Modality.TABLE.value:
        told["features"] = list(shape.names)
    elif shape.names:
        told[shape.modality] = shape.names[0]
    return open_dataset(incidents, label=expected or "expected", **told)


def _said(opened: Dataset, said: str | Sequence[Any] | None) -> list[str]:
    if not isinstance(said, str):
        return [str(name) for name in said or ()]
    if said not in opened.columns:
        raise UsageError(
            f"said: the incidents have no column {said!r}; they have {', '.join(opened.columns)}"
        )
    codes, names = label_codes(one_column(opened.rows, said), said, ())
    return [names[code] for code in codes]


def _codes(names: Sequence[str], classes: tuple[str, ...], role: str) -> Ints:
    known = {name: code for code, name in enumerate(classes)}
    for row, name in enumerate(names):
        if name not in known:
            raise UsageError(
                f"{role}: incident {row} has the label {name!r}, which no training row carries; "
                f"the labels are {', '.join(classes[:10])}"
            )
    return np.array([known[name] for name in names], dtype=np.int64)


def _aligned(content: Content, shape: Shape, given: tuple[str, ...]) -> Content:
    """The content with the columns, levels and size of the training rows."""
    if content.modality.value != shape.modality:
        raise UsageError(
            f"incidents are read as {content.modality.value}, the training rows are "
            f"{shape.modality}; give them in the same form"
        )
    if isinstance(content, Table):
        return _columns(content, shape, given)
    here = shape_of(content)
    if here.image != shape.image:
        raise UsageError(
            f"incidents: images are {here.image} (height, width, channels), the training rows "
            f"{shape.image}; bring them to one size"
        )
    return content


def _columns(table: Table, shape: Shape, given: tuple[str, ...]) -> Table:
    given = (*given, *table.names)
    missing = [name for name in shape.names if name not in given]
    if missing:
        raise UsageError(
            f"incidents lack the column {missing[0]!r}; the training rows have "
            f"{', '.join(shape.names[:10])}"
        )
    place = {name: i for i, name in enumerate(table.names)}
    values = np.full((len(table), len(shape.names)), np.nan)
    for column, name in enumerate(shape.names):
        if name in place:  # a column that is empty in every incident was not read
            values[:, column] = _levels(table.values[:, place[name]], table, name, shape)
    return replace(table, names=shape.names, values=values, categories=dict(shape.categories))


def _levels(cells: Floats, table: Table, name: str, shape: Shape) -> Floats:
    """Codes of another file's levels, or its numbers, as the training rows have them."""
    known, here = shape.categories.get(name), table.categories.get(name)
    if known is None:
        if here is None:
            return cells
        raise UsageError(
            f"incidents: column {name!r} holds words, in the training rows it holds numbers"
        )
    code = {level: float(i) for i, level in enumerate(known)}
    told = [
        None if np.isnan(cell) else (here[int(cell)] if here is not None else f"{cell:g}")
        for cell in cells
    ]
    # a level that no training row has is one of its own, not a missing cell
    return np.array([np.nan if t is None else code.get(t, float(len(known))) for t in told])
