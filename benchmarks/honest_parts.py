"""False alarms: whole scans, with the defaults, of honest data that nothing was set with.

    python -m benchmarks.honest_parts --first-seed 5000 --seeds 200
    python -m benchmarks.honest_parts --again          # only those that were called something

A seed stands for one part (`benchmarks/honest_plans.py`). Every finished scan is a line of JSON in
``--results`` and is not run again; a table is written beside it. A group that is called suspect or
confirmed is a false alarm, unless what it says of the data is true: many wrong labels
("mislabels") where people made many mistakes, "harmful shortcut" of a mark.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy.stats import beta

import foretaste
from benchmarks.honest_plans import KINDS, Part, part_of
from benchmarks.sets import DATA
from foretaste.errors import ForetasteError
from foretaste.report import Report

RESULTS = Path(__file__).parent / "results" / "honest.jsonl"
HEAD = """\
# Honest data

Written by `python -m benchmarks.honest_parts`, from the JSON lines beside it. Whole scans with the
default policy. *False alarms*: scans that call rows suspect or confirmed and are not right in what
they call them; in brackets the upper end of the 95 % interval of their share.

| | scans | not assessable | false alarms | confirmed | rows flagged in vain, mean | worst | CPU s |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Cell:
    """One scan of honest data."""

    seed: int
    data: str
    what: str
    rows: int
    verdict: str
    groups: list[str]  # kind, verdict, rows, trigger or why
    flagged: float  # share of rows, of groups whose kind is not true of the data
    false_alarm: bool
    seconds: float  # of CPU


def main() -> int:
    """Scan what is not done yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seed", action="append", type=int, default=[], help="only these")
    parser.add_argument("--again", action="store_true", help="scan anew what was a false alarm")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="then stop")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON lines")
    told = parser.parse_args()
    until = time.monotonic() + 60 * told.minutes
    done = {cell.seed: cell for cell in read(told.results)}
    wanted = told.seed or range(told.first_seed, told.first_seed + told.seeds)
    if told.again:
        wanted = [seed for seed, cell in done.items() if cell.false_alarm]
    for seed in wanted:
        if time.monotonic() > until:
            break
        if seed in done and not (told.again or told.seed):
            continue
        part = part_of(told.data, seed)
        if part is None:
            continue
        cell = measured(part, seed)
        if cell is not None:
            done[seed] = cell
            write(told.results, done.values())
            print("FALSE" if cell.false_alarm else "ok", cell, flush=True)
    told.results.with_suffix(".md").write_text(page(list(done.values())), encoding="utf-8")
    return 0


def measured(part: Part, seed: int) -> Cell | None:
    """Scan the part; None where it cannot be read as a data set at all."""
    start = time.process_time()
    try:
        report = foretaste.scan(part.scanned, **part.roles, seed=seed)
    except ForetasteError as error:
        print(f"{part.data}, {part.what}, seed {seed}: not run: {error}", file=sys.stderr)
        return None
    seconds = time.process_time() - start
    return Cell(
        seed,
        part.data,
        part.what,
        report.rows,
        str(report.verdict),
        [
            f"{g.kind}, {g.verdict}, {len(g.rows)} rows: {g.described or g.why[:120]}"
            for g in report.groups
        ],
        _in_vain(report, part),
        any(g.kind not in part.allowed for g in report.groups),
        round(seconds, 2),
    )


def _in_vain(report: Report, part: Part) -> float:
    wrong = [len(g.rows) for g in report.groups if g.kind not in part.allowed]
    return round(sum(wrong) / report.rows, 5)


def read(results: Path) -> list[Cell]:
    """All scans of a file, none where it does not exist."""
    if not results.exists():
        return []
    lines = results.read_text(encoding="utf-8").splitlines()
    return [Cell(**json.loads(line)) for line in lines]


def write(results: Path, cells: Iterable[Cell]) -> None:
    """All scans, in order of the seeds."""
    held = sorted(cells, key=lambda c: c.seed)
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text("".join(json.dumps(asdict(c)) + "\n" for c in held), encoding="utf-8")


def page(cells: list[Cell]) -> str:
    """A table by kind of data, and every false alarm."""
    lines = [HEAD]
    for kind, name in enumerate(KINDS):
        own = [c for c in cells if c.seed % len(KINDS) == kind]
        if own:
            lines.append(_row(name, own))
    lines += [_row("all", cells), "", "## False alarms", ""]
    wrong = sorted((c for c in cells if c.false_alarm), key=lambda c: c.seed)
    lines += [
        f"- seed {c.seed}: {c.data}, {c.what}, {c.rows} rows: {'; '.join(c.groups)}" for c in wrong
    ]
    return "\n".join(lines if wrong else [*lines, "None."]) + "\n"


def _row(name: str, cells: list[Cell]) -> str:
    wrong = sum(c.false_alarm for c in cells)
    high = float(beta.ppf(0.975, wrong + 1, len(cells) - wrong)) if wrong < len(cells) else 1.0
    shown = (
        name,
        len(cells),
        sum(c.verdict == "not assessable" for c in cells),
        f"{wrong} ({high:.1%})",
        sum(c.false_alarm and c.verdict == "confirmed" for c in cells),
        f"{sum(c.flagged for c in cells) / len(cells):.3%}",
        f"{max(c.flagged for c in cells):.2%}",
        f"{sum(c.seconds for c in cells) / len(cells):.1f}",
    )
    return f"| {' | '.join(map(str, shown))} |"


if __name__ == "__main__":
    sys.exit(main())
