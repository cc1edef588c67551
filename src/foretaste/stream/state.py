"""The guard's state as bytes, exactly, and back; no pickle.

A ZIP (NumPy's npz) of arrays, with names and numbers as JSON beside them.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.errors import UnreadableDataError
from foretaste.stream.batch import Batch
from foretaste.stream.content import TERMS, Seen

__all__ = ["batch_of", "pack", "packed_batch", "packed_seen", "seen_of", "unpack"]

_VERSION = 1

Arrays = dict[str, npt.NDArray[Any]]


def pack(arrays: Arrays, facts: dict[str, Any]) -> bytes:
    """Arrays and facts in one piece.

    >>> arrays, facts = unpack(pack({"a": np.arange(3)}, {"round": 7}))
    >>> arrays["a"].tolist(), facts["round"]
    ([0, 1, 2], 7)
    """
    told = json.dumps({"version": _VERSION, **facts}, ensure_ascii=False).encode()
    sink = io.BytesIO()
    np.savez(sink, **arrays, facts=np.frombuffer(told, dtype=np.uint8))  # type: ignore[arg-type]
    return sink.getvalue()


def unpack(content: bytes) -> tuple[Arrays, dict[str, Any]]:
    """What `pack` made.

    Raises
    ------
    UnreadableDataError
        It is truncated, or another version wrote it.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop("facts").tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableDataError(f"guard: the saved state cannot be read: {error}") from error
    if facts.get("version") != _VERSION:
        raise UnreadableDataError(
            f"guard: the saved state has version {facts.get('version')}, this program reads "
            f"{_VERSION}; begin anew from the history"
        )
    return arrays, facts


def packed_batch(rows: Batch) -> npt.NDArray[np.uint8]:
    """Rows as an array of bytes."""
    return np.frombuffer(rows.to_bytes(), dtype=np.uint8)


def batch_of(array: npt.NDArray[Any]) -> Batch:
    """Rows of an array of bytes."""
    return Batch.from_bytes(array.tobytes())


def packed_seen(name: str, seen: Seen | None) -> Arrays:
    """Contents as they are seen, as arrays whose names begin with `name`."""
    if seen is None:
        return {}
    terms = seen.terms
    parts = {"data": terms.data, "indices": terms.indices, "indptr": terms.indptr, "x": seen.x}
    return {f"{name}.{part}": array for part, array in parts.items()}


def seen_of(name: str, arrays: Arrays) -> Seen | None:
    """What `packed_seen` made."""
    if f"{name}.x" not in arrays:
        return None
    x = arrays[f"{name}.x"]
    parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    return Seen(sparse.csr_matrix(parts, shape=(len(x), TERMS)), x)
