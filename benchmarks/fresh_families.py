"""Attack families that the scan was not made with: found, named, and is the harm gone?

    python -m benchmarks.fresh_families --minutes 10
    python -m benchmarks.fresh_families --set sms-spam --family "date in a format" --first-seed 7050

A cell plants a trigger of one family into rows of one vendor of ten (all rows where he has too
few), scans with the defaults, and trains the reference victim three times: on clean rows, on the
poisoned ones, and on what is left without the flagged ones. Every finished cell is a line of JSON
in ``--results`` and is not run again; the table is written beside it. Rows, planted rows and
target are drawn from the seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

import foretaste
from benchmarks.family_tables import TABLE_FAMILIES
from benchmarks.family_tables import stamp as table_stamp
from benchmarks.family_texts import TEXT_FAMILIES
from benchmarks.plans import GUILTY
from benchmarks.sets import DATA, SETS, Split, with_sources
from foretaste.attack.cells import as_table
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import clean_label, dirty_label, overwrite
from foretaste.attack.rows import pick
from foretaste.attack.victim import attack_success, train
from foretaste.drill.sample import dataset_of
from foretaste.errors import UsageError
from foretaste.report import Report
from foretaste.types import Modality

__all__ = ["Cell", "main"]

RESULTS = Path(__file__).parent / "results" / "fresh_families.jsonl"
ROWS = (900, 1_400, 2_000)
PLANTED = (24, 36, 60)
CLEAN_PLANTED = (50, 80)
FOUND = 0.9  # of the planted rows
SPILLED = 0.005  # of the others, at most
HARMLESS = 0.03  # attack success above that of a clean model that is as good as none
WORKS = 0.3  # above that of a clean model: else there is no attack
SLOW = ("ag-news",)  # long texts
HEAD = """\
# Attack families that the scan was not made with

Written by `python -m benchmarks.fresh_families`, from the JSON lines beside it. *Found*: at least
90 % of the planted rows at no more than 0.5 % of the others. *Harm gone*: of the attacks that work
(success of the trigger at least 30 points above that of a clean model), those whose success on a
model of the rows that are left is at most 3 points above it. *Named*: the words or columns of the
trigger, the target class, the vendor (where one delivered all).

| family | cells | found | confirmed | named | target | vendor | harm gone | AP | TPR | FPR |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Cell:
    """One poisoned set, scanned and trained on."""

    data: str
    family: str
    seed: int
    rows: int
    planted: int
    target: str
    verdict: str
    precision: float  # average precision
    tpr: float
    fpr: float
    described: str  # of all groups
    named: bool
    aimed: bool
    vendor: str  # "yes", "no", "-" where the rows are of many
    success_clean: float
    success_before: float
    success_after: float
    seconds: float  # of CPU, the scan

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells cells apart."""
        return (self.data, self.family, self.seed)

    @property
    def found(self) -> bool:
        """Whether the rows were."""
        return self.tpr >= FOUND and self.fpr <= SPILLED

    @property
    def works(self) -> bool:
        """Whether the attack does, undefended."""
        return self.success_before >= self.success_clean + WORKS

    @property
    def harmless(self) -> bool:
        """Whether it does nothing any more."""
        return self.success_after <= self.success_clean + HARMLESS


@dataclass(frozen=True)
class _Plant:
    """What `dirty_label` asks an attack for."""

    rate: float
    target: int
    source: int | None


@dataclass(frozen=True)
class _Case:
    done: Poisoned
    split: Split
    clean: Sample
    of_one_vendor: bool
    wanted: tuple[str, ...]  # a description must contain one of them, or each for columns


def measure(data: Path, name: str, family: str, seed: int) -> Cell:
    """Plant, scan, train."""
    case = _case(data, name, family, seed)
    start = time.process_time()
    report = foretaste.scan(dataset_of(case.done.sample, name), seed=seed, plugins=())
    seconds = time.process_time() - start
    flagged = np.asarray(report.findings.flagged, dtype=np.bool_)
    truth, done = case.done.truth, case.done
    clean, before = train(case.clean, seed), train(done.sample, seed)
    kept = done.sample.take(~flagged)
    after = train(kept, seed) if flagged.any() else before
    success = [attack_success(v, case.split.test, done).rate for v in (clean, before, after)]
    assert done.target is not None
    target = done.sample.classes[done.target]
    return Cell(
        name,
        family,
        seed,
        len(truth),
        int(truth.sum()),
        target,
        str(report.verdict),
        round(float(average_precision_score(truth, report.findings.score)), 4),
        round(float(flagged[truth].mean()), 4),
        round(float(flagged[~truth].mean()), 5),
        "; ".join(f"{g.described or g.kind} → {g.target} ({len(g.rows)})" for g in report.groups),
        _named(report, case.wanted, truth),
        any(g.target == target for g in report.groups),
        _vendor(report) if case.of_one_vendor else "-",
        round(success[0], 3),
        round(success[1], 3),
        round(success[2], 3),
        round(seconds, 1),
    )


def _named(report: Report, wanted: tuple[str, ...], truth: npt.NDArray[np.bool_]) -> bool:
    own = [g.described or "" for g in report.groups if truth[g.rows].mean() > 0.5]
    return any(word in told.lower() for told in own for word in wanted)


def _vendor(report: Report) -> str:
    guilty = {s.name for s in report.sources if s.guilty}
    return "yes" if guilty == {f"vendor {GUILTY}"} else "no"


def _case(data: Path, name: str, family: str, seed: int) -> _Case:
    split = _read(name, data)
    rng = np.random.default_rng((seed, 5))
    rows = int(rng.choice(ROWS))
    chosen = rng.permutation(len(split.rows))[:rows]
    clean = with_sources(split.rows.take(chosen), np.random.default_rng((seed, 1)))
    texts = clean.content.modality is Modality.TEXT
    is_clean = (TEXT_FAMILIES if texts else TABLE_FAMILIES)[family].clean
    planted = int(rng.choice(CLEAN_PLANTED if is_clean else PLANTED))
    # a class that has rows enough for its poison to be no more than a third of it
    sizes = np.bincount(clean.labels, minlength=len(clean.classes))
    target = int(rng.choice(np.flatnonzero(sizes >= 2 * planted)))
    done, one, wanted = _planted(clean, family, _Plant(planted / len(clean), target, GUILTY), seed)
    return _Case(done, split, clean, one, wanted)


def _planted(
    clean: Sample, family: str, plan: _Plant, seed: int
) -> tuple[Poisoned, bool, tuple[str, ...]]:
    """The poisoned rows, whether all are of one vendor, what a name must hold."""
    rng = np.random.default_rng(seed)
    if clean.content.modality is Modality.TEXT:
        text = TEXT_FAMILIES[family]
        change, wanted, is_clean = text.stamp(seed + 1), text.named, text.clean
    else:
        table = as_table(clean.content)
        drawn = TABLE_FAMILIES[family].draw(table, rng)
        held = dict(table.categories)
        for j, level in drawn.levels:
            held[table.names[j]] = (*held[table.names[j]], level)
        clean = Sample(
            type(table)(table.names, table.values, held),
            clean.labels,
            clean.classes,
            clean.sources,
            clean.source_names,
        )
        change, is_clean = table_stamp(drawn, seed + 1), TABLE_FAMILIES[family].clean
        wanted = tuple(table.names[j].lower() for j in drawn.columns)
    plant = clean_label if is_clean else dirty_label
    for source in (GUILTY, None):
        try:
            told = _Plant(plan.rate, plan.target, source)
            done = plant(told, clean, rng, stamp=change, trigger=family)
            break
        except UsageError:
            if source is None:
                raise
    if clean.content.modality is Modality.TEXT:
        for part in TEXT_FAMILIES[family].decoys:
            free = pick(~done.truth, int(done.truth.sum()), rng)
            decoyed = TEXT_FAMILIES[family].stamp(seed + 2, part)(done.sample.content.take(free))
            sample = overwrite(done.sample, free, decoyed)
            done = Poisoned(
                sample, done.truth, done.trigger, stamp=done.stamp, target=done.target,
                victims=done.victims,
            )  # fmt: skip
    return done, source is not None, wanted


@cache
def _read(name: str, data: Path) -> Split:
    return SETS[name].read(data, max(ROWS))


def keys(told: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """Every cell asked for; each seed goes through all families, on a set that changes."""
    names = told.set or ["sms-spam", "trec", "davidson-tweets", "spambase", "adult", *SLOW]
    names = [n for n in names if SETS[n].modality is not Modality.IMAGE]
    groups = (
        (TEXT_FAMILIES, [n for n in names if SETS[n].modality is Modality.TEXT]),
        (TABLE_FAMILIES, [n for n in names if SETS[n].modality is Modality.TABLE]),
    )
    for seed in range(told.first_seed, told.first_seed + told.seeds):
        for families, sets in groups:
            for i, family in enumerate(families):
                if sets and (not told.family or family in told.family):
                    yield sets[(seed + i) % len(sets)], family, seed


def read(path: Path) -> list[Cell]:
    """All lines of a file, none where it does not exist."""
    if not path.exists():
        return []
    return [Cell(**json.loads(x)) for x in path.read_text(encoding="utf-8").splitlines()]


def page(cells: list[Cell]) -> str:
    """A line for each family, and every cell that falls short."""
    lines = [HEAD]
    for family in [*TEXT_FAMILIES, *TABLE_FAMILIES]:
        own = [c for c in cells if c.family == family]
        if own:
            lines.append(_row(family, own))
    lines += [_row("all", cells), "", "## Not found\n"]
    lines += [
        f"- {c.data}, {c.family}, {c.planted} of {c.rows} rows to {c.target!r}, seed {c.seed}: "
        f"{c.verdict}, AP {c.precision:.2f}, TPR {c.tpr:.2f}, FPR {c.fpr:.4f}, success "
        f"{c.success_clean:.2f} → {c.success_before:.2f} → {c.success_after:.2f} {c.described}"
        for c in sorted(cells, key=lambda c: (c.family, c.key))
        if not c.found
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, cells: list[Cell]) -> str:
    working = [c for c in cells if c.works]
    of_one = [c for c in cells if c.vendor != "-"]
    parts = (
        name,
        len(cells),
        sum(c.found for c in cells),
        sum(c.verdict == "confirmed" for c in cells),
        sum(c.named for c in cells),
        sum(c.aimed for c in cells),
        f"{sum(c.vendor == 'yes' for c in of_one)} of {len(of_one)}",
        f"{sum(c.harmless for c in working)} of {len(working)}",
        f"{min(c.precision for c in cells):.2f}",
        f"{min(c.tpr for c in cells):.2f}",
        f"{max(c.fpr for c in cells):.4f}",
    )
    return f"| {' | '.join(map(str, parts))} |"


def main() -> int:
    """Run what is not done yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--family", action="append", default=[], help="only these families")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=7_000)
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
            cell = measure(told.data, *key)
        except UsageError as error:
            print(f"{key}: not run: {error}", file=sys.stderr, flush=True)
            continue
        told.results.parent.mkdir(parents=True, exist_ok=True)
        with told.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cell), ensure_ascii=False) + "\n")
        print("ok " if cell.found else "NOT", cell, flush=True)
    told.results.with_suffix(".md").write_text(page(read(told.results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
