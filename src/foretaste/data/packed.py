"""An .npz file of two arrays, as image benchmarks are often published; never unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import UnreadableDataError

__all__ = ["read_packed"]

# zipfile raises plain RuntimeError where a member claims to be encrypted
_SPOILT = (zipfile.BadZipFile, NotImplementedError, RuntimeError)

_PAIRS = (
    *(("X", "y"), ("x", "y"), ("data", "target"), ("data", "labels"), ("images", "labels")),
    *(("x_train", "y_train"), ("X_train", "y_train"), ("train_images", "train_labels")),
)
_MAX_BYTES = 8 * 1024**3


def read_packed(file: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The arrays (X, y) of an .npz file; of splits, the training one.

    Raises
    ------
    UnreadableDataError
        No such pair, damaged, above 8 GiB unpacked, or arrays of Python objects (pickles).

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "rows.npz"
    >>> np.savez(file, x=np.eye(3), y=np.arange(3))
    >>> read_packed(file)[0].shape
    (3, 3)
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            pair = next((p for p in _PAIRS if p[0] in names and p[1] in names), None)
            if pair is None:
                raise UnreadableDataError(
                    f"{file}: no pair of arrays such as x and y among {', '.join(names)}; "
                    "save it as np.savez(file, x=..., y=...)"
                )
            X, y = (_array(file, archive, names[name]) for name in pair)
    except (*_SPOILT, ValueError, OSError, EOFError) as error:
        raise UnreadableDataError(
            f"{file}: no readable .npz file ({error}); it may be truncated, save it again"
        ) from error
    return X, y.reshape(-1) if y.ndim == 2 and y.shape[1] == 1 else y


def _array(file: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(info) as stream:
        shape, dtype = _header(stream)
    if dtype.hasobject:
        raise UnreadableDataError(
            f"{file}: array {info.filename} holds Python objects, which are pickles and are never "
            "read; save it with a plain dtype, or as Parquet"
        )
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size > min(info.file_size, _MAX_BYTES):
        raise UnreadableDataError(
            f"{file}: array {info.filename} claims {size} bytes, more than the file has or than "
            "8 GiB; save it again, or as Parquet"
        )
    with archive.open(info) as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
    shape, _, dtype = (read or np.lib.format.read_array_header_2_0)(stream)
    return shape, dtype
