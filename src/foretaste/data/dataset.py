"""A data set: rows, what their columns mean, and what they contain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data import rowhash
from foretaste.data.coding import declared_names, id_names, label_codes, source_codes
from foretaste.data.embeddings import extract_embedding
from foretaste.data.images import decode_images
from foretaste.data.kinds import is_tensor
from foretaste.data.moments import moments
from foretaste.data.origin import Origin
from foretaste.data.pairs import Pairs
from foretaste.data.pixels import array_images
from foretaste.data.rows import Rows, TableRows, one_column, pick
from foretaste.data.tables import extract_table
from foretaste.data.texts import extract_texts
from foretaste.errors import UsageError
from foretaste.types import Content, Modality, Roles, Table, Texts

__all__ = ["Dataset"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """n rows with roles, in memory or on disk; made by `open_dataset`.

    Arrays it hands out are read-only and are computed once.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> data = open_dataset({"size": [1.0, 2.0], "label": ["a", "b"]})
    >>> len(data), data.roles.label, data.modality.value
    (2, 'label', 'table')
    """

    name: str  # for people: a path, "DataFrame" ...
    rows: Rows = field(repr=False)
    roles: Roles
    modality: Modality
    origin: Origin = field(repr=False, default_factory=Origin)
    notes: tuple[str, ...] = field(repr=False, default=())  # from reading
    pairs: Pairs | None = field(repr=False, default=None)  # where rows are prompts and answers

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return self.rows.n_rows

    def __len__(self) -> int:
        return self.n_rows

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in the order of the input."""
        return tuple(self.rows.schema.names)

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 over column names and row digests; the file format does not show."""
        return rowhash.combine(self.columns, self._row_digests)

    def row_digests(self) -> list[bytes]:
        """32 bytes a row, see `foretaste.data.rowhash`.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> a = open_dataset({"size": [1, 2], "label": ["a", "b"]})
        >>> b = open_dataset({"label": ["a", "b"], "size": [1.0, 3.0]})
        >>> [x == y for x, y in zip(a.row_digests(), b.row_digests())]
        [True, False]
        """
        return list(self._row_digests)

    @cached_property
    def _row_digests(self) -> tuple[bytes, ...]:
        return tuple(rowhash.row_digests(self.blocks()))

    def labels(self) -> tuple[Ints, tuple[str, ...]]:
        """(n,) class codes, and the sorted class names they index.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> codes, names = open_dataset({"x": [1, 2, 3], "label": ["b", "a", "b"]}).labels()
        >>> codes.tolist(), names
        ([1, 0, 1], ('a', 'b'))
        """
        return self._labels

    @cached_property
    def _labels(self) -> tuple[Ints, tuple[str, ...]]:
        if self.pairs is not None:
            return _frozen(self.pairs.kinds.codes), self.pairs.kinds.names
        name = self.roles.label
        declared = declared_names(self.rows.schema, name)
        codes, names = label_codes(one_column(self.rows, name), name, declared)
        return _frozen(codes), names

    def sources(self) -> tuple[Ints, tuple[str, ...]] | None:
        """(n,) source codes, and the sorted source names they index; None without sources.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> open_dataset({"x": [1, 2], "label": ["a", "b"], "vendor": ["v", "u"]}).sources()[1]
        ('u', 'v')
        """
        return self._sources

    @cached_property
    def _sources(self) -> tuple[Ints, tuple[str, ...]] | None:
        if self.roles.source is None:
            return None
        codes, names = source_codes(one_column(self.rows, self.roles.source))
        return _frozen(codes), names

    def ids(self) -> npt.NDArray[np.object_]:
        """(n,) str, the id of each row; without an id column its number.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> open_dataset({"x": [1, 2], "label": ["a", "b"]}).ids().tolist()
        ['0', '1']
        """
        return self._ids

    @cached_property
    def _ids(self) -> npt.NDArray[np.object_]:
        if self.roles.id is None:
            return _frozen(np.array([str(row) for row in range(self.n_rows)], dtype=object))
        return _frozen(id_names(one_column(self.rows, self.roles.id)))

    def times(self) -> Floats | None:
        """(n,) seconds since 1970 (UTC), NaN where unknown; None without a time column.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> data = {"x": [1, 2], "label": ["a", "b"], "date": ["1970-01-02", None]}
        >>> open_dataset(data).times().tolist()
        [86400.0, nan]
        """
        return self._times

    @cached_property
    def _times(self) -> Floats | None:
        if self.roles.time is None:
            return None
        return _frozen(moments(one_column(self.rows, self.roles.time)))

    def embedding(self) -> npt.NDArray[np.float32] | None:
        """(n, d) float32 of the embedding column; None without one.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> data = {"text": ["some words", "more"], "label": ["a", "b"], "emb": [[0, 1], [1, 0]]}
        >>> open_dataset(data).embedding().shape
        (2, 2)
        """
        return self._embedding

    @cached_property
    def _embedding(self) -> npt.NDArray[np.float32] | None:
        if self.roles.embedding is None:
            return None
        column = one_column(self.rows, self.roles.embedding)
        return _frozen(extract_embedding(column, self.roles.embedding))

    def content(self) -> Content:
        """The rows themselves: a `Table`, `Texts` or `Images`.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> open_dataset({"size": [1, 2], "label": ["a", "b"]}).content().names
        ('size',)
        """
        return self._extracted[0]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is worth telling about the data: one sentence each.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> open_dataset({"size": [1, 1], "label": ["a", "b"]}).warnings
        ("column 'size' has the same value in every row",)
        """
        return (*self.notes, *self._unused(), *self._id_notes, *self._extracted[1])

    def _unused(self) -> tuple[str, ...]:
        others = self.roles.features
        if self.modality is Modality.TABLE or not others:
            return ()
        shown = ", ".join(others[:5]) + (" ..." if len(others) > 5 else "")
        return (f"only the {self.modality} is looked at, not these columns: {shown}",)

    @cached_property
    def _id_notes(self) -> tuple[str, ...]:
        if self.roles.id is None:
            return ()
        twice = [(name, n) for name, n in Counter(self._ids.tolist()).items() if n > 1]
        if not twice:
            return ()
        (name, times), more = max(twice, key=lambda item: item[1]), len(twice)
        return (f"column {self.roles.id!r}: {more} ids are not unique ({name!r} {times} times)",)

    @cached_property
    def _extracted(self) -> tuple[Content, tuple[str, ...]]:
        content, notes = self._extract()
        _frozen(content.values)
        return content, notes

    def _extract(self) -> tuple[Content, tuple[str, ...]]:
        roles = self.roles
        if roles.image is not None:
            return self._images(roles.image)
        if self.pairs is not None:
            return Texts(self.pairs.prompts), self.pairs.notes
        if roles.text is not None:
            return extract_texts(one_column(self.rows, roles.text), roles.text)
        if not roles.features and self._embedding is not None:
            values = self._embedding.astype(np.float64)
            names = tuple(f"{roles.embedding}[{i}]" for i in range(values.shape[1]))
            return Table(names, values), ()
        return extract_table(roles.features, lambda name: one_column(self.rows, name))

    def _images(self, column: str) -> tuple[Content, tuple[str, ...]]:
        def blocks() -> Iterator[Any]:
            return (block.column(0) for block in self.rows.blocks(1024, [column]))

        if is_tensor(self.rows.schema.field(column).type):
            return array_images(blocks, self.n_rows)
        return decode_images(blocks, self._row_name, self.n_rows), ()

    def _row_name(self, row: int) -> str:
        return f"row {row}" if self.roles.id is None else f"row {row} ({self._ids[row]})"

    def blocks(self, rows: int = 65536) -> Iterator[pa.RecordBatch]:
        """All columns in order, as Arrow record batches of at most `rows` rows.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> data = open_dataset({"size": [1, 2, 3], "label": ["a", "b", "a"]})
        >>> [block.num_rows for block in data.blocks(2)]
        [2, 1]
        """
        return self.rows.blocks(rows)

    def take(self, rows: npt.ArrayLike) -> Dataset:
        """A data set of these rows only (numbers or a mask), in this order, in memory.

        Classes, categories and sizes are those of the selected rows.

        Examples
        --------
        >>> from foretaste.data import open_dataset
        >>> data = open_dataset({"size": [1, 2, 3], "label": ["a", "b", "c"]})
        >>> data.take([2, 0]).labels()
        (array([1, 0]), ('a', 'c'))
        """
        wanted = self._numbers(rows)
        taken = TableRows(pick(self.rows, wanted))
        origin = self.origin.take(wanted)
        pairs = None if self.pairs is None else self.pairs.take(wanted)
        return Dataset(self.name, taken, self.roles, self.modality, origin, self.notes, pairs)

    def native(self, rows: npt.ArrayLike) -> Any:
        """These rows in the type that was opened: pandas, polars, arrays; else an Arrow table.

        Examples
        --------
        >>> import numpy as np
        >>> from foretaste.data import open_dataset
        >>> X, y = open_dataset((np.eye(3), np.array([0, 1, 0]))).native([1])
        >>> X.tolist(), y.tolist()
        ([[0.0, 1.0, 0.0]], [1])
        """
        wanted = self._numbers(rows)
        if self.origin.give is None:
            return pick(self.rows, wanted)
        chosen = self.origin.take(wanted).chosen
        return self.origin.give(wanted if chosen is None else chosen)

    def _numbers(self, rows: npt.ArrayLike) -> Ints:
        wanted = np.asarray(rows)
        if wanted.dtype == np.bool_ and wanted.shape == (self.n_rows,):
            return np.flatnonzero(wanted)
        wanted = wanted.astype(np.int64)
        if wanted.ndim != 1 or (wanted.size and not 0 <= wanted.min() <= wanted.max() < len(self)):
            raise UsageError(
                f"rows: give row numbers from 0 to {len(self) - 1} or a mask of {len(self)}, "
                f"got {wanted.shape} with values {wanted[:3].tolist()}"
            )
        return wanted


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)
    return array
