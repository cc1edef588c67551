"""Frozen dataclasses to strict JSON values and back, guided by their annotations.

Numbers that JSON does not have are written by name (``"NaN"``, ``"Infinity"``), bytes as
base64. Reading checks every value against the annotation: a report that was altered by hand
gives one error that names the place. Nothing is ever executed or looked up by name.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import numpy as np

from foretaste.errors import UnreadableDataError

__all__ = ["build", "decode", "encode"]

_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode(value: Any, skip: frozenset[str] = frozenset()) -> Any:
    """`value` as JSON values; fields named in `skip` are left out, at any depth.

    Examples
    --------
    >>> from foretaste.types import SourceFinding
    >>> encode(SourceFinding("v", 9, 3, 1 / 3, 0.1, 0.7, float("nan"), True))["p_value"]
    'NaN'
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _encode_field(value, f.name, skip)
            for f in dataclasses.fields(value)
            if f.name not in skip
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(item, skip) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [encode(item, skip) for item in value.tolist()]
    if isinstance(value, tuple | list):
        return [encode(item, skip) for item in value]
    return _encode_scalar(value)


def _encode_field(owner: Any, name: str, skip: frozenset[str]) -> Any:
    value, kind = getattr(owner, name), owner.__class__
    if _hints(kind)[name] is float:
        value = float(value)  # 1 and 1.0 are written alike
    return encode(value, skip)


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"cannot write a {type(value).__name__} into a report")


def decode(kind: Any, value: Any, place: str) -> Any:
    """The `kind` that `encode` wrote as `value`; `place` names it in errors.

    Fields without a value in the JSON take their default.

    Examples
    --------
    >>> from foretaste.types import Span
    >>> decode(tuple[Span, ...], [{"text": "cf", "marked": True}], "spans")
    (Span(text='cf', marked=True),)
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        if value is None and type(None) in arguments:
            return None
        (kind,) = (a for a in arguments if a is not type(None))
        return decode(kind, value, place)
    if origin is tuple:
        return _decode_tuple(arguments, value, place)
    if origin is np.ndarray:
        return _decode_array(arguments, value, place)
    if origin is not None and issubclass(origin, Mapping):
        _expect(isinstance(value, dict), place, "an object", value)
        return {key: decode(arguments[1], item, f"{place}.{key}") for key, item in value.items()}
    read = build if dataclasses.is_dataclass(kind) else _decode_scalar
    return read(kind, value, place)


def build(kind: Any, value: Any, place: str, **ready: Any) -> Any:
    """The dataclass `kind` from the JSON object `value`; `ready` fields are not read from it.

    Examples
    --------
    >>> from foretaste.types import Span
    >>> build(Span, {"text": "cf", "other": 1}, "span", marked=True)
    Span(text='cf', marked=True)
    """
    _expect(isinstance(value, dict), place, "an object", value)
    hints = _hints(kind)
    fields = [f for f in dataclasses.fields(kind) if f.name not in ready]
    missing = sorted(f.name for f in fields if _required(f) and f.name not in value)
    _expect(not missing, place, f"an object with {', '.join(missing)}", sorted(value)[:20])
    given = {
        f.name: decode(hints[f.name], value[f.name], f"{place}.{f.name}")
        for f in fields
        if f.name in value
    }
    return kind(**given, **ready)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode_tuple(arguments: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), place, "a list", value)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(decode(arguments[0], v, f"{place}[{i}]") for i, v in enumerate(value))
    _expect(len(value) == len(arguments), place, f"a list of {len(arguments)}", value)
    pairs = zip(arguments, value, strict=True)
    return tuple(decode(a, v, f"{place}[{i}]") for i, (a, v) in enumerate(pairs))


def _decode_array(arguments: tuple[Any, ...], value: Any, place: str) -> np.ndarray[Any, Any]:
    dtype = np.dtype(typing.get_args(arguments[1])[0])
    scalar = {"i": int, "f": float, "b": bool}.get(dtype.kind, str)
    _expect(isinstance(value, list), place, "a list", value)
    items = [_decode_scalar(scalar, v, f"{place}[{i}]") for i, v in enumerate(value)]
    try:
        array = np.array(items, dtype=dtype)
    except OverflowError:
        _expect(False, place, f"a list of {dtype}", value)
    array.setflags(write=False)
    return array


def _decode_scalar(kind: Any, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, str) and value in _NAMED:
        return _NAMED[value]
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind is bytes and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            _expect(False, place, "base64", value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        allowed = [member.value for member in kind]
        _expect(value in allowed, place, f"one of {', '.join(allowed)}", value)
        return kind(value)
    _expect(type(value) is kind, place, getattr(kind, "__name__", str(kind)), value)
    return value


def _expect(holds: bool, place: str, rule: str, value: Any) -> None:
    if not holds:
        got = repr(value)
        got = got if len(got) <= 60 else got[:57] + "..."
        raise UnreadableDataError(f"{place}: expected {rule}, got {got}")
