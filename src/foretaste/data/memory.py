"""Objects in memory as Arrow rows: data frames, Arrow tables, arrays, torch and Hugging Face.

Libraries are recognised by the module of the object's type: a library that the user has not
imported is never imported here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from foretaste.data.arrays import array_table
from foretaste.data.loose import loose_column, loose_table
from foretaste.data.origin import Origin
from foretaste.data.rows import first_line, normal, normal_schema
from foretaste.errors import UnreadableDataError, UsageError

__all__ = ["Loaded", "load"]


@dataclass(frozen=True)
class Loaded:
    """An Arrow table, how to hand its rows back, and what is worth telling."""

    name: str
    table: pa.Table
    origin: Origin = field(default_factory=Origin)
    notes: tuple[str, ...] = ()


def load(data: object) -> Loaded:
    """Rows of an object in memory.

    Raises
    ------
    UsageError
        The type is none of those that can be read.

    Examples
    --------
    >>> load({"x": [1, 2]}).table.num_rows
    2
    """
    loader = _loader(data)
    try:
        loaded = loader(data)
    except (pa.ArrowException, UnicodeError, TypeError, ValueError) as error:
        raise UnreadableDataError(
            f"{type(data).__name__}: cannot be read as columns ({first_line(error)}); "
            "convert odd columns to numbers or strings"
        ) from error
    names = loaded.table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnreadableDataError(
            f"{loaded.name}: column {twice[0]!r} is there more than once; rename one of them"
        )
    return Loaded(
        loaded.name,
        normal(loaded.table, normal_schema(loaded.table.schema)),
        loaded.origin,
        loaded.notes,
    )


def _loader(data: object) -> Callable[[Any], Loaded]:
    modules = {kind.__module__.split(".")[0] for kind in type(data).__mro__}
    name = type(data).__name__
    frame = name in {"DataFrame", "LazyFrame"}
    rules: tuple[tuple[bool, Callable[[Any], Loaded]], ...] = (
        (isinstance(data, tuple) and len(data) == 2, _pair),
        ("pandas" in modules and frame, _pandas),
        ("polars" in modules and frame, _polars),
        ("datasets" in modules and name == "Dataset", _hugging_face),
        ("torch" in modules and hasattr(data, "__getitem__") and hasattr(data, "__len__"), _torch),
        (isinstance(data, Mapping) and "datasets" not in modules, _mapping),
        (hasattr(data, "__arrow_c_stream__") or isinstance(data, pa.RecordBatch), _arrow),
        ("pyarrow" in modules and hasattr(data, "to_table"), lambda d: _arrow(d.to_table())),
    )
    for fits, loader in rules:
        if fits:
            return loader
    if "datasets" in modules and isinstance(data, Mapping):
        splits = ", ".join(map(repr, data))
        raise UsageError(f"data: a {name} holds several sets; give one of its splits: {splits}")
    raise UsageError(
        f"data: a {type(data).__module__}.{name} cannot be opened; give a path, a pandas or "
        "polars frame, an Arrow table, arrays (X, y), or a torch or Hugging Face Dataset"
    )


def _arrow(data: Any) -> Loaded:
    return Loaded("Arrow table", data if isinstance(data, pa.Table) else pa.table(data))


def _mapping(data: Mapping[str, Any]) -> Loaded:
    table, notes = loose_table(data)
    return Loaded("columns", table, Origin(), notes)


def _pandas(frame: Any) -> Loaded:
    notes: list[str] = []
    whole = frame
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if named:
        whole = frame.reset_index(level=named)
    columns = {
        str(name): _pandas_column(str(name), whole.iloc[:, i], notes)
        for i, name in enumerate(whole.columns)
    }
    if len(columns) < len(whole.columns):
        raise UnreadableDataError(
            "DataFrame: several columns have the same name; rename one of them"
        )
    origin = Origin(lambda rows: frame.iloc[rows])
    return Loaded("DataFrame", pa.table(columns), origin, tuple(notes))


def _pandas_column(name: str, series: Any, notes: list[str]) -> Any:
    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return loose_column(name, series.tolist(), notes)


def _polars(frame: Any) -> Loaded:
    if type(frame).__name__ == "LazyFrame":
        frame = frame.collect()
    return Loaded("polars DataFrame", frame.to_arrow(), Origin(lambda rows: frame[rows]))


def _hugging_face(data: Any) -> Loaded:
    table = data.with_format("arrow")[:]
    features = {
        name: {"names": feature.names}
        for name, feature in data.features.items()
        if hasattr(feature, "names")
    }
    declared = json.dumps({"info": {"features": features}}).encode()
    return Loaded(
        "Hugging Face Dataset",
        table.replace_schema_metadata({b"huggingface": declared}),
        Origin(data.select),
    )


def _pair(data: tuple[Any, Any]) -> Loaded:
    X, y = data
    frame = [side for side in (X,) if type(side).__name__ == "DataFrame"]
    if frame:
        inner = load(X)
        label = "y" if "y" not in inner.table.column_names else "label"
        table = inner.table.append_column(label, pa.array(_labels(y)))
        return Loaded(inner.name, table, _pair_origin(inner.origin.give, y), inner.notes)
    X, y = np.asarray(X), np.asarray(y)
    notes: list[str] = []
    table = array_table(X, y, notes)
    return Loaded("arrays", table, Origin(lambda rows: (X[rows], y[rows])), tuple(notes))


def _labels(y: Any) -> Any:
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise UnreadableDataError(
            f"arrays: y has shape {labels.shape}; give one label a row, such as y.argmax(axis=1)"
        )
    return labels


def _pair_origin(give: Callable[[Any], Any] | None, y: Any) -> Origin:
    labels = y.iloc if hasattr(y, "iloc") else np.asarray(y)
    return Origin(lambda rows: (give(rows) if give else None, labels[rows]))


def _torch(data: Any) -> Loaded:
    pairs = [data[i] for i in range(len(data))]
    if not pairs or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise UsageError("data: a torch Dataset must give (x, y) for every index; map it to pairs")
    X, y = (np.stack([_as_array(pair[side]) for pair in pairs]) for side in (0, 1))
    notes: list[str] = []
    subset = sys.modules["torch.utils.data"].Subset
    origin = Origin(lambda rows: subset(data, rows.tolist()))
    return Loaded("torch Dataset", array_table(X, y, notes), origin, tuple(notes))


def _as_array(value: Any) -> Any:
    return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
