"""How seconds and memory of a scan grow with the rows: each size in a process of its own.

    python -m benchmarks.growth --rows 10000 30000 100000

Made tables of 20 numbers with a label that five of them decide, and texts of 12 words of two
themes: nothing in them is planted. Threads are held to one, so that sizes compare.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import foretaste
from foretaste.types import Verdict

KINDS = ("table", "text")
THEMES, LINKS = 2_000, 200  # words of a theme, words of all
RESULTS = Path(__file__).parent / "results" / "growth.md"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one:
        print(json.dumps(measure(told.one[0], int(told.one[1]))))
        return 0
    lines = [one(kind, rows) for kind in told.kinds for rows in told.rows]
    RESULTS.write_text(page(lines), encoding="utf-8")
    return 0


def one(kind: str, rows: int) -> dict[str, float | str]:
    """A size in its own process, whose peak of memory is its own."""
    command = [sys.executable, "-m", "benchmarks.growth", "--one", kind, str(rows)]
    done = subprocess.run(  # noqa: S603  # this very file
        command, check=True, capture_output=True, text=True, env=os.environ | THREADS
    )
    line: dict[str, float | str] = json.loads(done.stdout)
    print(line, flush=True)
    return line


def measure(kind: str, rows: int) -> dict[str, float | str]:
    """Scan made rows."""
    data = (table if kind == "table" else texts)(rows, np.random.default_rng(0))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    report = foretaste.scan(data, label="label", seed=0)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = max(report.seconds, key=lambda stage: report.seconds[stage])
    return {
        "kind": kind,
        "rows": rows,
        "seconds": round(seconds, 1),
        "peak MiB": after // 1024,
        "of these before the scan": before // 1024,
        "slowest stage": slowest,
        "verdict": str(report.verdict) + ("" if report.verdict is Verdict.CLEAN else " (!)"),
    }


def table(rows: int, rng: np.random.Generator) -> dict[str, object]:
    """20 columns of numbers."""
    x = rng.normal(size=(rows, 20))
    y = x[:, :5].sum(axis=1) + 0.5 * rng.normal(size=rows) > 0
    held: dict[str, object] = {f"x{i}": x[:, i] for i in range(20)}
    return held | {"label": np.where(y, "yes", "no")}


def texts(rows: int, rng: np.random.Generator) -> dict[str, object]:
    """Twelve words each: six of the theme, six of any; frequencies fall as in language."""
    y = rng.integers(0, 2, rows)
    own = np.minimum(rng.zipf(1.3, size=(rows, 6)), THEMES)
    any_word = np.minimum(rng.zipf(1.3, size=(rows, 6)), LINKS)
    text = [
        " ".join([*(f"t{c}w{i}" for i in mine), *(f"a{i}" for i in others)])
        for c, mine, others in zip(y, own, any_word, strict=True)
    ]
    return {"text": text, "label": np.where(y == 1, "yes", "no")}


def page(lines: list[dict[str, float | str]]) -> str:
    """The table as Markdown."""
    names = list(lines[0])
    rows = [" | ".join(str(line[name]) for name in names) for line in lines]
    head = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    told = "Written by `python -m benchmarks.growth`: one thread, one run each."
    return "\n".join(["# Growth", "", told, "", *head, *(f"| {row} |" for row in rows), ""])


if __name__ == "__main__":
    sys.exit(main())
