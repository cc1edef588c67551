"""Findings, one entry a row, as Parquet and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.data.rows import DAMAGE
from foretaste.errors import UnreadableDataError
from foretaste.types import Findings

__all__ = ["from_parquet", "to_parquet"]

_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("flagged", pa.bool_(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
    ],
    metadata={"schema": "foretaste/findings/v1"},
)


def to_parquet(findings: Findings) -> bytes:
    """The findings as a Parquet file: the same findings give the same bytes.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.types import Findings
    >>> text = np.array(["", ""], dtype=object)
    >>> score, flagged = np.array([0.5, 2.0]), np.array([False, True])
    >>> to_parquet(Findings(text, score, flagged, text, text, text))[:4]
    b'PAR1'
    """
    columns = [
        pa.array(np.arange(len(findings), dtype=np.int64)),
        _texts(findings.ids),
        pa.array(findings.score, type=pa.float64()),
        pa.array(findings.flagged, type=pa.bool_()),
        _texts(findings.kind),
        _texts(findings.group),
        _texts(findings.why),
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _texts(values: npt.NDArray[np.object_]) -> Any:
    whole = (str(v).encode("utf-8", "backslashreplace").decode() for v in values.tolist())
    return pa.array(whole, type=pa.string())


def from_parquet(content: bytes, name: str) -> Findings:
    """The findings that `to_parquet` wrote; `name` says in errors which file it was."""
    try:
        table = pq.read_table(pa.BufferReader(content))
        table.validate(full=True)
    except DAMAGE as error:
        raise UnreadableDataError(f"{name}: not a Parquet file of findings: {error}") from error
    if not table.schema.equals(_SCHEMA):
        raise UnreadableDataError(
            f"{name}: expected the columns {', '.join(_SCHEMA.names)}, "
            f"got {', '.join(table.schema.names)[:200]}; scan again to write it anew"
        )
    columns: dict[str, npt.NDArray[Any]] = {}
    for field in _SCHEMA:
        array = table[field.name].to_numpy()
        array = array.astype(object) if field.type == pa.string() else array.copy()
        array.setflags(write=False)
        columns[field.name] = array
    del columns["row"]
    return Findings(columns.pop("id"), **columns)
