"""Schemas of pandera, run at full depth: nothing that was not looked at counts as a pass.

By default pandera checks only types on a polars LazyFrame, nothing at all where
``PANDERA_VALIDATION_ENABLED`` is off, and drops rows that fail where the schema says so; in each
case it reports success. Here frames are collected, validation is on, and rows are kept.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from foretaste.errors import MissingExtraError, UsageError
from foretaste.validate.findings import Finding, Validation
from foretaste.validate.opened import open_any
from foretaste.validate.schema import Severity
from foretaste.validate.tally import MAX_NAMED, shown

__all__ = ["check_pandera"]


def check_pandera(data: Any, schema: Any) -> Validation:
    """Does the data keep to a schema of pandera?

    Parameters
    ----------
    data
        A pandas or polars frame, a LazyFrame (it is collected), or whatever else
        `foretaste.open` takes.
    schema
        A ``DataFrameSchema`` or ``DataFrameModel`` of ``pandera.pandas`` or ``pandera.polars``.

    Returns
    -------
    Validation
        One finding for each check that fails, with the first rows and the value. All block.

    Raises
    ------
    MissingExtraError
        pandera is not installed.
    UsageError
        `schema` is none of pandera's, or cannot be run.

    Examples
    --------
    >>> import pandas as pd, pandera.pandas as pa
    >>> schema = pa.DataFrameSchema({"age": pa.Column(int, pa.Check.in_range(0, 120))})
    >>> check_pandera(pd.DataFrame({"age": [30, 300]}), schema).findings[0].rows
    (1,)
    """
    try:
        from pandera.config import ValidationDepth, config_context  # noqa: PLC0415 - an extra
        from pandera.errors import SchemaErrors  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("checking schemas of pandera", "pandera") from None
    schema = _whole(schema)
    frame = _frame(data, polars=_is_polars(schema))
    depth = ValidationDepth.SCHEMA_AND_DATA
    found: tuple[Finding, ...] = ()
    try:
        with config_context(validation_enabled=True, validation_depth=depth):
            schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        found = tuple(_findings(errors.failure_cases, len(frame)))
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise UsageError(f"schema: pandera cannot run it on this data ({reason})") from error
    return Validation(
        name=open_any(data).name if not hasattr(data, "collect") else "LazyFrame",
        rows=len(frame),
        schema=str(schema.name or "pandera"),
        digest="",
        findings=tuple(sorted(found, key=lambda one: one.order)),
        checked=len(schema.columns) + len(schema.checks or ()),
    )


def _whole(schema: Any) -> Any:
    """The schema as an object that keeps rows that fail."""
    if hasattr(schema, "to_schema"):
        schema = schema.to_schema()
    if not type(schema).__module__.startswith("pandera.") or not hasattr(schema, "columns"):
        raise UsageError(
            f"schema must be a DataFrameSchema or a DataFrameModel of pandera, got "
            f"{type(schema).__name__}; schemas of foretaste go to check()"
        )
    schema = copy.deepcopy(schema)
    schema.drop_invalid_rows = False
    return schema


def _is_polars(schema: Any) -> bool:
    return ".polars." in f"{type(schema).__module__}."


def _frame(data: Any, *, polars: bool) -> Any:
    """The data as the frame that the schema is for, with all its rows."""
    if hasattr(data, "collect") and hasattr(data, "lazy"):  # a LazyFrame
        data = data.collect()
    module = type(data).__module__.split(".")[0]
    if module == ("polars" if polars else "pandas"):
        return data
    import pyarrow as pa  # noqa: PLC0415 - frames are the usual case

    rows = open_any(data).rows
    table = pa.Table.from_batches(list(rows.blocks(65536)), rows.schema)
    if not polars:
        return table.to_pandas()
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("checking polars schemas", "polars") from None
    return pl.from_arrow(table)


def _findings(cases: Any, total: int) -> Iterator[Finding]:
    """One finding a check: failure cases of one column and check belong together."""
    columns = ["schema_context", "column", "check", "failure_case", "index"]
    groups: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for values in zip(*(cases[name].to_list() for name in columns), strict=True):
        context, column, check, case, index = values
        name = column if isinstance(column, str) and context != "Index" else ""
        groups.setdefault((name, str(check)), []).append((index, case))
    for (column, check), failed in groups.items():
        rows = [int(i) for i, _ in failed if isinstance(i, int | float) and i == i]  # noqa: PLR0124
        value = shown(failed[0][1])
        place = f"column {column!r}" if column else "the frame"
        yield Finding(
            rule=f"pandera:{check[:80]}",
            column=column,
            severity=Severity.BLOCK,
            message=f"{place}: {len(failed):,} failures of {check[:120]} (first: {value!r})",
            count=len(failed),
            total=total,
            rows=tuple(rows[:MAX_NAMED]),
            value=value,
            expected=check[:120],
        )
