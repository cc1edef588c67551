"""A folder of images, one sub-folder a class; pictures are read from disk when needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from foretaste.errors import UnreadableDataError

__all__ = ["FolderRows", "open_image_folder"]

_MAX_FILE_BYTES = 256 * 1024**2
_BLOCK_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class FolderRows:
    """One row an image file: its path below the root, its class (the folder), its bytes."""

    root: Path
    files: tuple[Path, ...]

    @property
    def schema(self) -> pa.Schema:
        """Columns path, label and image."""
        return pa.schema(
            [("path", pa.string()), ("label", pa.string()), ("image", pa.large_binary())]
        )

    @property
    def n_rows(self) -> int:
        """How many images there are."""
        return len(self.files)

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read in order of the paths; blocks of large files are smaller than `size`."""
        names = self.schema.names if columns is None else list(columns)
        schema = pa.schema([self.schema.field(name) for name in names])
        for part in self._parts(size, heavy="image" in names):
            arrays = [self._column(name, part) for name in names]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _parts(self, size: int, *, heavy: bool) -> Iterator[list[Path]]:
        part, weight = list[Path](), 0
        for file in self.files:
            part.append(file)
            weight += file.stat().st_size if heavy else 0
            if len(part) >= size or weight > _BLOCK_BYTES:
                yield part
                part, weight = [], 0
        if part:
            yield part

    def _column(self, name: str, files: Sequence[Path]) -> pa.Array:
        if name == "image":
            return pa.array([_read(file) for file in files], pa.large_binary())
        below = [file.relative_to(self.root) for file in files]
        if name == "label":
            return pa.array([path.parts[0] for path in below], pa.string())
        return pa.array([path.as_posix() for path in below], pa.string())


def open_image_folder(root: Path, files: tuple[Path, ...]) -> FolderRows:
    """Rows of the image files below a folder; the first folder of a path is the class.

    Raises
    ------
    UnreadableDataError
        An image lies in no class folder, or a file is above 256 MiB.
    """
    for file in files:
        if file.parent == root:
            raise UnreadableDataError(
                f"{file}: the image is in no class folder; "
                f"put it into a folder named as its class, such as {root}/cat/"
            )
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise UnreadableDataError(f"{file}: the file is above 256 MiB; reduce or remove it")
    return FolderRows(root, files)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableDataError(
            f"{file}: {error.strerror}; check that the file is there and may be read"
        ) from error
