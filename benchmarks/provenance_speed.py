"""What it costs to sign and to verify: ``python -m benchmarks.provenance_speed [ROWS]``.

Makes a Parquet file of ROWS × 10 columns (five doubles, two whole numbers, a text, a label, a
source; 1,000,000 rows by default), signs it, verifies it, changes one cell and verifies again.
Prints processor seconds of this process and its largest memory, which counts the interpreter and
its libraries too. Each step runs in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.provenance import (
    Trust,
    TrustedKey,
    load_key,
    make_key,
    make_manifest,
    verify,
)
from foretaste.provenance.signing import sign_data

__all__ = ["main", "make_rows"]

STEPS = ("nothing", "root", "sign", "verify", "name one changed cell")


def make_rows(path: Path, rows: int, changed: bool = False) -> None:
    """Write the rows, a hundred thousand at a time; `changed` has one other cell."""
    rng = np.random.default_rng(0)
    writer = None
    for start in range(0, rows, 100_000):
        size = min(100_000, rows - start)
        columns: dict[str, object] = {f"x{i}": rng.normal(size=size) for i in range(5)}
        columns |= {f"n{i}": rng.integers(0, 1000, size) for i in range(2)}
        columns["text"] = [f"row number {start + row} of many" for row in range(size)]
        columns["label"] = rng.choice(["cat", "dog", "owl"], size)
        columns["vendor"] = rng.choice([f"vendor {i}" for i in range(10)], size)
        table = pa.table(columns)
        if changed and start <= rows // 2 < start + size:
            cells = table["n0"].to_pylist()
            cells[rows // 2 - start] = -1
            table = table.set_column(5, "n0", pa.array(cells))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def step(name: str, folder: Path) -> dict[str, object]:
    """One step, in this process."""
    data, bundle = folder / "rows.parquet", folder / "rows.parquet.intoto.jsonl"
    key = load_key(folder / "key.pem")
    entry = TrustedKey(
        "key", key.public, ("data",), make_manifest({"x": [1], "label": [1]}).created
    )
    trust = Trust((entry,))
    works: dict[str, Callable[[], object]] = {
        "nothing": lambda: None,
        "root": lambda: make_manifest(data, label="label", source="vendor"),
        "sign": lambda: sign_data(data, key, label="label", source="vendor"),
        "verify": lambda: verify(data, bundle, trust).changes,
        "name one changed cell": lambda: (
            verify(folder / "other" / "rows.parquet", bundle, trust).changes
        ),
    }
    start, wall = time.process_time(), time.perf_counter()
    found = works[name]()
    said = [change.sentence for change in found] if isinstance(found, tuple) else []
    return {
        "step": name,
        "processor_seconds": round(time.process_time() - start, 2),
        "wall_seconds": round(time.perf_counter() - wall, 2),
        "largest_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "said": said,
    }


def main(rows: int) -> int:
    """Make the data, run each step in a process of its own, print a line for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_key(folder / "key.pem")
        make_rows(folder / "rows.parquet", rows)
        (folder / "other").mkdir()
        make_rows(folder / "other" / "rows.parquet", rows, changed=True)
        for work in STEPS:
            command = [sys.executable, "-m", "benchmarks.provenance_speed", "--step", work, name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
            print(json.dumps({"rows": rows, **json.loads(done.stdout)}), flush=True)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        print(json.dumps(step(sys.argv[2], Path(sys.argv[3]))))
    else:
        raise SystemExit(main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000))
