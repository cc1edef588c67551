"""Runs the cells of a plan that are not done yet, several at a time."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import product
from pathlib import Path

from benchmarks import plans
from benchmarks.measuring import measure
from benchmarks.results import Line, append, read
from foretaste.errors import ForetasteError

__all__ = ["run"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(told: argparse.Namespace, results: Path) -> None:
    """Measure every chosen cell that `results` does not hold yet, several at a time.

    A cell runs in a process of its own with one thread, so that seconds of different methods
    compare; which cell runs beside it changes no finding.
    """
    until = time.monotonic() + 60 * told.minutes
    context = multiprocessing.get_context("spawn")
    # set before the workers start: libraries read them when they are imported
    os.environ.update(dict.fromkeys(THREADS, "1"))
    with ProcessPoolExecutor(told.workers, mp_context=context, initializer=_still) as pool:
        waiting = {pool.submit(_measured, told, *cell) for cell in _open(told, results)}
        while waiting:
            done, waiting = wait(waiting, timeout=5, return_when=FIRST_COMPLETED)
            for future in done:
                if not future.cancelled():
                    _keep(future.result(), results)
            if time.monotonic() > until:
                pool.shutdown(wait=False, cancel_futures=True)


def _open(told: argparse.Namespace, results: Path) -> Iterator[tuple[int, int]]:
    """Seed and position in the plan of the cells to come."""
    done = {line.cell.key for line in read(results)}
    seeds = told.seeds or (1 if told.small else 3)
    for seed, (position, plan) in product(range(seeds), enumerate(_plans(told))):
        wanted = (not told.set or plan.data in told.set) and (
            not told.only or plan.planted.split(" ")[0] in told.only
        )
        if wanted and (plan.data, plan.planted, seed) not in done:
            yield seed, position


def _plans(told: argparse.Namespace) -> list[plans.Plan]:
    if told.fresh:
        return list(plans.FRESH)
    chosen = plans.small if told.small else plans.headline if told.headline else plans.whole
    return list(chosen())


def _still() -> None:
    warnings.filterwarnings("ignore")  # of the peers, on constant columns, few neighbours ...


def _measured(told: argparse.Namespace, seed: int, position: int) -> list[Line] | str:
    """The lines of a cell, or why there are none. Runs in a worker."""
    plan = _plans(told)[position]
    try:
        case = plan.case(told.data, seed)
        return measure(case, retrain_all=not told.small, peers=not told.no_peers)
    except (ForetasteError, FileNotFoundError) as error:
        return f"{plan.data}, {plan.planted}: not run: {error}"
    except Exception:  # noqa: BLE001  # one broken cell must not end a night's run
        return f"{plan.data}, {plan.planted}: broken\n{traceback.format_exc()}"


def _keep(lines: list[Line] | str, results: Path) -> None:
    if isinstance(lines, str):
        print(lines, file=sys.stderr, flush=True)
        return
    append(results, lines)
    cell, own = lines[0].cell, lines[0].method
    print(
        f"{cell.data}, {cell.planted}, seed {cell.seed}: {own.verdict}, {own.flagged} flagged, "
        f"precision {own.precision}",
        flush=True,
    )
