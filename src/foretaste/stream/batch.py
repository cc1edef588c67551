"""Rows of a stream: who taught which label with what content, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.errors import UnreadableDataError, UsageError

__all__ = ["EXPOSED", "UNEXPOSED", "UNKNOWN", "Batch", "concat"]

UNKNOWN, UNEXPOSED, EXPOSED = -1, 0, 1  # was the sender shown what the row is about?

Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Batch:
    """n rows of a stream, as columns.

    Attributes
    ----------
    ids
        (n,) str: names of rows, unique in the stream.
    times
        (n,) float64: seconds when they arrived. Stamp them where rows come in: a time that the
        sender chooses is no evidence.
    sources
        (n,) str: user, account, vendor.
    labels
        (n,) str: what the row teaches.
    texts
        (n,) str, or None where the content is numbers.
    vectors
        (n, d) float32, or None where the content is text.
    exposed
        (n,) int8: `EXPOSED` where the system itself had shown the sender what the row is about,
        `UNEXPOSED` where it had not, `UNKNOWN`.

    Examples
    --------
    >>> rows = Batch.of(["a", "b"], [0.0, 1.0], ["ann", "bob"], ["ham", "spam"], ["hi", "buy"])
    >>> len(rows), rows.take(np.array([1])).ids.tolist()
    (2, ['b'])
    >>> Batch.from_bytes(rows.to_bytes()).texts.tolist()
    ['hi', 'buy']
    """

    ids: Names
    times: npt.NDArray[np.float64]
    sources: Names
    labels: Names
    texts: Names | None
    vectors: npt.NDArray[np.float32] | None
    exposed: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        n = len(self.ids)
        if (self.texts is None) == (self.vectors is None):
            raise UsageError("batch: rows need either texts or vectors as content, and not both")
        for field in fields(self):
            column = getattr(self, field.name)
            if column is not None and len(column) != n:
                raise UsageError(
                    f"batch: {field.name} has {len(column):,} entries for {n:,} ids; "
                    "every column needs one entry a row"
                )
        if not np.isfinite(self.times).all():
            row = int(np.flatnonzero(~np.isfinite(self.times))[0])
            raise UsageError(
                f"batch: row {self.ids[row]!r} has the time {self.times[row]}; "
                "stamp rows with seconds when they arrive"
            )
        if self.vectors is not None and not np.isfinite(self.vectors).all():
            row = int(np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))[0])
            raise UsageError(
                f"batch: row {self.ids[row]!r} holds a number that is not finite; "
                "leave the row out or fill the cell"
            )

    @classmethod
    def of(
        cls,
        ids: Sequence[str] | Names,
        times: npt.ArrayLike,
        sources: Sequence[str] | Names,
        labels: Sequence[str] | Names,
        content: Sequence[str] | npt.NDArray[Any],
        exposed: npt.ArrayLike | None = None,
    ) -> Batch:
        """Rows from plain sequences; numbers of two dimensions are vectors, all else is text."""
        numbers = isinstance(content, np.ndarray) and content.ndim == 2
        return cls(
            ids=_names(ids),
            times=np.asarray(times, dtype=np.float64),
            sources=_names(sources),
            labels=_names(labels),
            texts=None if numbers else _names(content),
            vectors=np.asarray(content, dtype=np.float32) if numbers else None,
            exposed=np.full(len(ids), UNKNOWN, dtype=np.int8)
            if exposed is None
            else np.asarray(exposed, dtype=np.int8),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def content(self) -> npt.NDArray[Any]:
        """Texts or vectors, whichever the rows hold."""
        held = self.texts if self.vectors is None else self.vectors
        assert held is not None  # one of them is there
        return held

    def take(self, rows: npt.NDArray[Any]) -> Batch:
        """Rows by number or by mask, in their order."""
        columns: list[Any] = [getattr(self, field.name) for field in fields(self)]
        taken: list[Any] = [None if column is None else column[rows] for column in columns]
        return Batch(*taken)

    def at(self, times: npt.NDArray[np.float64]) -> Batch:
        """The same rows with other times."""
        return Batch(
            self.ids, times, self.sources, self.labels, self.texts, self.vectors, self.exposed
        )

    def to_table(self) -> pa.Table:
        """The rows as an Arrow table; vectors are lists of fixed length."""
        columns: dict[str, Any] = {
            "id": pa.array(self.ids, pa.string()),
            "time": pa.array(self.times),
            "source": pa.array(self.sources, pa.string()),
            "label": pa.array(self.labels, pa.string()),
            "exposed": pa.array(self.exposed),
        }
        if self.vectors is not None:
            flat = pa.array(np.ascontiguousarray(self.vectors).ravel())
            columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, self.vectors.shape[1])
        else:
            columns["text"] = pa.array(self.texts, pa.string())
        return pa.table(columns)

    @classmethod
    def from_table(cls, table: pa.Table) -> Batch:
        """Rows from a table with the columns that `to_table` writes."""
        vectors = None
        if "vector" in table.column_names:
            column = table["vector"].combine_chunks()
            width = column.type.list_size
            vectors = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
        return cls(
            ids=_names(table["id"].to_pylist()),
            times=table["time"].to_numpy().astype(np.float64),
            sources=_names(table["source"].to_pylist()),
            labels=_names(table["label"].to_pylist()),
            texts=_names(table["text"].to_pylist()) if vectors is None else None,
            vectors=vectors,
            exposed=table["exposed"].to_numpy().astype(np.int8),
        )

    def to_bytes(self) -> bytes:
        """An Arrow stream, compressed."""
        sink = pa.BufferOutputStream()
        table = self.to_table()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue().to_pybytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> Batch:
        """What `to_bytes` made, exactly."""
        try:
            with pa.ipc.open_stream(pa.BufferReader(content)) as reader:
                return cls.from_table(reader.read_all())
        except (pa.ArrowInvalid, KeyError) as error:
            raise UnreadableDataError(f"batch: not rows of a stream: {error}") from error


def concat(batches: Sequence[Batch]) -> Batch:
    """One batch after the other.

    >>> one = Batch.of(["a"], [0.0], ["ann"], ["ham"], ["hi"])
    >>> concat([one, one]).ids.tolist()
    ['a', 'a']
    """
    if len(batches) == 1:
        return batches[0]
    columns: list[Any] = []
    for field in fields(Batch):
        parts = [getattr(batch, field.name) for batch in batches]
        missing = [part is None for part in parts]
        if any(missing) and not all(missing):
            raise UsageError("batch: texts and vectors cannot stand in one stream; use two guards")
        if field.name == "vectors" and not any(missing) and len({p.shape[1] for p in parts}) > 1:
            raise UsageError(
                f"batch: vectors of {parts[0].shape[1]} and {parts[-1].shape[1]} numbers cannot "
                "stand in one stream; use two guards"
            )
        columns.append(None if any(missing) else np.concatenate(parts))
    return Batch(*columns)


def _names(values: Sequence[Any] | npt.NDArray[Any]) -> Names:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column
