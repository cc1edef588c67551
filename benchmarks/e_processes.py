"""E-processes: false alarms under continuous peeking, and the delay beside other tests.

    python -m benchmarks.e_processes

Every run is looked at after each trial. False alarms are counted in runs whose rate is the stated
one; delays in runs whose rate is higher from the start, and, for change detectors, higher after 500
quiet trials. river's ADWIN and Page–Hinkley see the same outcomes where river is installed
(``pip install river``). Results are written to ``benchmarks/results/e_processes.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.stats.e_process import Side, bets_against, log_wealth
from foretaste.stats.rate_change import one_trial_later

RESULT = Path(__file__).parent / "results" / "e_processes.md"
TRIALS, QUIET = 1000, 500
STATED = ((0.01, 0.10), (0.05, 0.15), (0.10, 0.20), (0.50, 0.65))  # rate, and what it becomes
LEVELS = (0.05, 0.001)
RUN_LENGTH = 10_000.0
_BLOCK = 250  # runs held at once

Bools = npt.NDArray[np.bool_]


def main() -> int:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="of each row of the first table")
    parser.add_argument("--changes", type=int, default=200, help="of each row of the second")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--result", type=Path, default=RESULT)
    told = parser.parse_args()
    lines = ["# E-processes, measured", "", *peeking(told.runs, told.seed), ""]
    lines += changes(told.changes, told.seed)
    told.result.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def peeking(runs: int, seed: int) -> list[str]:
    """False alarms and delays, looked at after every trial."""
    lines = [
        f"## Peeking after each of {TRIALS:,} trials, {runs:,} runs a row",
        "",
        "*Peeked*: as many looks at a one-sided exact test. *Fixed*: the trials that one",
        "look needs for 90 % power. Delays are medians in trials.",
        "",
        "| stated | level | false alarms | 95 % interval | peeked | true | found | delay | fixed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rate, other in STATED:
        quiet, loud = (list(first_crossings(r, rate, runs, seed)) for r in (rate, other))
        for at, level in enumerate(LEVELS):
            false = sum(run.e_process[at] < math.inf for run in quiet)
            peeked = sum(run.binomial[at] < math.inf for run in quiet) / runs
            delays = [run.e_process[at] for run in loud]
            interval = stats.binomtest(false, runs).proportion_ci()
            found = sum(delay < math.inf for delay in delays) / runs
            lines.append(
                f"| {rate} | {level} | {false / runs:.4f} | {interval.low:.4f} – "
                f"{interval.high:.4f} | {peeked:.3f} | {other} | {found:.3f} | "
                f"{np.median(delays):.0f} | {fixed_sample(rate, other, level)} |"
            )
    return lines


@dataclass(frozen=True)
class Crossings:
    """The trial at which each level was first passed; infinite where it was not."""

    e_process: tuple[float, ...]
    binomial: tuple[float, ...]


def first_crossings(true: float, stated: float, runs: int, seed: int) -> Iterator[Crossings]:
    """Runs of one rate against a stated one."""
    rng = np.random.default_rng([seed, round(1e4 * true), round(1e4 * stated)])
    trials = np.arange(1, TRIALS + 1)
    critical = [stats.binom.isf(level, trials, stated) for level in LEVELS]
    for start in range(0, runs, _BLOCK):
        size = min(_BLOCK, runs - start)
        hits = np.cumsum((rng.random((size, TRIALS)) < true).astype(np.int64), axis=1)
        wealth = log_wealth(hits, np.broadcast_to(trials, hits.shape), stated)
        ours = [_first(wealth >= -math.log(level)) for level in LEVELS]
        theirs = [_first(hits > bar) for bar in critical]
        for one, other in zip(zip(*ours, strict=True), zip(*theirs, strict=True), strict=True):
            yield Crossings(tuple(map(float, one)), tuple(map(float, other)))


def fixed_sample(rate: float, other: float, level: float) -> int:
    """Trials from which one look at an exact test finds the other rate in 90 %."""
    for n in range(1, 20_000):
        if stats.binom.sf(stats.binom.isf(level, n, rate), n, other) >= 0.9:
            return n
    raise ValueError("rates too close")


def changes(runs: int, seed: int) -> list[str]:
    """Delays after a change, and alarms before it."""
    detectors: dict[str, Callable[[Bools, float], float]] = {"e-detector": e_detector}
    if importlib.util.find_spec("river") is None:
        lines = ["river is not installed: ADWIN and Page–Hinkley were not run."]
    else:
        lines = ["ADWIN and Page–Hinkley: river's, with its defaults, told of rises only."]
        detectors |= {"ADWIN": adwin, "Page–Hinkley": page_hinkley}
    head = [
        f"## A change after {QUIET} quiet trials, {runs:,} runs a row",
        "",
        f"The e-detector's average run to a false alarm is at least {RUN_LENGTH:,.0f} trials.",
        *lines,
        "",
        "| rate | becomes | detector | alarms before the change | found in 1,000 | median delay |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows = []
    for rate, other in STATED:
        rng = np.random.default_rng([seed, 1, round(1e4 * rate)])
        outcomes = rng.random((runs, QUIET + TRIALS))
        hits = outcomes < np.r_[np.full(QUIET, rate), np.full(TRIALS, other)]
        for name, detector in detectors.items():
            first = np.array([detector(run, rate) for run in hits])
            early = first <= QUIET
            delays = np.where(early, np.inf, first - QUIET)[~early]
            found = float(np.isfinite(delays).mean()) if delays.size else 0.0
            median = f"{np.median(delays):.0f}" if found > 0.5 else "–"
            rows.append(
                f"| {rate} | {other} | {name} | {early.mean():.3f} | {found:.3f} | {median} |"
            )
    return head + rows


def e_detector(run: Bools, rate: float) -> float:
    """The trial of the first alarm of the e-detector."""
    win, lose = bets_against(rate, Side.ABOVE)
    held, bar = np.full(win.size, -math.inf), math.log(RUN_LENGTH) + math.log(win.size)
    for at, hit in enumerate(run.tolist(), start=1):
        held = one_trial_later(held, win if hit else lose)
        top = held.max()
        if top + math.log(float(np.exp(held - top).sum())) >= bar:
            return float(at)
    return math.inf


def adwin(run: Bools, _rate: float) -> float:
    """The trial of the first alarm of river's ADWIN on a rise."""
    from river import drift  # noqa: PLC0415 - optional

    made: Any = drift.ADWIN  # it has no annotations
    detector, before = made(), 0.0
    for at, hit in enumerate(run.tolist(), start=1):
        before = detector.estimation
        detector.update(float(hit))
        if detector.drift_detected and detector.estimation > before:
            return float(at)
    return math.inf


def page_hinkley(run: Bools, _rate: float) -> float:
    """The trial of the first alarm of river's Page–Hinkley."""
    from river.drift import PageHinkley  # noqa: PLC0415 - optional

    detector: Any = PageHinkley(mode="up")
    for at, hit in enumerate(run.tolist(), start=1):
        detector.update(float(hit))
        if detector.drift_detected:
            return float(at)
    return math.inf


def _first(passed: Bools) -> npt.NDArray[np.float64]:
    """(runs,) the first trial at which it holds, infinite for never."""
    found = passed.argmax(axis=1) + 1.0
    return np.where(passed.any(axis=1), found, np.inf)


if __name__ == "__main__":
    sys.exit(main())
