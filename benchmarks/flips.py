"""Flipped labels alone: how rows are ranked and flagged, beside cleanlab, on the same rows.

    python -m benchmarks.flips --seeds 3
    python -m benchmarks.flips --set spambase --only label-flip-pair

Each cell is a line of JSON in ``--results`` and is not run again; a table is written beside it.
Both sides see the same rows: cleanlab gets out-of-fold probabilities of the modality's victim.
Flips at random and in one direction are spread over all rows, and no source is known: the harder
case. The careless annotator is one of ten sources.
Honest sets, with and without mistakes as people make them, show what is flagged in vain.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.peers.cleanlab_datalab import CleanlabDatalab
from benchmarks.peers.cleanlab_issues import CleanlabIssues
from benchmarks.reference import Seen, features, out_of_fold
from benchmarks.sets import DATA, SETS, with_sources
from foretaste.attack.contract import Attack, Poisoned, Sample, discover
from foretaste.attack.victim import train
from foretaste.drill.sample import dataset_of
from foretaste.errors import UsageError
from foretaste.judge.label_errors import judge_labels
from foretaste.probe.look import look
from foretaste.types import Policy

RESULTS = Path(__file__).parent / "results" / "flips.jsonl"
ROWS = 2_500
NAMES = tuple(name for name, held in SETS.items() if held.modality != "image")
GUILTY = 3  # the source that labels wrongly


@dataclass(frozen=True)
class Plan:
    """What is planted in a set; `sources` says whether rows have any."""

    data: str
    attack: str
    rate: float | None
    sources: bool

    @property
    def planted(self) -> str:
        """The attack and its rate."""
        return self.attack if self.rate is None else f"{self.attack} {self.rate:.0%}"

    def poison(self, data: Path, seed: int) -> Poisoned:
        """The rows, with the truth about them."""
        rows = SETS[self.data].read(data, ROWS).rows
        kind: Any = next(k for k in discover() if k.name == self.attack)
        told: dict[str, Any] = {} if self.rate is None else {"rate": self.rate}
        if self.sources:
            rows = with_sources(rows, np.random.default_rng((seed, 1)))
            told |= {"source": GUILTY} if self.rate is not None else {}
        attack: Attack = kind(**told)
        return attack.poison(rows, np.random.default_rng(seed))


PLANTED: tuple[tuple[str, float | None, bool], ...] = (
    ("label-flip-random", 0.05, False),
    ("label-flip-random", 0.15, False),
    ("label-flip-random", 0.3, False),
    ("label-flip-pair", 0.05, False),
    ("label-flip-pair", 0.15, False),
    ("label-annotator", 0.03, True),
    ("placebo-untouched", None, True),
    ("placebo-human-noise", None, True),
)
HEAD = """\
# Flipped labels

Written by `python -m benchmarks.flips`. Average precision (mean and worst over seeds) of the order
of rows, of ours and of cleanlab's better order in the same cell; recall and share of honest rows
flagged by default; how often the guilty source, and no other, was named.

| data | learnable to | planted | seeds | precision | worst | cleanlab | behind in | TPR | FPR \
| guilty named | CPU s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Cell:
    """What one data set, attack and seed gave; None where nothing was planted."""

    data: str
    planted: str
    seed: int
    rows: int
    changed: int
    clean_accuracy: float  # out of fold, before anything was planted
    precision: float | None  # average precision of our order
    tpr: float | None
    fpr: float
    guilty: str  # sources named
    named: bool | None  # the guilty one, and no other
    peer_precision: float | None  # of cleanlab's better one
    peer: str
    seconds: float  # of CPU, ours: features, all views, judging labels


def main() -> int:
    """Run what is not done yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", action="append", default=[], help="only these attacks")
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="then stop")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--results", type=Path, default=RESULTS, help="JSON lines")
    told = parser.parse_args()
    warnings.filterwarnings("ignore")  # of the peers
    until = time.monotonic() + 60 * told.minutes
    done = {(c.data, c.planted, c.seed) for c in read(told.results)}
    for plan, seed in plans(told):
        if time.monotonic() > until or (plan.data, plan.planted, seed) in done:
            continue
        cell = measured(plan, told.data, seed)
        if cell is not None:
            with told.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(cell)) + "\n")
            print(cell, flush=True)
    told.results.with_suffix(".md").write_text(page(read(told.results)), encoding="utf-8")
    return 0


def plans(told: argparse.Namespace) -> Iterator[tuple[Plan, int]]:
    """Every chosen cell, all sets before the next seed."""
    seeds = range(told.first_seed, told.first_seed + told.seeds)
    for seed, name, (attack, rate, sources) in product(seeds, told.set or NAMES, PLANTED):
        if not told.only or attack in told.only:
            yield Plan(name, attack, rate, sources), seed


def read(results: Path) -> list[Cell]:
    """The cells that are done."""
    if not results.exists():
        return []
    lines = results.read_text(encoding="utf-8").splitlines()
    return [Cell(**json.loads(line)) for line in lines]


def measured(plan: Plan, data: Path, seed: int) -> Cell | None:
    """The cell, or None where the set has too few rows for the attack."""
    try:
        done = plan.poison(data, seed)
    except UsageError:
        return None
    sample, truth = done.sample, done.truth
    start = time.process_time()
    view = look(dataset_of(sample, plan.data), np.random.default_rng(seed))
    errors = judge_labels(view, Policy(), np.zeros(len(view), dtype=bool))
    seconds = time.process_time() - start
    named = [s.source for s in errors.sources if s.guilty]
    planted = bool(truth.any())
    peers = _peers(sample, truth, seed) if planted else {}
    peer = max(peers, key=lambda name: peers[name], default="")
    return Cell(
        plan.data,
        plan.planted,
        seed,
        len(sample),
        int(truth.sum()),
        _clean_accuracy(plan, data),
        float(average_precision_score(truth, errors.doubt)) if planted else None,
        float(errors.flagged[truth].mean()) if planted else None,
        float(errors.flagged[~truth].mean()),
        ", ".join(sample.source_names[code] for code in named),
        named == [GUILTY] if planted and plan.sources else None,
        peers.get(peer),
        peer,
        round(seconds, 2),
    )


def _peers(sample: Sample, truth: np.ndarray, seed: int) -> dict[str, float]:
    """Average precision of each of cleanlab's orders of the rows."""
    model = train(sample, seed)
    probabilities = out_of_fold(sample, seed)
    seen = Seen(sample, features(sample.content, model), probabilities, model)
    found = {}
    kinds: tuple[tuple[Any, str], ...] = (
        (CleanlabIssues(), "prune_by_noise_rate"),
        (CleanlabDatalab(), "label"),
    )
    for kind, setting in kinds:
        try:
            answer = kind.judge(seen, setting, np.random.default_rng(seed))
        except ValueError as error:  # Datalab raises where it finds nothing to say
            print(f"{kind.name}: {error}", file=sys.stderr)
            continue
        found[kind.name] = float(average_precision_score(truth, answer.scores))
    return found


_ACCURACY: dict[str, float] = {}


def _clean_accuracy(plan: Plan, data: Path) -> float:
    """How well the set can be learnt: out of fold, labels as they came."""
    if plan.data not in _ACCURACY:
        rows = SETS[plan.data].read(data, ROWS).rows
        right = out_of_fold(rows, 0).argmax(axis=1) == rows.labels
        _ACCURACY[plan.data] = round(float(right.mean()), 3)
    return _ACCURACY[plan.data]


def page(cells: list[Cell]) -> str:
    """A table: the mean over seeds, and the worst."""
    lines = [HEAD]
    for data, planted in dict.fromkeys((c.data, c.planted) for c in cells):
        lines.append(_row([c for c in cells if (c.data, c.planted) == (data, planted)]))
    return "\n".join(lines) + "\n"


def _row(cells: list[Cell]) -> str:
    first = cells[0]
    told = [c for c in cells if c.precision is not None and c.peer_precision is not None]
    named = [c.named for c in cells if c.named is not None]
    false = [c for c in cells if c.named is None and c.guilty]
    worth = ["–"] * 5
    if told:
        behind = sum((c.precision or 0.0) < (c.peer_precision or 0.0) for c in told)
        worth = [
            f"{mean(c.precision or 0.0 for c in told):.3f}",
            f"{min(c.precision or 0.0 for c in told):.3f}",
            f"{mean(c.peer_precision or 0.0 for c in told):.3f}",
            str(behind),
            f"{mean(c.tpr or 0.0 for c in told):.2f}",
        ]
    held = f"{sum(named)} of {len(named)}" if named else f"{len(false)} false" if false else "–"
    shown = [
        first.data,
        f"{first.clean_accuracy:.2f}",
        first.planted,
        str(len(cells)),
        *worth,
        f"{mean(c.fpr for c in cells):.4f}",
        held,
        f"{mean(c.seconds for c in cells):.1f}",
    ]
    return f"| {' | '.join(shown)} |"


if __name__ == "__main__":
    sys.exit(main())
