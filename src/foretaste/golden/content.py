"""What a row says, whatever file, id, label or source it comes with: keyed digests of content."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from foretaste.data import Dataset
from foretaste.data.rowhash import row_digests
from foretaste.golden.secret import Secret
from foretaste.types import Content, Images, Table, Texts

__all__ = ["as_columns", "content_digests", "from_columns", "png"]


def content_digests(dataset: Dataset, secret: Secret) -> list[bytes]:
    """32 bytes a row, of its content alone: a copied row is found under any id and any label.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> a = open_dataset({"x": [1, 2], "id": ["u", "v"], "label": ["a", "b"]}, id="id")
    >>> b = open_dataset({"x": [2.0, 3.0], "label": ["b", "a"]})
    >>> one, other = (content_digests(data, Secret(bytes(32))) for data in (a, b))
    >>> one[1] == other[0], one[0] in other
    (True, False)
    """
    content = dataset.content()
    if isinstance(content, Images):
        plain = [row.tobytes() for row in content.values]
        return [secret.digest(f"row {content.values.shape[1:]}", row) for row in plain]
    hashed = row_digests([pa.table(as_columns(content, "text"))])
    return [secret.digest("row", digest) for digest in hashed]


def as_columns(content: Content, name: str) -> dict[str, pa.Array]:
    """Arrow columns of content: `name` for texts and images, the columns of a table.

    Numbers are doubles, categories texts, images PNG files in the form that Parquet data sets of
    images have.
    """
    if isinstance(content, Texts):
        return {name: pa.array(content.values.tolist(), pa.string())}
    if isinstance(content, Images):
        return {name: pa.array([{"bytes": png(row), "path": None} for row in content.values])}
    return {column: _cells(content, at) for at, column in enumerate(content.names)}


def from_columns(columns: Any, like: Content, name: str) -> Content:
    """The content that `as_columns` wrote, in the form of `like`: its columns, its categories.

    Parameters
    ----------
    columns
        An Arrow table.
    like
        Rows of the same data set; values that it does not have get codes behind its own.

    Examples
    --------
    >>> like = Table(("x", "c"), np.array([[1.0, 0.0]]), {"c": ("red",)})
    >>> stamped = pa.table({"c": ["blue", None], "x": [None, 2.0]})
    >>> made = from_columns(stamped, like, "")
    >>> made.values.tolist(), made.categories["c"]
    ([[nan, 1.0], [2.0, nan]], ('red', 'blue'))
    """
    if isinstance(like, Texts):
        texts = np.empty(columns.num_rows, dtype=object)
        texts[:] = columns.column(name).to_pylist()
        return Texts(texts)
    if isinstance(like, Images):
        shape = like.values.shape[1:]
        cells = (cell["bytes"] for cell in columns.column(name).to_pylist())
        pixels = [np.asarray(Image.open(io.BytesIO(cell))).reshape(shape) for cell in cells]
        return Images(np.stack(pixels), like.original)
    values = np.full((columns.num_rows, len(like.names)), np.nan)
    categories = dict(like.categories)
    for at, column in enumerate(like.names):
        told = columns.column(column).to_pylist()
        levels = categories.get(column)
        if levels is not None:
            new = sorted({cell for cell in told if cell is not None} - set(levels))
            codes = {level: float(code) for code, level in enumerate((*levels, *new))}
            categories[column] = tuple(codes)
            told = [None if cell is None else codes[cell] for cell in told]
        values[:, at] = [np.nan if cell is None else cell for cell in told]
    return Table(like.names, values, categories)


def _cells(table: Table, at: int) -> pa.Array:
    values, levels = table.values[:, at], table.categories.get(table.names[at])
    if levels is None:
        return pa.array(values, pa.float64(), from_pandas=True)  # NaN is a missing cell
    told = [None if np.isnan(value) else levels[int(value)] for value in values]
    return pa.array(told, pa.string())


def png(pixels: np.ndarray) -> bytes:
    """(h, w, c) uint8 as a PNG file."""
    held = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(held, "PNG")
    return held.getvalue()
