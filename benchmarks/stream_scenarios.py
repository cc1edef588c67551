"""What the stream guard is worth: every scenario, attack and control, seed by seed.

``python -m benchmarks.stream_scenarios --shared ../shared/data --scenarios chatbot,spam``
goes on where it stopped; ``--table`` writes benchmarks/results/stream.md from the lines that are
there. Levels were set on the seeds 100 and 101; 0 to 19 are measured.

Beside the guard, in the same plays: a drift alarm on the errors of the model (river's ADWIN and
Page-Hinkley), a cap of rows per source and day, and a gate that refuses a micro-batch after which
golden rows are told worse.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from river import drift

from foretaste.data import open_dataset
from foretaste.drill.sample import sample_of
from foretaste.stream.batch import Batch
from foretaste.stream.drill import play, plays, scenario_of, set_up
from foretaste.stream.scenarios import Material
from foretaste.stream.scenarios.contract import DAY, Play, Stage

RESULTS = Path(__file__).parent / "results"
LINES, TABLE = RESULTS / "stream.jsonl", RESULTS / "stream.md"
DATA = {
    "chatbot": ("davidson-tweets/data.parquet", {"label": "label", "text": "text"}),
    "search": ("ag-news/data.parquet", {"label": "label", "text": "text"}),
    "spam": ("sms-spam/data.csv", {"label": "label", "text": "text"}),
    "hospital": ("pneumoniamnist/*.parquet", {"label": "label", "image": "image"}),
}
CAP = 5  # rows a source and day, for the cap
BESIDE = 1  # seeds that simpler defences are played with: they cost more than the guard
STEP = 50  # rows of a micro-batch, for the golden gate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--scenarios", default=",".join(DATA))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        TABLE.write_text(table(_done()), encoding="utf-8")
        return
    names = options.scenarios.split(",")
    materials = {name: material(name, options.shared) for name in names}
    for seed in range(options.seeds):
        for name in names:
            for part, _ in plays(scenario_of(name)):
                if not any(key(line) == (name, part, seed) for line in _done()):
                    keep(name, part, seed, materials[name])


def material(name: str, shared: Path) -> Material:
    path, roles = DATA[name]
    return Material.of(sample_of(open_dataset(str(shared / path), **roles)))


def keep(name: str, part: str, seed: int, rows: Material) -> None:
    line = dataclasses.asdict(play(name, part, rows, seed))
    if seed < BESIDE:
        line["others"] = others(name, part, seed, rows)
    with LINES.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(name, part, seed, flush=True)


def others(name: str, part: str, seed: int, rows: Material) -> dict[str, Any]:
    """Share of honest rows, and of planted ones, that simpler defences keep back."""
    scenario, stage, _ = set_up(name, rows, seed)
    parts = {**scenario.attacks, **scenario.controls}
    staged = parts[part](stage, np.random.default_rng([seed, 1]))
    adwin: Any = drift.ADWIN(delta=0.002)  # type: ignore[no-untyped-call]
    blocked = {
        "ADWIN": _after_alarm(name, rows, seed, staged, adwin),
        "Page-Hinkley": _after_alarm(name, rows, seed, staged, drift.PageHinkley()),
        "cap": _capped(staged.rows),
        "golden gate": _golden_gate(name, rows, seed, stage, staged),
    }
    planted = staged.planted
    return {
        defence: [
            float(mask[~planted].mean()),
            float(mask[planted].mean()) if planted.any() else 0.0,
        ]
        for defence, mask in blocked.items()
    }


def _after_alarm(name: str, rows: Material, seed: int, staged: Play, alarm: Any) -> np.ndarray:
    """A day of rows is blocked after each alarm on the errors of a model that knows the history."""
    scenario, _, learner = set_up(name, rows, seed)
    labels = list(scenario.learner().labels)  # type: ignore[attr-defined]
    p = learner.learner.p(staged.rows.content)
    given = np.array([labels.index(label) for label in staged.rows.labels])
    blocked, until = np.zeros(len(given), dtype=bool), -np.inf
    for row, wrong in enumerate(p.argmax(axis=1) != given):
        alarm.update(float(wrong))
        if alarm.drift_detected:
            until = staged.rows.times[row] + DAY
        blocked[row] = staged.rows.times[row] <= until
    return blocked


def _capped(rows: Batch) -> np.ndarray:
    count: dict[tuple[str, int], int] = {}
    blocked = np.zeros(len(rows), dtype=bool)
    for row, (source, time) in enumerate(zip(rows.sources, rows.times, strict=True)):
        day = (source, int(time // DAY))
        count[day] = count.get(day, 0) + 1
        blocked[row] = count[day] > CAP
    return blocked


def _golden_gate(name: str, rows: Material, seed: int, stage: Stage, staged: Play) -> np.ndarray:
    """A micro-batch is blocked if the model that learnt it errs more on golden rows."""
    scenario, _, learner = set_up(name, rows, seed)
    labels = list(scenario.learner().labels)  # type: ignore[attr-defined]
    right = np.array([labels.index(label) for label in stage.golden.labels])
    blocked = np.zeros(len(staged.rows), dtype=bool)
    nothing = staged.rows.take(np.arange(0))
    errors = float((learner.learner.p(stage.golden.content).argmax(axis=1) != right).mean())
    for start in range(0, len(blocked), STEP):
        part = np.arange(start, min(start + STEP, len(blocked)))
        learner.follow(staged.rows.take(part), nothing)
        now = float((learner.learner.p(stage.golden.content).argmax(axis=1) != right).mean())
        if now > errors + 0.02:
            blocked[part] = True
            learner.follow(nothing, staged.rows.take(part))
        else:
            errors = now
    return blocked


def key(line: dict[str, Any]) -> tuple[str, str, int]:
    return line["scenario"], line["play"], line["seed"]


def _done() -> list[dict[str, Any]]:
    if not LINES.exists():
        return []
    return [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]


def table(lines: list[dict[str, Any]]) -> str:
    """The page, from all lines."""
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in sorted(lines, key=key):
        cells.setdefault((line["scenario"], line["play"]), []).append(line)
    attacks = [_attack(*cell, group) for cell, group in cells.items() if group[0]["attack"]]
    controls = [_control(*cell, group) for cell, group in cells.items() if not group[0]["attack"]]
    beside = [
        _beside(*cell, played)
        for cell, group in cells.items()
        if (played := [line for line in group if "others" in line])
    ]
    return _PAGE.format(
        attacks="\n".join(attacks), controls="\n".join(controls), beside="\n".join(beside)
    )


_PAGE = """# The stream guard

Written by `python -m benchmarks.stream_scenarios --table`. Harm: mean over seeds, looked at every
12 hours from the first planted row on. Levels were set on seeds 100 and 101.

| scenario | attack | seeds | never attacked | undefended | guarded | within 10 % | noticed | \
after rows | after hours | planted kept back | honest kept back |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{attacks}

Delay is from the first planted row to the end of the round that keeps one back, medians. No
planted row teaches before its own delay of 24 hours is over.

| scenario | honest burst | seeds | blocked (over 5 % of its rows) | burst kept back | \
all honest kept back |
| --- | --- | --- | --- | --- | --- |
{controls}

Simpler defences in the same plays (the first seed only): honest rows kept back / planted rows
kept back.

| scenario | play | guard | ADWIN, then a day off | Page-Hinkley, then a day off | \
5 rows a source and day | golden gate |
| --- | --- | --- | --- | --- | --- | --- |
{beside}
"""


def _attack(scenario: str, part: str, group: list[dict[str, Any]]) -> str:
    caught = [line for line in group if line["delay_rows"] is not None]
    mean = {
        name: np.mean([line[name] for line in group]) for name in ("never", "undefended", "guarded")
    }
    within = sum(line["guarded"] <= 1.1 * line["never"] + 1e-9 for line in group)
    planted = sum(line["planted_kept"] for line in group) / sum(line["planted"] for line in group)
    honest = sum(line["honest_kept"] for line in group) / sum(line["honest"] for line in group)
    rows = np.median([line["delay_rows"] for line in caught]) if caught else np.nan
    hours = np.median([line["delay_hours"] for line in caught]) if caught else np.nan
    return (
        f"| {scenario} | {part} | {len(group)} | {mean['never']:.3f} | {mean['undefended']:.3f} | "
        f"{mean['guarded']:.3f} | {within} of {len(group)} | {len(caught)} | {rows:.0f} | "
        f"{hours:.1f} | {planted:.1%} | {honest:.1%} |"
    )


def _control(scenario: str, part: str, group: list[dict[str, Any]]) -> str:
    blocked = sum(line["burst_kept"] > 0.05 * line["burst"] for line in group)
    burst = sum(line["burst_kept"] for line in group) / sum(line["burst"] for line in group)
    honest = sum(line["honest_kept"] for line in group) / sum(line["honest"] for line in group)
    return (
        f"| {scenario} | {part} | {len(group)} | {blocked} of {len(group)} | {burst:.1%} | "
        f"{honest:.1%} |"
    )


def _beside(scenario: str, part: str, group: list[dict[str, Any]]) -> str:
    honest = sum(line["honest_kept"] for line in group) / sum(line["honest"] for line in group)
    planted = sum(line["planted_kept"] for line in group) / max(
        sum(line["planted"] for line in group), 1
    )
    shares = [f"{honest:.1%} / {planted:.1%}"]
    for name in ("ADWIN", "Page-Hinkley", "cap", "golden gate"):
        pair = np.mean([line["others"][name] for line in group], axis=0)
        shares.append(f"{pair[0]:.1%} / {pair[1]:.1%}")
    if not group[0]["attack"]:
        shares = [share.split(" / ")[0] for share in shares]
    return f"| {scenario} | {part} | {' | '.join(shares)} |"


if __name__ == "__main__":
    main()
