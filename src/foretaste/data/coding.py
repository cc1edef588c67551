"""Labels, sources and ids: what rows are called, as codes and names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.kinds import is_text
from foretaste.data.loose import text_of
from foretaste.errors import RoleError

__all__ = ["declared_names", "id_names", "label_codes", "source_codes"]

Ints = npt.NDArray[np.int64]
NO_SOURCE = "(no source)"


def declared_names(schema: pa.Schema, name: str) -> tuple[str, ...]:
    """Names of the classes 0, 1, ... where a Hugging Face schema declares them, else nothing."""
    try:
        info = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = info["info"]["features"][name]["names"]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()


def label_codes(
    column: pa.ChunkedArray, name: str, declared: Sequence[str] = ()
) -> tuple[Ints, tuple[str, ...]]:
    """The class of every row.

    Parameters
    ----------
    column
        Whole numbers, floats that are few or whole, strings, booleans; dictionary or not.
    name
        Of the column, for errors.
    declared
        Names of the classes 0, 1, ... where the file declares them.

    Returns
    -------
    codes, names
        (n,) int64 indices into the sorted names; numbers sort as numbers.

    Raises
    ------
    RoleError
        Rows without a label; a continuous label; a type that is no class.

    Examples
    --------
    >>> import pyarrow as pa
    >>> codes, names = label_codes(pa.chunked_array([[10, 2, 10]]), "y")
    >>> codes.tolist(), names
    ([1, 0, 1], ('2', '10'))
    """
    values = _flat(column)
    _check_complete(values, name)
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = _whole_or_few(values.cast(pa.float64()), name)
    elif not (is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise RoleError(
            f"label: column {name!r} holds {kind}, which is no class; name a column of strings, "
            "whole numbers or booleans"
        )
    if declared and pa.types.is_integer(values.type) and pc.min(values).as_py() >= 0:
        return _named_codes(values, declared)
    return _codes(values)


def source_codes(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """The source of every row, as indices into sorted names; rows without one share a name.

    Examples
    --------
    >>> import pyarrow as pa
    >>> codes, names = source_codes(pa.chunked_array([["b", None, "b"]]))
    >>> codes.tolist(), names
    ([1, 0, 1], ('(no source)', 'b'))
    """
    return _codes(text_of(_flat(column)).fill_null(NO_SOURCE))


def id_names(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """(n,) str: the id of every row; its number where it has none."""
    names = text_of(_flat(column)).to_pylist()
    return _objects([str(row) if name is None else name for row, name in enumerate(names)])


def _flat(column: pa.ChunkedArray) -> Any:
    """One array without dictionary encoding."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.combine_chunks()


def _codes(values: Any) -> tuple[Ints, tuple[str, ...]]:
    encoded = pc.dictionary_encode(values)
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    names = text_of(encoded.dictionary.take(pa.array(order))).to_pylist()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()], tuple(names)


def _named_codes(values: Any, declared: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    codes = values.cast(pa.int64()).to_numpy().copy()
    present = np.unique(codes)
    names = [declared[c] if c < len(declared) else str(c) for c in present.tolist()]
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[np.searchsorted(present, codes)], tuple(names[i] for i in order)


def _check_complete(values: Any, name: str) -> None:
    missing = pc.is_null(values, nan_is_null=True)
    if is_text(values.type):
        missing = pc.or_(missing, pc.equal(pc.utf8_trim_whitespace(values), "").fill_null(True))
    rows = np.flatnonzero(missing.to_numpy(zero_copy_only=False))
    if len(rows):
        first = ", ".join(map(str, rows[:5].tolist()))
        raise RoleError(
            f"label: {len(rows)} of {len(values)} rows have no value in column {name!r} "
            f"(first rows: {first}); label these rows or drop them"
        )


def _whole_or_few(values: Any, name: str) -> Any:
    """Float labels as whole numbers where they are whole; refuse continuous ones."""
    floats = values.to_numpy(zero_copy_only=False)
    if np.all(np.isfinite(floats)) and np.all(floats == np.floor(floats)):
        return values.cast(pa.int64())
    distinct = len(np.unique(floats))
    if distinct > 50 and distinct > 0.2 * len(floats):
        raise RoleError(
            f"label: column {name!r} holds {distinct} different numbers in {len(floats)} rows; "
            "regression is not supported yet, name a column of classes or bin this one"
        )
    return values


def _objects(values: Sequence[str]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
