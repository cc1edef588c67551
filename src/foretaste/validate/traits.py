"""What is compared of a cell: a number as it is, a category by name, a text by its length ..."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.validate.cells import Cells
from foretaste.validate.pictures import facts_of
from foretaste.validate.sample import Trait
from foretaste.validate.schema import Kind

__all__ = ["MAX_TEXT", "traits_of"]

_MAX_NAME = 100  # characters kept of a category
MAX_TEXT = 400  # characters kept of a text


def traits_of(column: str, cells: Cells) -> dict[Trait, Any]:
    """Arrow arrays of the cells' n rows: float64 for numbers, strings for categories and texts.

    Examples
    --------
    >>> from foretaste.validate.cells import read_cells
    >>> cells = read_cells(pa.array(["good film", None]), Kind.TEXT)
    >>> {str(trait): values.to_pylist() for trait, values in traits_of("review", cells).items()}
    {'length of review': [9.0, None], 'words of review': ['good film', None]}
    """
    kind = cells.kind
    if cells.numbers is not None:
        return {Trait(column): pa.array(cells.numbers, pa.float64(), mask=~cells.usable)}
    if kind in {Kind.STRING, Kind.BOOLEAN}:
        return {Trait(column): pc.utf8_slice_codeunits(_usable(cells, cells.texts), 0, _MAX_NAME)}
    if kind is Kind.TEXT:
        texts = _usable(cells, cells.texts)
        return {
            Trait(column, "length"): pc.utf8_length(texts).cast(pa.float64()),
            Trait(column, "words"): pc.utf8_slice_codeunits(texts, 0, MAX_TEXT),
        }
    if kind is Kind.IMAGE:
        return _of_images(column, cells)
    if kind is Kind.LIST:
        lengths = pc.list_value_length(_usable(cells, cells.values))
        return {Trait(column, "length"): lengths.cast(pa.float64())}
    return {}


def _usable(cells: Cells, values: Any) -> Any:
    if cells.usable.all():
        return values
    return pc.if_else(pa.array(cells.usable), values, pa.nulls(len(values), values.type))


def _of_images(column: str, cells: Cells) -> dict[Trait, Any]:
    seen = [f if f is not None and not f.problem else None for f in facts_of(cells.values)]
    width, height, brightness = (
        pa.array([None if f is None else float(getattr(f, what)) for f in seen], pa.float64())
        for what in ("width", "height", "brightness")
    )
    modes = pa.array([None if f is None else f.mode for f in seen], pa.large_string())
    return {
        Trait(column, "width"): width,
        Trait(column, "height"): height,
        Trait(column, "brightness"): _no_nan(brightness),
        Trait(column, "mode"): modes,
    }


def _no_nan(values: Any) -> Any:
    return pa.array(np.asarray(values.to_numpy(zero_copy_only=False)), from_pandas=True)
