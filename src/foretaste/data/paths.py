"""What files a path stands for, and of which format they are.

A folder is read with all below it; hidden files are ignored. Symbolic links must not lead out of
the folder, so that a data set cannot pull in other files of the machine.
"""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path

from foretaste.errors import UnreadableDataError

__all__ = ["Found", "find_files"]

FORMATS = {
    **dict.fromkeys((".csv",), "csv"),
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), "arrow"),
    **dict.fromkeys((".npz",), "npz"),
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"),
        "image",
    ),
}
_REFUSED = {
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".ckpt"),
        "pickles can run code when they are loaded and are never read; save the rows as Parquet",
    ),
    ".npy": "an array without labels; open the pair of arrays (X, y) in Python, or save as Parquet",
    ".json": "one JSON document; write one row a line as .jsonl",
    **dict.fromkeys(
        (".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".7z"),
        "compressed files are not unpacked; unpack it and open the result",
    ),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), "spreadsheets are not read; export as CSV in UTF-8"),
}
_BUNDLE = ".intoto.jsonl"  # signatures of the data beside it
_READ = "CSV, TSV, Parquet, JSON Lines (.jsonl), Arrow or Feather, .npz, or a folder of images"


@dataclass(frozen=True)
class Found:
    """Files of one format, sorted; `root` is the folder they were found in, if it was one."""

    format: str
    files: tuple[Path, ...]
    root: Path | None = None
    ignored: tuple[Path, ...] = ()


def find_files(path: str | os.PathLike[str]) -> Found:
    """The files of a file, folder or glob pattern.

    Examples
    --------
    >>> find_files("missing.csv")
    Traceback (most recent call last):
        ...
    foretaste.errors.UnreadableDataError: missing.csv: no such file or folder; check the path
    """
    path = os.fspath(path)
    if Path(path).is_dir():
        return _folder(Path(path))
    if Path(path).exists():
        return Found(_format(Path(path)), (Path(path),))
    if not glob.has_magic(path):
        raise UnreadableDataError(f"{path}: no such file or folder; check the path")
    matches = glob.glob(path, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute patterns
    files = [file for file in map(Path, sorted(matches)) if file.is_file()]
    if not files:
        raise UnreadableDataError(f"{path}: the pattern matches no file; check the path")
    return _one_format(path, files, None, ())


def _format(file: Path) -> str:
    suffix = file.suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    reason = _REFUSED.get(
        suffix, f"the format {suffix or 'without suffix'} is unknown; give {_READ}"
    )
    raise UnreadableDataError(f"{file}: {reason}")


def _folder(root: Path) -> Found:
    files: list[Path] = []
    ignored: list[Path] = []
    for file in _walk(root):
        known = file.suffix.lower() in FORMATS and not file.name.endswith(_BUNDLE)
        (files if known else ignored).append(file)
    if not files:
        for file in ignored:
            _format(file)  # says why, where there is a telling reason
        raise UnreadableDataError(f"{root}: the folder has no data file; give {_READ}")
    return _one_format(str(root), files, root, tuple(ignored))


def _walk(root: Path) -> list[Path]:
    """All files below a folder but hidden ones, sorted; links may not lead out of it."""
    inside, files = root.resolve(), []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (*folders, *names):
            entry = Path(folder, name)
            if entry.is_symlink() and not entry.resolve().is_relative_to(inside):
                raise UnreadableDataError(
                    f"{entry}: the link leads out of the folder {root}; "
                    "copy the file into the folder or remove the link"
                )
            if name in names and not name.startswith("."):
                files.append(_regular(entry))
    return sorted(files)


def _regular(file: Path) -> Path:
    if not file.is_file():
        raise UnreadableDataError(f"{file}: not a regular file or a broken link; remove it")
    return file


def _one_format(
    name: str, files: list[Path], root: Path | None, ignored: tuple[Path, ...]
) -> Found:
    formats = sorted({_format(file) for file in files})
    if len(formats) > 1:
        raise UnreadableDataError(
            f"{name}: files of several formats ({', '.join(formats)}); "
            "give a pattern that matches one, such as 'folder/*.parquet'"
        )
    return Found(formats[0], tuple(files), root, ignored)
