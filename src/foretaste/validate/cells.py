"""The cells of a block as the schema's type wants them, and which of them are of another type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.kinds import is_bytes, is_image, is_text
from foretaste.data.loose import text_of
from foretaste.data.tables import as_number
from foretaste.validate.moments import as_moment
from foretaste.validate.schema import Kind

__all__ = ["Cells", "kind_of", "read_cells"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


@dataclass(frozen=True)
class Cells:
    """n cells of one column.

    `present` is (n,) where there is a value; `wrong` (n,) where the value is of another type (it
    then takes part in no other rule); `numbers` (n,) float64, NaN where there is none, for numbers
    and moments (seconds since 1970).
    """

    values: Any  # the Arrow array, without dictionary encoding
    kind: Kind
    present: Bools
    wrong: Bools
    numbers: Floats | None = None

    @cached_property
    def texts(self) -> Any:
        """The values as an Arrow array of strings; null where there is none."""
        return text_of(self.values)

    @property
    def usable(self) -> Bools:
        """(n,) where there is a value of the right type."""
        return np.asarray(self.present & ~self.wrong)


def kind_of(column: Any, *, text: bool = False, image: bool = False) -> Kind:
    """What an Arrow column is, by its type; `text` and `image` say what its role is.

    Examples
    --------
    >>> kind_of(pa.chunked_array([[1, 2]])).value, kind_of(pa.chunked_array([["a"]])).value
    ('integer', 'string')
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if image and is_image(column, stated=True):
        return Kind.OTHER if isinstance(kind, pa.FixedShapeTensorType) else Kind.IMAGE
    found = next((known for known, fits in _KINDS if fits(kind)), Kind.OTHER)
    return Kind.TEXT if text and found is Kind.STRING else found


def read_cells(column: Any, kind: Kind) -> Cells:
    """The cells of an Arrow array as `kind`.

    Numbers are read from any numeric type and, cell by cell, from strings; whole numbers also
    from floats that are whole. So one bad cell is one finding, and not a column of a wrong type.

    Examples
    --------
    >>> cells = read_cells(pa.array(["1", "2.5", "n.a.", None]), Kind.INTEGER)
    >>> cells.wrong.tolist(), cells.present.tolist()
    ([False, True, True, False], [True, True, True, False])
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    present = np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False), dtype=np.bool_)
    if kind in {Kind.INTEGER, Kind.NUMBER}:
        return _numbers(column, kind, present)
    if kind is Kind.TIME:
        return _moments(column, present)
    fits = _FITS.get(kind, lambda _: True)(column.type)
    if kind is Kind.BOOLEAN and not fits and is_text(column.type):
        lower = pc.utf8_lower(column)
        known = pc.is_in(lower, pa.array(["true", "false"], lower.type))
        return Cells(column, kind, present, present & ~_mask(known))
    return Cells(column, kind, present, present & (not fits))


def _numbers(column: Any, kind: Kind, present: Bools) -> Cells:
    types = pa.types
    if is_text(column.type):
        numbers, wrong = _parsed(column, present)
    elif types.is_integer(column.type) or types.is_floating(column.type):
        whole = column.fill_null(0) if types.is_integer(column.type) else column
        numbers = whole.to_numpy(zero_copy_only=False).astype(np.float64)
        wrong = np.zeros(len(column), dtype=np.bool_)
    elif types.is_decimal(column.type):
        numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        wrong = np.zeros(len(column), dtype=np.bool_)
    else:
        return Cells(column, kind, present, present.copy(), np.full(len(column), np.nan))
    if not types.is_integer(column.type):
        present = present & (~np.isnan(numbers) | wrong)
        if kind is Kind.INTEGER:
            wrong = wrong | (present & np.isfinite(numbers) & (numbers != np.floor(numbers)))
    if not present.all() or wrong.any():
        numbers = np.where(present & ~wrong, numbers, np.nan)
    return Cells(column, kind, present, wrong, numbers)


def _parsed(column: Any, present: Bools) -> tuple[Floats, Bools]:
    """Numbers in strings; only distinct strings are parsed."""
    encoded = pc.dictionary_encode(column)
    parsed = [as_number(text) for text in encoded.dictionary.to_pylist()]
    values = np.array([np.nan if v is None else v for v in parsed] or [np.nan])
    strange = np.array([v is None for v in parsed] or [False])
    codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return np.where(present, values[codes], np.nan), strange[codes] & present


def _moments(column: Any, present: Bools) -> Cells:
    types, kind = pa.types, column.type
    if types.is_date(kind):
        column, kind = column.cast(pa.timestamp("s")), pa.timestamp("s")
    if types.is_timestamp(kind):
        ticks = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        numbers = np.where(present, ticks / _UNITS[kind.unit], np.nan)
        return Cells(column, Kind.TIME, present, np.zeros(len(column), np.bool_), numbers)
    if is_text(kind):
        encoded = pc.dictionary_encode(column)
        parsed = [as_moment(text.strip()) for text in encoded.dictionary.to_pylist()]
        values = np.array([np.nan if v is None else v for v in parsed] or [np.nan])
        codes = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
        numbers = np.where(present, values[codes], np.nan)
        return Cells(column, Kind.TIME, present, present & np.isnan(numbers), numbers)
    return Cells(column, Kind.TIME, present, present.copy(), np.full(len(column), np.nan))


def _mask(values: Any) -> Bools:
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _is_list(kind: Any) -> bool:
    types = pa.types
    listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(
        listed and (types.is_floating(kind.value_type) or types.is_integer(kind.value_type))
    )


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_moment(kind: Any) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _holds_image(kind: Any) -> bool:
    return is_bytes(kind) or bool(pa.types.is_struct(kind))


_KINDS = (
    (Kind.STRING, is_text),
    (Kind.BOOLEAN, pa.types.is_boolean),
    (Kind.INTEGER, pa.types.is_integer),
    (Kind.NUMBER, _is_number),
    (Kind.TIME, _is_moment),
    (Kind.LIST, _is_list),
)
_FITS = {
    Kind.BOOLEAN: pa.types.is_boolean,
    Kind.STRING: is_text,
    Kind.TEXT: is_text,
    Kind.IMAGE: _holds_image,
    Kind.LIST: _is_list,
}
