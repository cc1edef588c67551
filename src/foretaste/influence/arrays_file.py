"""Frozen dataclasses of arrays in one ``.npz`` file, and back. Never a pickle.

Arrays go into the archive as they are; all else into one JSON entry. Reading builds only the
classes that the caller names, and NumPy is told to refuse objects: a file from elsewhere can be
wrong, but it cannot run anything.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.errors import OutputError, UnreadableDataError

__all__ = ["read_arrays", "write_arrays"]

_OUTLINE, _DIGEST = "outline", "digest"
_MOST_ENTRIES = 10_000


def write_arrays(path: Path, value: Any) -> None:
    """Write the dataclass `value`; what was at `path` before stays until all is written.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    arrays: dict[str, Any] = {}
    outline = json.dumps(_outline(value, arrays), sort_keys=True)
    arrays[_OUTLINE] = np.frombuffer(outline.encode(), dtype=np.uint8)
    arrays[_DIGEST] = np.frombuffer(_digest(arrays), dtype=np.uint8)
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            np.savez(file, **arrays)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"cannot write {path}: {reason}; name a file that you may write"
        ) from error


def read_arrays(path: Path, root: type, classes: Mapping[str, type]) -> Any:
    """The `root` that `write_arrays` wrote.

    Parameters
    ----------
    path
        Of the file.
    root
        What it must hold.
    classes
        Name to class: everything that may be built while reading.

    Raises
    ------
    UnreadableDataError
        It is no such file, is incomplete, or was altered.
    """
    try:
        arrays = _load(path)
        if arrays.pop(_DIGEST).tobytes() != _digest(arrays):
            raise UnreadableDataError(f"{path}: the digest does not fit: the file was altered")
        outline = json.loads(arrays[_OUTLINE].tobytes())
        value = _built(outline, arrays, classes)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise UnreadableDataError(
            f"{path}: not a readable {root.__name__.lower()} ({type(error).__name__}); "
            "make it again with `foretaste fingerprint`"
        ) from error
    if not isinstance(value, root):
        raise UnreadableDataError(f"{path}: holds no {root.__name__.lower()}")
    return value


def _load(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as packed:
        entries = packed.infolist()
        # what is stored as it is cannot grow beyond the file
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("an entry is compressed")
    if len(entries) > _MOST_ENTRIES:
        raise ValueError("too many entries")
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _digest(arrays: Mapping[str, Any]) -> bytes:
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        total.update(array.data if array.size else b"")
    return total.digest()


def _outline(value: Any, arrays: dict[str, Any]) -> Any:
    """JSON of everything but the arrays, which are put aside under numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _outline(getattr(value, f.name), arrays) for f in _fields(value)}
        return {"class": type(value).__name__, "fields": fields}
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        if value.dtype == object:
            texts = [str(item).encode("utf-8", "surrogatepass") for item in value]
            sizes = np.array([len(text) for text in texts], dtype=np.int64)
            arrays[name] = np.frombuffer(b"".join(texts), dtype=np.uint8)
            arrays[f"{name}s"] = sizes
            return {"texts": name}
        arrays[name] = value
        return {"array": name}
    if isinstance(value, tuple | list):
        return {"tuple": [_outline(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {"map": [[str(k), _outline(item, arrays)] for k, item in value.items()]}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"cannot keep a {type(value).__name__} in a file")


def _fields(value: Any) -> list[dataclasses.Field[Any]]:
    return [f for f in dataclasses.fields(value) if f.init]


def _built(outline: Any, arrays: Mapping[str, Any], classes: Mapping[str, type]) -> Any:
    if not isinstance(outline, dict):
        return outline
    if "array" in outline:
        return _frozen(arrays[outline["array"]])
    if "texts" in outline:
        return _texts(arrays[outline["texts"]], arrays[f"{outline['texts']}s"])
    if "tuple" in outline:
        return tuple(_built(item, arrays, classes) for item in outline["tuple"])
    if "map" in outline:
        return {key: _built(item, arrays, classes) for key, item in outline["map"]}
    fields = {name: _built(item, arrays, classes) for name, item in outline["fields"].items()}
    return classes[outline["class"]](**fields)


def _texts(raw: Any, sizes: Any) -> Any:
    ends = np.cumsum(sizes)
    held, whole = np.empty(len(sizes), dtype=object), raw.tobytes()
    for i, (end, size) in enumerate(zip(ends.tolist(), sizes.tolist(), strict=True)):
        held[i] = whole[end - size : end].decode("utf-8", "surrogatepass")
    return _frozen(held)


def _frozen(array: Any) -> Any:
    array.setflags(write=False)
    return array
