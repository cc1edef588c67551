"""foretaste and its peers, in one run on the same poisoned rows and the same placebos.

    python -m benchmarks --small
    python -m benchmarks --only text-rare-token --set sms-spam --seeds 3

Nobody is told the poison rate. Every finished cell is a few lines of JSON in ``--results`` and is
not run again. Tables and plots are written beside it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings
from itertools import product
from pathlib import Path

from benchmarks import plans
from benchmarks.measuring import measure
from benchmarks.plots import draw
from benchmarks.results import append, read
from benchmarks.sets import DATA
from benchmarks.tables import page
from foretaste.errors import ForetasteError

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run what is not done yet, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the fixed subset, minutes")
    parser.add_argument("--only", action="append", default=[], help="only these attacks")
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--seeds", type=int, help="1 with --small, 3 otherwise")
    parser.add_argument("--fresh", action="store_true", help="only clean sets of our own making")
    parser.add_argument("--no-peers", action="store_true", help="foretaste alone")
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
    return "fresh" if told.fresh else "small" if told.small else "whole"


def run(told: argparse.Namespace, results: Path) -> None:
    """Measure every chosen cell that `results` does not hold yet."""
    warnings.filterwarnings("ignore")  # of the peers, on constant columns, few neighbours ...
    done = {line.cell.key for line in read(results)}
    until = time.monotonic() + 60 * told.minutes
    seeds = told.seeds or (1 if told.small else 3)
    chosen = [
        plan
        for plan in (plans.FRESH if told.fresh else plans.small() if told.small else plans.whole())
        if (not told.set or plan.data in told.set)
        and (not told.only or plan.planted.split(" ")[0] in told.only)
    ]
    for seed, plan in product(range(seeds), chosen):
        if (plan.data, plan.planted, seed) in done or time.monotonic() > until:
            continue
        start = time.perf_counter()
        try:
            case = plan.case(told.data, seed)
            lines = measure(case, retrain_all=not told.small, peers=not told.no_peers)
        except (ForetasteError, FileNotFoundError) as error:
            print(f"{plan.data}, {plan.planted}: not run: {error}", file=sys.stderr, flush=True)
            continue
        except Exception:  # noqa: BLE001  # one broken cell must not end a night's run
            print(f"{plan.data}, {plan.planted}: broken", file=sys.stderr)
            traceback.print_exc()
            continue
        append(results, lines)
        own = lines[0].method
        seconds = time.perf_counter() - start
        print(
            f"{plan.data}, {plan.planted}, seed {seed}: {own.verdict}, {own.flagged} flagged, "
            f"precision {own.precision}, {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
