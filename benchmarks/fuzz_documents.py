"""Further inputs that `benchmarks.fuzz` spoils: what people write, what tools leave, data files."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather

from foretaste import validate
from foretaste.data import open_dataset
from foretaste.gate.dvc import data_of
from foretaste.gate.settings import load_settings
from foretaste.gate.starting import start
from foretaste.store.sealing import Seal, make_key, unseal

__all__ = ["documents"]

ROWS = 40


def documents(folder: Path) -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    """Each kind of document: one that is whole, and how it is read.

    Nobody has signed them, so nothing is believed; sealed rows alone are, as they are authentic.
    """
    return {**_rules(folder), **_files(folder), "sealed rows": _sealed(folder)}


def _table() -> dict[str, list[object]]:
    return {
        "age": [20 + n for n in range(ROWS)],
        "note": [f"a note, number {n}" for n in range(ROWS)],
        "label": ["yes", "no"] * (ROWS // 2),
    }


def _rules(folder: Path) -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    rows = _table()
    schema = validate.to_yaml(validate.infer(rows)).encode()
    suite = json.dumps(validate.to_expectations(validate.infer(rows)).document).encode()
    data = folder / "told.csv"
    data.write_bytes(_csv(rows))
    pointer = folder / "told.csv.dvc"
    content = f"outs:\n- md5: {hashlib.md5(data.read_bytes()).hexdigest()}\n  path: told.csv\n"  # noqa: S324
    start(str(data), folder / "begun", {"label": "label"})
    settings = folder / "other.toml"

    def read_schema(spoilt: bytes) -> object:
        path = folder / "schema.yaml"
        path.write_bytes(spoilt)
        validate.check(rows, validate.read_schema(path))
        return None

    def read_suite(spoilt: bytes) -> object:
        path = folder / "suite.json"
        path.write_bytes(spoilt)
        validate.check(rows, validate.read_suite(path).schema)
        return None

    def read_settings(spoilt: bytes) -> object:
        settings.write_bytes(spoilt)
        load_settings(settings)
        return None

    def read_pointer(spoilt: bytes) -> object:
        pointer.write_bytes(spoilt)
        data_of(pointer)
        return None

    return {
        "schema (YAML)": (schema, read_schema),
        "expectation suite": (suite, read_suite),
        "settings (TOML)": ((folder / "begun/foretaste.toml").read_bytes(), read_settings),
        "DVC file (YAML)": (content.encode(), read_pointer),
    }


def _files(folder: Path) -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    rows = _table()
    arrow, packed = io.BytesIO(), io.BytesIO()
    feather.write_feather(pa.table(rows), arrow)
    np.savez(packed, x=np.arange(60.0).reshape(30, 2), y=np.tile(["a", "b"], 15))
    lines = "\n".join(
        json.dumps(dict(zip(rows, row, strict=True))) for row in zip(*rows.values(), strict=True)
    )

    def reader(name: str, label: str) -> Callable[[bytes], object]:
        path = folder / name

        def read(spoilt: bytes) -> object:
            path.write_bytes(spoilt)
            opened = open_dataset(path, label=label)
            opened.content()
            opened.row_digests()
            return None

        return read

    return {
        "CSV": (_csv(rows), reader("rows.csv", "label")),
        "JSON Lines": (lines.encode(), reader("rows.jsonl", "label")),
        "Arrow": (arrow.getvalue(), reader("rows.arrow", "label")),
        "NumPy archive": (packed.getvalue(), reader("rows.npz", "y")),
    }


def _csv(rows: dict[str, list[object]]) -> bytes:
    lines = [",".join(rows), *(f'{a},"{b}",{c}' for a, b, c in zip(*rows.values(), strict=True))]
    return "\n".join(lines).encode()


def _sealed(folder: Path) -> tuple[bytes, Callable[[bytes], object]]:
    key = folder / "age.key"
    seal = Seal((make_key(key),))
    return seal.close(b"rows that left " * 40), lambda spoilt: unseal(spoilt, key)
