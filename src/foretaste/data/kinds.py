"""What a column looks like: text, free-form text, image, embedding, id."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.rows import Rows, one_column

__all__ = [
    "image_bytes",
    "is_bytes",
    "is_embedding",
    "is_free_form",
    "is_image",
    "is_tensor",
    "is_text",
    "is_unique",
]

_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def is_text(kind: Any) -> bool:
    """Whether a type is strings, dictionary-encoded or not."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_bytes(kind: Any) -> bool:
    """Whether a type is bytes."""
    types = pa.types
    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )


def is_tensor(kind: Any) -> bool:
    """Whether a type is pixel arrays of one shape: (h, w) or (h, w, c)."""
    return isinstance(kind, pa.FixedShapeTensorType) and len(kind.shape) in {2, 3}


def is_free_form(column: pa.ChunkedArray, words: int) -> bool:
    """Whether strings are sentences: mostly different, of at least `words` words on average.

    Examples
    --------
    >>> import pyarrow as pa
    >>> is_free_form(pa.chunked_array([["a red fox ran", "two owls sat"]]), words=3)
    True
    >>> is_free_form(pa.chunked_array([["red", "red", "red"]]), words=1)
    False
    """
    values = [v for v in column.to_pylist() if v]
    if not values or len(set(values)) < 0.5 * len(values):
        return False
    return float(np.mean([len(v.split()) for v in values])) >= words


def image_bytes(column: Any) -> Any:
    """The encoded bytes of an image column: itself, or the field `bytes` of its structs."""
    return pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column


def is_image(column: pa.ChunkedArray, *, stated: bool = False) -> bool:
    """Whether a column holds encoded images or pixel tensors; paths are never followed.

    A stated image column need not start like an image: a damaged one is named by its row later.
    """
    if is_tensor(column.type):
        return True
    if pa.types.is_struct(column.type):
        names = [column.type.field(i).name for i in range(column.type.num_fields)]
        if "bytes" not in names:
            return False
        column = image_bytes(column)
    if not is_bytes(column.type):
        return False
    heads = [bytes(v[:12]) for v in column.slice(0, 50).to_pylist() if v]
    return stated or any(h.startswith(_MAGIC) or h[8:12] == b"WEBP" for h in heads)


def is_embedding(column: pa.ChunkedArray) -> bool:
    """Whether a column holds lists of numbers of one length, at least 2."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return False
    types = pa.types
    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    if not (types.is_floating(kind.value_type) or types.is_integer(kind.value_type)):
        return False
    lengths = pc.unique(pc.list_value_length(column).drop_null()).to_pylist()
    return len(lengths) == 1 and lengths[0] >= 2


def is_unique(rows: Rows, name: str) -> bool:
    """Whether every row has another value in a column."""
    return bool(pc.count_distinct(one_column(rows, name)).as_py() == rows.n_rows)
