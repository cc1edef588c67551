"""A data set in two: what stays, in the same format and order, and what leaves.

CSV and JSON Lines are cut between records without a change to a byte; Parquet, Arrow and .npz
files keep their types, images are copied. Nothing is ever cut in place.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.data.rows import DAMAGE
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.gate.raw_lines import RawLines, split_delimited, split_json_lines
from foretaste.gate.snapshot import CopiedFile, Snapshot

__all__ = ["Pieces", "cut", "pack", "unpack"]

Bools = npt.NDArray[np.bool_]
_LONG = np.lib.format.read_array_header_2_0
_PACKED = pa.schema([("path", pa.string()), ("content", pa.large_binary())])


@dataclass(frozen=True)
class Pieces:
    """What a cut gave: files that stay were written, files that leave are in memory."""

    kept: tuple[CopiedFile, ...]  # with the digests of the bytes that were written
    removed: tuple[tuple[str, bytes], ...]  # (name, content), in the format of the input


def cut(snapshot: Snapshot, keep: Bools, into: Path) -> Pieces:
    r"""Write the rows that stay below `into`, and return those that leave.

    Parameters
    ----------
    snapshot
        The copy of the data set.
    keep
        (n,) whether a row stays, in the order of the data set.
    into
        A folder that exists.

    Raises
    ------
    OutputError
        The disk is full, or may not be written to.
    UnreadableDataError
        The files do not hold as many rows as were looked at: nothing is guessed.

    Examples
    --------
    >>> import tempfile
    >>> from foretaste.gate.snapshot import take_snapshot
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "rows.csv").write_text("x,label\n1.10,a\n2,b\n3,a\n")
    >>> snapshot = take_snapshot(str(folder / "rows.csv"), folder / "copy")
    >>> (folder / "clean").mkdir()
    >>> pieces = cut(snapshot, np.array([True, False, True]), folder / "clean")
    >>> (folder / "clean" / "rows.csv").read_text(), pieces.removed
    ('x,label\n1.10,a\n3,a\n', (('rows.csv', b'x,label\n2,b\n'),))
    """
    if snapshot.format == "image":
        return _cut_images(snapshot, keep, into)
    part = _PARTS[snapshot.format]
    start, kept, removed = 0, list[CopiedFile](), list[tuple[str, bytes]]()
    for file in snapshot.files:
        halves = part(snapshot.folder / file.name, keep[start:])
        start += halves.rows
        if halves.stays is not None:
            kept.append(_write(into, file.name, halves.stays))
        if halves.leaves is not None:
            removed.append((file.name, halves.leaves))
    _check_count(snapshot, start, len(keep))
    return Pieces(tuple(kept), tuple(removed))


@dataclass(frozen=True)
class _Halves:
    rows: int
    stays: bytes | None  # None where no row stays, or leaves
    leaves: bytes | None


def _halved(file: Path, rows: int, keep: Bools, write: Callable[[Bools], bytes]) -> _Halves:
    here = keep[:rows]
    if here.all():  # the very bytes: types, metadata and row groups are not written anew
        return _Halves(rows, file.read_bytes(), None)
    stays, leaves = bool(here.any()), not here.all()
    return _Halves(rows, write(here) if stays else None, write(~here) if leaves else None)


def _part_delimited(file: Path, keep: Bools) -> _Halves:
    content = file.read_bytes()
    head = content[:1_000_000].split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    tab = file.suffix.lower() in {".tsv", ".tab"}
    delimiter = "\t" if tab else max(",;\t|", key=head.count)
    return _part_lines(file, split_delimited(content, delimiter), keep)


def _part_json_lines(file: Path, keep: Bools) -> _Halves:
    return _part_lines(file, split_json_lines(file.read_bytes()), keep)


def _part_lines(file: Path, lines: RawLines, keep: Bools) -> _Halves:
    def write(rows: Bools) -> bytes:
        return lines.of(map(int, np.flatnonzero(rows)))

    return _halved(file, len(lines.records), keep, write)


def _part_parquet(file: Path, keep: Bools) -> _Halves:
    with pq.ParquetFile(file) as parquet:
        meta = parquet.metadata
        packed = meta.row_group(0).column(0).compression if meta.num_row_groups else "SNAPPY"
        compression = "NONE" if packed == "UNCOMPRESSED" else packed

        def write(rows: Bools) -> bytes:
            sink, at = io.BytesIO(), 0
            with pq.ParquetWriter(sink, parquet.schema_arrow, compression=compression) as writer:
                for batch in parquet.iter_batches():
                    here = pa.array(rows[at : at + batch.num_rows])
                    at += batch.num_rows
                    writer.write_batch(batch.filter(here))
            return sink.getvalue()

        return _halved(file, meta.num_rows, keep, write)


def _part_arrow(file: Path, keep: Bools) -> _Halves:
    content = pa.py_buffer(file.read_bytes())
    try:
        table, opener = pa.ipc.open_file(content).read_all(), pa.ipc.new_file
    except pa.ArrowInvalid:
        table, opener = pa.ipc.open_stream(content).read_all(), pa.ipc.new_stream

    def write(rows: Bools) -> bytes:
        sink = pa.BufferOutputStream()
        with opener(sink, table.schema) as writer:
            writer.write_table(table.filter(pa.array(rows)))
        return bytes(sink.getvalue().to_pybytes())

    return _halved(file, table.num_rows, keep, write)


def _part_packed(file: Path, keep: Bools) -> _Halves:
    rows = len(keep)  # an archive is a data set of its own
    arrays = _arrays_of(file, rows)

    def write(chosen: Bools) -> bytes:
        sink = io.BytesIO()
        fits = {
            name: array[chosen] if array.ndim and len(array) == rows else array
            for name, array in arrays.items()
        }
        np.savez_compressed(sink, **fits)  # type: ignore[arg-type]  # names of arrays only
        return sink.getvalue()

    return _halved(file, rows, keep, write)


def _arrays_of(file: Path, rows: int) -> dict[str, npt.NDArray[Any]]:
    """All arrays, if those beside the rows are no larger than they: a bomb is not unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            sizes = {True: 0, False: 0}
            for info in archive.infolist():
                with archive.open(info) as stream:
                    short = np.lib.format.read_magic(stream) == (1, 0)
                    header = np.lib.format.read_array_header_1_0 if short else _LONG
                    shape = header(stream)[0]
                sizes[shape[:1] == (rows,)] += info.file_size
        if sizes[False] > sizes[True]:
            raise UnreadableDataError(
                f"{file}: arrays beside the rows unpack to {sizes[False]} bytes, more than the "
                f"rows themselves ({sizes[True]}); save the rows in an archive of their own"
            )
        with np.load(file, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableDataError(
            f"{file}: not all arrays can be read ({error}); save the rows in one of their own"
        ) from error


_PARTS: dict[str, Callable[[Path, Bools], _Halves]] = {
    "csv": _part_delimited,
    "tsv": _part_delimited,
    "jsonl": _part_json_lines,
    "parquet": _part_parquet,
    "arrow": _part_arrow,
    "npz": _part_packed,
}


def _cut_images(snapshot: Snapshot, keep: Bools, into: Path) -> Pieces:
    _check_count(snapshot, len(snapshot.files), len(keep))
    names = [file.name for file in snapshot.files]
    contents = ((name, (snapshot.folder / name).read_bytes()) for name in compress(names, keep))
    kept = tuple(_write(into, name, content) for name, content in contents)
    removed = ((name, (snapshot.folder / name).read_bytes()) for name in compress(names, ~keep))
    return Pieces(kept, tuple(removed))


def _check_count(snapshot: Snapshot, found: int, expected: int) -> None:
    if found != expected:
        raise UnreadableDataError(
            f"{snapshot.source}: {expected} rows were looked at and {found} are found in its files "
            "when they are cut; look for quotes that are never closed, or save it as Parquet"
        )


def _write(folder: Path, name: str, content: bytes) -> CopiedFile:
    target = folder / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"cannot write {target.name} into {target.parent}: {reason}; your data is untouched, "
            "make room or name another folder"
        ) from error
    return CopiedFile(name, len(content), hashlib.sha256(content).hexdigest())


def pack(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Files as one content, for the quarantine.

    Examples
    --------
    >>> unpack(pack([("a.csv", b"x,label")]))
    [('a.csv', b'x,label')]
    """
    sink = pa.BufferOutputStream()
    columns = [
        pa.array([name for name, _ in files], pa.string()),
        pa.array([content for _, content in files], pa.large_binary()),
    ]
    with pa.ipc.new_stream(sink, _PACKED) as writer:
        writer.write_table(pa.Table.from_arrays(columns, schema=_PACKED))
    return bytes(sink.getvalue().to_pybytes())


def unpack(content: bytes) -> list[tuple[str, bytes]]:
    """The files in a content of `pack`.

    Raises
    ------
    UnreadableDataError
        It is none, or a name leads out of its folder.
    """
    try:
        table: Any = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
        table.validate(full=True)
    except DAMAGE as error:
        raise UnreadableDataError(f"quarantined rows: no packed files ({error})") from error
    if not table.schema.equals(_PACKED):
        raise UnreadableDataError("quarantined rows: no packed files (other columns)")
    names = table.column("path").to_pylist()
    for name in names:
        parts = (name or "").split("/")
        if not all(parts) or {".", ".."} & set(parts) or "\\" in name or "\0" in name:
            raise UnreadableDataError(f"quarantined rows: {name!r:.80} leads out of the folder")
    return list(zip(names, table.column("content").to_pylist(), strict=True))
