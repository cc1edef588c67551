"""Digests of single rows, kept beside a bundle: with them a change is named, not only noticed.

A Parquet file with one entry a row: its digest, four check bytes for each cell (they name the
column that changed), and its id where the data has ids. The manifest holds the SHA-256 of the
file, and it is checked before the file is parsed; so nothing that was not signed is parsed.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.data.loose import text_of
from foretaste.data.rowhash import EncodedRows
from foretaste.errors import InvalidProvenanceError, OutputError
from foretaste.provenance.file_digests import digest_file
from foretaste.provenance.manifest import Manifest, ManifestFile

__all__ = [
    "IndexWriter",
    "RowIndex",
    "as_index",
    "index_path",
    "index_table",
    "new_index",
    "read_index",
]

_MAX_COLUMNS = 1_000  # beyond it cells get no checks
_TOGETHER = 8  # parts written at once, of some thousands of rows each


@dataclass(frozen=True)
class RowIndex:
    """Digests and cell checks of n rows."""

    digests: npt.NDArray[np.uint8]  # (n, 32)
    checks: npt.NDArray[np.uint32] | None  # (n, columns); columns sorted as they are hashed
    columns: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()  # () where the data has none

    def __len__(self) -> int:
        return int(self.digests.shape[0])


class IndexWriter:
    """Takes digests and checks as they are made; `finish` gives the file its name."""

    def __init__(self, path: Path, id_column: str | None = None) -> None:
        self.path = path
        self._id = id_column
        self._aside = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def add(self, rows: EncodedRows, digests: Sequence[bytes]) -> None:
        """The next rows."""
        self._waiting.append(index_table(rows, digests, self._id))
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting.clear()
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._aside,
                table.schema,
                compression="none",
                use_dictionary=False,
                write_statistics=False,
            )
        self._writer.write_table(table)

    def finish(self) -> ManifestFile:
        """Close the file, give it its name, and say what is in it."""
        self._flush()
        if self._writer is None:
            raise ValueError("an index needs rows")
        self._writer.close()
        with self._aside.open("rb") as file:
            os.fsync(file.fileno())
        self._aside.replace(self.path)
        return digest_file(self.path.parent, self.path.name)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._writer is not None:
            with suppress(OSError, pa.ArrowException):
                self._writer.close()
        with suppress(OSError):
            self._aside.unlink()


@contextmanager
def new_index(path: Path, id_column: str | None = None) -> Iterator[IndexWriter]:
    """A writer whose file is there whole, or not at all.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    writer = IndexWriter(path, id_column)
    try:
        yield writer
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; nothing half-written was left, "
            "make room or name another place"
        ) from error
    finally:
        writer.discard()


def index_path(bundle: str | os.PathLike[str]) -> Path:
    """Where the index of a bundle is kept: beside it.

    >>> index_path("train.parquet.intoto.jsonl").name
    'train.parquet.rows'
    """
    path = Path(bundle)
    return path.with_name(path.name.removesuffix(".intoto.jsonl") + ".rows")


def read_index(path: Path, manifest: Manifest) -> RowIndex | None:
    """The index of a manifest, if it has one and the file is the one that was signed.

    Returns
    -------
    RowIndex or None
        None if there is no file, or the manifest names none.

    Raises
    ------
    InvalidProvenanceError
        The file is not the one that was signed.
    """
    if manifest.index is None or not path.is_file() or path.is_symlink():
        return None
    content = path.read_bytes()
    held = _digest(path.name, content)
    if (held.size, held.sha256) != (manifest.index.size, manifest.index.sha256):
        raise InvalidProvenanceError(
            f"{path}: is not the index of rows that was signed; "
            "fetch it again, or remove it to verify without naming rows"
        )
    names = tuple(sorted((c.name for c in manifest.columns), key=lambda name: name.encode()))
    return as_index(pq.read_table(io.BytesIO(content)), names)


def index_table(
    rows: EncodedRows, digests: Sequence[bytes], id_column: str | None = None
) -> pa.Table:
    """What the index holds of some rows."""
    arrays = {"digest": _fixed_array(b"".join(digests), 32)}
    if 0 < len(rows.names) <= _MAX_COLUMNS:
        width = 4 * len(rows.names)
        arrays["checks"] = _fixed_array(rows.checks().astype("<u4").tobytes(), width)
    if id_column is not None:
        arrays["id"] = text_of(rows.batch.column(id_column)).cast(pa.string())
    return pa.table(arrays)


def as_index(table: pa.Table, columns: tuple[str, ...]) -> RowIndex:
    """The index in a table; `columns` are sorted as they are hashed."""
    held = table.schema.names
    digests = _bytes_of(table, "digest").reshape(-1, 32)
    checks = None
    if "checks" in held:
        checks = _bytes_of(table, "checks").view("<u4").reshape(len(digests), len(columns))
    ids = tuple(map(str, table.column("id").to_pylist())) if "id" in held else ()
    return RowIndex(digests, checks, columns, ids)


def _fixed_array(content: bytes, width: int) -> pa.FixedSizeBinaryArray:
    buffers = [None, pa.py_buffer(content)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(content) // width, buffers)


def _bytes_of(table: pa.Table, name: str) -> npt.NDArray[np.uint8]:
    """All bytes of a column of fixed width."""
    width = table.schema.field(name).type.byte_width
    parts = [
        np.frombuffer(chunk.buffers()[1], np.uint8)[
            chunk.offset * width : (chunk.offset + len(chunk)) * width
        ]
        for chunk in table.column(name).chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.uint8)


def _digest(name: str, content: bytes) -> ManifestFile:
    return ManifestFile(name, len(content), hashlib.sha256(content).hexdigest())
