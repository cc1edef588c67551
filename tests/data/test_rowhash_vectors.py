"""The published test vectors of rowhash/v1, against the product and a second reading of them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
from decimal import Decimal
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from foretaste.data.rowhash import row_digests

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "formats" / "rowhash-v1-vectors.json"
TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "timestamp[us, tz=UTC]": pa.timestamp("us", "UTC"),
    "date32[day]": pa.date32(),
    "decimal128(20, 2)": pa.decimal128(20, 2),
    "list<item: double>": pa.list_(pa.float64()),
    "struct<b: int64, a: string>": pa.struct([("b", pa.int64()), ("a", pa.string())]),
}
Column = dict[str, Any]


def value_of(kind: str, value: Any) -> Any:
    """A value as JSON has it, in Python."""
    if isinstance(value, dict) and "base64" in value:
        return base64.b64decode(value["base64"])
    if kind in {"double", "float"} and isinstance(value, str):
        return float(value)
    if kind.startswith("timestamp"):
        return dt.datetime.fromisoformat(value)
    if kind.startswith("date"):
        return dt.date.fromisoformat(value)
    return Decimal(value) if kind.startswith("decimal") else value


def table_of(columns: list[Column]) -> pa.Table:
    arrays = [pa.array([value_of(c["type"], c["value"])], TYPES[c["type"]]) for c in columns]
    return pa.table(arrays, names=[c["name"] for c in columns])


def hashed(columns: list[Column]) -> bytes:
    """The bytes of a row as docs/formats/rowhash-v1.md says, in plain Python."""
    columns = sorted(columns, key=lambda c: c["name"].encode())
    header = b"foretaste rowhash/v1\n" + pack(">I", len(columns))
    for column in columns:
        header += pack(">I", len(column["name"].encode())) + column["name"].encode()
    cells = [cell(c["type"], value_of(c["type"], c["value"])) for c in columns]
    return header + b"".join(head for head, _ in cells) + b"".join(body for _, body in cells)


def cell(kind: str, value: Any) -> tuple[bytes, bytes]:  # noqa: PLR0911 - one line a tag
    """Head and body."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return b"n" + bytes(8), b""
    if isinstance(value, bool):
        return b"b" + pack(">Q", value), b""
    if isinstance(value, int) and kind != "double":
        return pack(">cq", b"i", value) if value < 2**63 else pack(">cQ", b"u", value), b""
    if isinstance(value, int | float):
        exact = float(np.float32(value)) if kind == "float" else float(value)
        if math.isfinite(exact) and exact == int(exact) and abs(exact) < 2**63:
            return b"i" + pack(">q", int(exact)), b""
        return b"f" + pack(">d", exact), b""
    if isinstance(value, dt.date):
        return moment(value)
    return nested(kind, value)


def moment(value: dt.date) -> tuple[bytes, bytes]:
    start = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    seconds, rest = divmod(value - start, dt.timedelta(seconds=1))
    return b"t" + pack(">q", seconds), pack(">I", rest.microseconds * 1000)


def nested(kind: str, value: Any) -> tuple[bytes, bytes]:
    if isinstance(value, Decimal):
        body = f"{value.normalize():f}".encode()
        return b"d" + pack(">Q", len(body)), body
    if isinstance(value, str):
        return b"s" + pack(">Q", len(value.encode())), value.encode()
    if isinstance(value, bytes):
        return b"x" + pack(">Q", len(value)), value
    if isinstance(value, list):
        items = [cell("double", item) for item in value]
        body = b"".join(head for head, _ in items) + b"".join(body for _, body in items)
        return b"l" + pack(">Q", len(items)), body
    kinds = {"b": "int64", "a": "string"}
    body = b""
    for name in sorted(value):
        body += pack(">I", len(name)) + name.encode() + b"".join(cell(kinds[name], value[name]))
    return b"r" + pack(">Q", len(value)), body


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["cases"]
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["title"])
def test_a_published_vector(case: dict[str, Any]) -> None:
    assert hashed(case["columns"]).hex() == case["hashed"]
    assert hashlib.sha256(bytes.fromhex(case["hashed"])).hexdigest() == case["digest"]
    assert row_digests([table_of(case["columns"])])[0].hex() == case["digest"]


def test_published_roots() -> None:
    document = json.loads(VECTORS.read_text("utf-8"))
    assert len(document["cases"]) >= 20
    digests = [bytes.fromhex(case["digest"]) for case in document["cases"]]
    for entry in document["roots"]:
        assert slow_root(digests[: entry["rows"]]).hex() == entry["root"]


def slow_root(data: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    split = 1 << ((len(data) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + slow_root(data[:split]) + slow_root(data[split:])).digest()
