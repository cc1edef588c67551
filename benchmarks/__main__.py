"""foretaste and its peers, in one run on the same poisoned rows and the same placebos.

    python -m benchmarks --small
    python -m benchmarks --headline --no-peers --seeds 5
    python -m benchmarks --only text-rare-token --set sms-spam --seeds 3

Nobody is told the poison rate. Every finished cell is a few lines of JSON in ``--results`` and is
not run again. Tables and plots are written beside it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.cells import run
from benchmarks.plots import draw
from benchmarks.results import read
from benchmarks.sets import DATA
from benchmarks.tables import page

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run what is not done yet, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the fixed subset, minutes")
    parser.add_argument("--headline", action="store_true", help="few cells on whole sets")
    parser.add_argument("--only", action="append", default=[], help="only these attacks")
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--seeds", type=int, help="1 with --small, 3 otherwise")
    parser.add_argument("--fresh", action="store_true", help="only clean sets of our own making")
    parser.add_argument("--no-peers", action="store_true", help="foretaste alone")
    parser.add_argument("--workers", type=int, default=2, help="cells at a time, a thread each")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="then stop")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--results", type=Path, help="JSON lines")
    parser.add_argument("--tables-only", action="store_true", help="run nothing")
    told = parser.parse_args()
    results = told.results or RESULTS / f"{_name(told)}.jsonl"
    if not told.tables_only:
        run(told, results)
    lines = read(results)
    results.with_suffix(".md").write_text(page(lines), encoding="utf-8")
    draw(lines, results.with_suffix(".svg"))
    return 0


def _name(told: argparse.Namespace) -> str:
    """Of the results: a run of another extent is kept apart."""
    for name in ("fresh", "small", "headline"):
        if getattr(told, name):
            return name
    return "whole"


if __name__ == "__main__":
    sys.exit(main())
