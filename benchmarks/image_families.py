"""Every attack and every placebo on images, on several sets: what is found, proven, and left.

    python -m benchmarks.image_families --set fashion-mnist --rows 4000 --seeds 0,1 --only placebo

One line of JSON a scan. `--victims` also trains a model before and after the removal.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

import foretaste
from benchmarks.image_sets import IMAGE_SETS, read_split
from benchmarks.sets import DATA, Split
from foretaste.attack.contract import Attack, Poisoned, discover
from foretaste.attack.victim import accuracy, attack_success, has_aim, train
from foretaste.drill.sample import dataset_of
from foretaste.errors import ForetasteError
from foretaste.report import Report
from foretaste.types import Modality


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", choices=IMAGE_SETS, default=[])
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--test", type=int, default=600)
    parser.add_argument("--seeds", default="0", help="such as 0,1,2")
    parser.add_argument("--only", action="append", default=[], help="beginnings of names")
    parser.add_argument("--rate", type=float, help="of all rows, for each attack")
    parser.add_argument("--victims", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    told = parser.parse_args()
    kinds = [k for k in discover(Modality.IMAGE) if k.name.startswith(tuple(told.only) or "")]
    for name in told.set or IMAGE_SETS:
        for seed in (int(s) for s in told.seeds.split(",")):
            split = read_split(name, told.data, told.rows, told.test, seed)
            for kind in kinds:
                cell = {"set": name, "rows": len(split.rows), "attack": kind.name, "seed": seed}
                line = cell | run(kind, told.rate, split, seed, victims=told.victims)
                print(json.dumps(line), flush=True)


def run(
    kind: type[Attack], rate: float | None, split: Split, seed: int, *, victims: bool
) -> dict[str, Any]:
    """One attack, scanned."""
    told = {} if rate is None or kind.family == "placebo" else {"rate": rate}
    try:
        done = kind(**told).poison(split.rows, np.random.default_rng([1, seed]))
    except ForetasteError as error:
        return {"refused": str(error)}
    start = time.process_time()
    report = foretaste.scan(dataset_of(done.sample, kind.name), seed=seed)
    facts = _facts(report, done) | {"cpu": round(time.process_time() - start, 1)}
    if victims and done.truth.any() and has_aim(done):
        facts |= _harm(report, done, split, seed)
    return facts


def _facts(report: Report, done: Poisoned) -> dict[str, Any]:
    truth, flagged = done.truth, report.findings.flagged
    groups = [
        f"{g.verdict} {g.kind} {len(g.rows)} ({int(truth[g.rows].sum())}): {g.described} "
        f"-> {g.target}; " + "; ".join(f"{c.harm:.2f}/{c.placebo:.2f}" for c in g.confirmations)
        for g in report.groups
    ]
    facts: dict[str, Any] = {"verdict": report.verdict.value, "planted": int(truth.sum())}
    facts["fpr"] = round(float(flagged[~truth].mean()), 4)
    if truth.any():
        facts["tpr"] = round(float(flagged[truth].mean()), 3)
        facts["ap"] = round(float(average_precision_score(truth, report.findings.score)), 3)
    return facts | {"groups": groups}


def _harm(report: Report, done: Poisoned, split: Split, seed: int) -> dict[str, float]:
    """Attack success and accuracy of a model of all rows, and of one of the rows left."""
    left = done.sample.take(~report.findings.flagged)
    out: dict[str, float] = {}
    for name, sample in (("before", done.sample), ("after", left)):
        model = train(sample, seed)
        out[f"success_{name}"] = round(attack_success(model, split.test, done).rate, 3)
        out[f"accuracy_{name}"] = round(accuracy(model, split.test), 3)
    return out


if __name__ == "__main__":
    main()
