"""How few planted rows are found: small groups, every trigger form of texts and tables, many seeds.

    python -m benchmarks.power
    python -m benchmarks.power --set sms-spam --attack text-rare-token --seeds 10 --first-seed 10

Only scans; no victim is trained and no peer is asked. Every finished cell is a line of JSON in
``--results`` and is not run again; the table is written beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

import foretaste
from benchmarks.plans import GUILTY
from benchmarks.sets import DATA, SETS, Split, with_sources
from foretaste.attack.contract import Poisoned, discover
from foretaste.drill.sample import dataset_of
from foretaste.errors import ForetasteError, UsageError
from foretaste.report import Report
from foretaste.types import Modality

RESULTS = Path(__file__).parent / "results" / "power.jsonl"
ATTACKS = {
    Modality.TEXT: ("text-rare-token", "text-sentence", "text-homoglyph", "text-zero-width"),
    Modality.TABLE: ("table-value-combination", "table-missingness", "table-out-of-range"),
}
ROWS = 2_000  # of each set, where it has so many
PLANTED = (20, 30, 40, 60)
REACHED = 0.98  # average precision and TPR that count as found
SPILLED = 0.002  # FPR that is too much
INTRODUCTION = f"""# Power on small groups

Written by `python -m benchmarks.power`, from the JSON lines beside it. *Found*: average precision
and TPR of the default verdict at least {REACHED:.0%}, FPR at most {SPILLED:.1%}, target right.
"""


@dataclass(frozen=True)
class Cell:
    """One scan of one poisoned set."""

    data: str
    attack: str
    planted: int
    target: int
    seed: int
    rows: int
    verdict: str
    precision: float  # average precision
    tpr: float
    fpr: float
    trigger: str
    aimed: bool  # the first group names the class that the attack leads to

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """What tells cells apart."""
        return (self.data, self.attack, self.planted, self.target, self.seed)

    @property
    def found(self) -> bool:
        """Whether default verdict, order and target are right."""
        good = self.precision >= REACHED and self.tpr >= REACHED and self.fpr <= SPILLED
        return good and self.aimed


def measure(data: Path, key: tuple[str, str, int, int, int]) -> Cell | None:
    """Plant, scan, compare; None where the set has too few rows to plant into."""
    done = _planted(data, key)
    if done is None:
        return None
    report = foretaste.scan(dataset_of(done.sample, key[0]), seed=key[-1])
    return _cell(key, done, report)


def _cell(key: tuple[str, str, int, int, int], done: Poisoned, report: Report) -> Cell:
    name, attack, planted, target, seed = key
    truth, found = done.truth, report.findings
    first = next((g for g in report.groups if g.target is not None), None)
    return Cell(
        name,
        attack,
        planted,
        target,
        seed,
        len(truth),
        str(report.verdict),
        round(float(average_precision_score(truth, found.score)), 4),
        round(float(found.flagged[truth].mean()), 4),
        round(float(found.flagged[~truth].mean()), 6),
        (first.described or "") if first else "",
        bool(first and first.target == done.sample.classes[target]),
    )


def _planted(data: Path, key: tuple[str, str, int, int, int]) -> Poisoned | None:
    """Rows of one vendor of ten, or of all where that one has too few."""
    name, attack, planted, target, seed = key
    rows = with_sources(_read(name, data).rows, np.random.default_rng((seed, 1)))
    kind = next(k for k in discover() if k.name == attack)
    takes = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # every attack is one
    told: dict[str, Any] = {"rate": planted / len(rows), "target": target}
    for more in ({"source": GUILTY}, {}) if "source" in takes else ({},):
        try:
            return kind(**told, **more).poison(rows, np.random.default_rng(seed))
        except UsageError:
            continue
    return None


@cache
def _read(name: str, data: Path) -> Split:
    return SETS[name].read(data, ROWS)


def keys(told: argparse.Namespace) -> Iterator[tuple[str, str, int, int, int]]:
    """Every cell that is asked for; seeds come last, so that a stopped run has seen all sets."""
    seeds = range(told.first_seed, told.first_seed + told.seeds)
    names = told.set or [n for n, held in SETS.items() if held.modality in ATTACKS]
    for seed, planted, name in product(seeds, told.planted or PLANTED, names):
        for attack in ATTACKS[SETS[name].modality]:
            if told.attack and attack not in told.attack:
                continue
            for target in range(len(_read(name, told.data).rows.classes)):
                if target in (0, 1):
                    yield name, attack, planted, target, seed


def read(path: Path) -> list[Cell]:
    """All lines of a file, none where it does not exist."""
    if not path.exists():
        return []
    return [Cell(**json.loads(x)) for x in path.read_text(encoding="utf-8").splitlines()]


def table(cells: Iterable[Cell]) -> str:
    """Markdown: attack by number of planted rows, then every cell that falls short."""
    held = sorted(cells, key=lambda c: c.key)
    columns = (
        *("planted", "rows", "cells", "found", "confirmed"),
        *("precision, worst", "TPR, worst", "FPR, worst"),
    )
    lines = [INTRODUCTION, _row(columns), _row(["---"] * len(columns))]
    for attack, planted in sorted({(c.attack, c.planted) for c in held}):
        lines.append(_line([c for c in held if (c.attack, c.planted) == (attack, planted)]))
    lines += ["", "## By set\n", "| data | rows | cells | found |", "| --- | --- | --- | --- |"]
    for data, planted in sorted({(c.data, c.planted) for c in held}):
        some = [c for c in held if (c.data, c.planted) == (data, planted)]
        lines.append(f"| {data} | {planted} | {len(some)} | {_share([c.found for c in some])} |")
    lines += ["", "## Not found\n"]
    lines += [
        f"- {c.data}, {c.attack}, {c.planted} rows, target {c.target}, seed {c.seed}: {c.verdict}, "
        f"precision {c.precision:.2f}, TPR {c.tpr:.2f}, FPR {c.fpr:.4f}"
        for c in held
        if not c.found
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[Cell]) -> str:
    first = cells[0]
    parts = [
        first.attack,
        first.planted,
        len(cells),
        _share([c.found for c in cells]),
        _share([c.verdict == "confirmed" for c in cells]),
        f"{min(c.precision for c in cells):.2f}",
        f"{min(c.tpr for c in cells):.2f}",
        f"{max(c.fpr for c in cells):.4f}",
    ]
    return _row(parts)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits) / len(hits):.0%}"


def main() -> int:
    """Run what is not done yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--attack", action="append", default=[], help="only these attacks")
    parser.add_argument("--planted", action="append", type=int, help="only so many rows")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="then stop")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON lines")
    told = parser.parse_args()
    done = {cell.key for cell in read(told.results)}
    until = time.monotonic() + 60 * told.minutes
    for key in keys(told):
        if key in done or time.monotonic() > until:
            continue
        try:
            cell = measure(told.data, key)
        except (ForetasteError, FileNotFoundError) as error:
            print(f"{key}: not run: {error}", file=sys.stderr, flush=True)
            continue
        if cell is None:
            continue
        told.results.parent.mkdir(parents=True, exist_ok=True)
        with told.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cell)) + "\n")
        state = "found" if cell.found else f"NOT FOUND {cell.verdict} {cell.precision} {cell.tpr}"
        print(*key, state, flush=True)
    told.results.with_suffix(".md").write_text(table(read(told.results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
