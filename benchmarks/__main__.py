"""Does the scan find what the red team plants, and stay silent on placebos?

    python -m benchmarks --small
    python -m benchmarks --only text-rare-token --set sms-spam --seeds 3

Prints a Markdown table, one row a scan, and writes it with ``--out``. The poison rate is never
told to the scan. Each line of ``--resume FILE`` (JSON) is a finished cell that is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

import foretaste
from benchmarks.attack_strength import DATA, read_sample
from foretaste.attack.contract import Attack, Poisoned, Sample, discover
from foretaste.errors import ForetasteError
from foretaste.report import Report
from foretaste.types import Images, Modality, Table, Texts

SETS: dict[str, tuple[str, Modality, int | None]] = {
    "sms-spam": ("sms-spam/data.csv", Modality.TEXT, None),
    "ag-news": ("ag-news/data.parquet", Modality.TEXT, None),
    "trec": ("trec/data.csv", Modality.TEXT, None),
    "spambase": ("spambase/data.csv", Modality.TABLE, None),
    "breast-cancer": ("breast-cancer-wisconsin/data.csv", Modality.TABLE, None),
    "adult": ("adult/data.parquet", Modality.TABLE, 8_000),
    "fashion-mnist": ("fashion-mnist/train.parquet", Modality.IMAGE, 8_000),
    "mnist": ("mnist/train.parquet", Modality.IMAGE, 8_000),
}
SMALL_SETS = ("sms-spam", "spambase", "breast-cancer", "fashion-mnist")
SMALL = (
    ("image-patch", 0.003),
    ("image-patch", 0.01),
    ("image-patch-random-place", 0.02),
    ("text-rare-token", 0.01),
    ("text-sentence", 0.01),
    ("text-zero-width", 0.02),
    ("text-homoglyph", 0.02),
    ("table-value-combination", 0.015),
    ("table-missingness", 0.02),
    ("label-flip-random", 0.08),
    ("label-annotator", None),
    ("placebo-untouched", None),
    ("placebo-watermark", None),
    ("placebo-true-trigger", None),
    ("placebo-duplicates", None),
    ("placebo-campaign", None),
)
SOURCES = 10
HEAD = (
    "| data | planted | seed | poison | flagged | AP | TPR | FPR | verdict | right source "
    "| trigger | seconds |"
)


@dataclass(frozen=True)
class Cell:
    """One scan of one poisoned set."""

    data: str
    planted: str
    seed: int
    poison: int
    flagged: int
    precision: float | None  # average precision of the scores
    tpr: float | None
    fpr: float
    verdict: str
    source: str  # "yes", "no", or "-" where all sources are alike
    trigger: str
    seconds: float

    def row(self) -> str:
        """The cell as a line of the table."""

        def shown(x: float | None) -> str:
            return "–" if x is None else f"{x:.3f}"

        return (
            f"| {self.data} | {self.planted} | {self.seed} | {self.poison} | {self.flagged} "
            f"| {shown(self.precision)} | {shown(self.tpr)} | {self.fpr:.4f} | {self.verdict} "
            f"| {self.source} | {self.trigger[:60]} | {self.seconds:.1f} |"
        )


def with_sources(sample: Sample, rng: np.random.Generator) -> Sample:
    """Ten vendors who deliver rows at random."""
    names = tuple(f"vendor {i}" for i in range(SOURCES))
    codes = rng.integers(0, SOURCES, len(sample.labels)).astype(np.int64)
    return replace(sample, sources=codes, source_names=names)


def columns_of(sample: Sample) -> dict[str, Any]:
    """The sample as columns: what a user would bring."""
    content = sample.content
    if isinstance(content, Images):
        held: dict[str, Any] = {}
    elif isinstance(content, Texts):
        held = {"text": content.values.tolist()}
    else:
        held = {name: _cells(content, j, name) for j, name in enumerate(content.names)}
    held["label"] = [sample.classes[c] for c in sample.labels]
    if sample.sources is not None:
        held["source"] = [sample.source_names[s] for s in sample.sources]
    return held


def _cells(table: Table, column: int, name: str) -> list[Any]:
    values = table.values[:, column]
    levels = table.categories.get(name)
    if levels is None:
        return [None if np.isnan(v) else float(v) for v in values]
    return [None if np.isnan(v) else levels[int(v)] for v in values]


def scan_sample(sample: Sample, seed: int) -> Report:
    """Images as an array pair, all else as columns."""
    if isinstance(sample.content, Images):
        labels = np.array([sample.classes[c] for c in sample.labels])
        values = sample.content.values
        return foretaste.scan(
            (values[..., 0] if values.shape[3] == 1 else values, labels), seed=seed
        )
    source = None if sample.sources is None else "source"
    return foretaste.scan(columns_of(sample), label="label", source=source, seed=seed)


def measure(name: str, attack: Attack, sample: Sample, seed: int, planted: str) -> Cell:
    """Plant, scan, compare with the truth."""
    rng = np.random.default_rng(seed)
    done: Poisoned = attack.poison(with_sources(sample, rng), rng)
    start = time.perf_counter()
    report = scan_sample(done.sample, seed)
    seconds = time.perf_counter() - start
    truth, found = done.truth, report.findings
    some = bool(truth.any())
    guilty = {s.name for s in report.sources if s.guilty}
    wanted = getattr(attack, "source", None)
    right = "–"
    if wanted is not None and report.sources:
        right = "yes" if guilty == {f"vendor {wanted}"} else "no"
    described = next((g.described for g in report.groups if g.described), "") or ""
    return Cell(
        name,
        planted,
        seed,
        int(truth.sum()),
        int(found.flagged.sum()),
        float(average_precision_score(truth, found.score)) if some else None,
        float(found.flagged[truth].mean()) if some else None,
        float(found.flagged[~truth].mean()),
        str(report.verdict),
        right,
        described,
        seconds,
    )


def plans(small: bool, only: list[str], modality: Modality) -> list[tuple[Attack, str]]:
    """The attacks and placebos to run on a set, with one guilty vendor where they take one."""
    kinds = {k.name: k for k in discover(modality)}
    chosen = SMALL if small else tuple((name, None) for name in kinds)
    found = []
    for name, rate in chosen:
        if name not in kinds or (only and name not in only):
            continue
        kind = kinds[name]
        told: dict[str, Any] = {} if rate is None else {"rate": rate}
        if "source" in {f.name for f in fields(kind)}:  # type: ignore[arg-type]  # every attack is one
            told["source"] = 3
        shown = name if rate is None else f"{name} {rate:.1%}"
        found.append((kind(**told), shown))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--set", action="append", default=[], choices=list(SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", type=Path)
    told = parser.parse_args()
    if not DATA.is_dir():
        print(f"no data sets at {DATA}", file=sys.stderr)
        return 3
    kept = told.resume.read_text().splitlines() if told.resume and told.resume.exists() else []
    done = {(c["data"], c["planted"], c["seed"]): Cell(**c) for c in map(json.loads, kept)}
    rows = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    print("\n".join(rows), flush=True)
    for name in told.set or (SMALL_SETS if told.small else tuple(SETS)):
        path, modality, limit = SETS[name]
        sample = read_sample(DATA / path, modality, limit)
        for attack, planted in plans(told.small, told.only, modality):
            for seed in range(told.seeds):
                cell = done.get((name, planted, seed))
                if cell is None:
                    try:
                        cell = measure(name, attack, sample, seed, planted)
                    except ForetasteError as error:
                        print(f"{name}, {planted}: not applicable: {error}", file=sys.stderr)
                        continue
                    if told.resume:
                        with told.resume.open("a") as file:
                            file.write(json.dumps(asdict(cell)) + "\n")
                rows.append(cell.row())
                print(rows[-1], flush=True)
    if told.out:
        told.out.write_text("\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
