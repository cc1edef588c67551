"""Given a wrong prediction, are the guilty rows and the guilty source found?

    python -m benchmarks.traceback --seeds 5

One of 20 sources plants 1 % of the rows; a reference victim learns from them; what it then
misreads is traced, one incident alone and five together. Attacks that do no harm in a cell are
run and not counted. Beside it: natural mistakes of victims of untouched rows, where nobody is to
be blamed. Peers rank the same rows on the same features, and are told how many were planted.
Finished cells are kept in ``results/traceback.jsonl``; the same command goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.sets import DATA, SETS, Split
from benchmarks.traceback_peers import HeadTraining, compare, train_head
from foretaste.attack.contract import Poisoned, Sample, discover
from foretaste.attack.victim import Victim, train
from foretaste.drill.sample import dataset_of
from foretaste.errors import UsageError
from foretaste.influence.fingerprint import Fingerprint, take_fingerprint
from foretaste.report.trace_findings import Cause
from foretaste.trace.cause import Bars, find_cause
from foretaste.trace.kin import Kinship
from foretaste.trace.references import NaturalMistakes
from foretaste.types import Content, Ints

ROWS, SOURCES, RATE = 4000, 20, 0.01
IMAGES = 3000  # rows of images: networks are slow
INCIDENTS = (1, 5)  # asked about together
DRAWS = 4  # sets of incidents of each size in a cell
WORKS = 0.4  # attack success beyond what the untouched inputs give
NATURAL = 40  # natural mistakes of a clean cell
PLAN = {
    "adult": ("table-value-combination", "table-missingness"),
    "spambase": ("table-value-combination", "table-out-of-range", "table-missingness"),
    "trec": ("text-rare-token", "text-sentence", "text-homoglyph"),
    "ag-news": ("text-sentence", "text-zero-width", "text-clean-label"),
    "fashion-mnist": (
        "image-patch",
        "image-blend",
        "image-smooth",
        "image-warp",
        "image-adaptive-patch",
    ),
}
RESULTS = Path(__file__).with_name("results") / "traceback.jsonl"


@dataclass(frozen=True)
class Line:
    """One set of incidents, traced; of `peers` each method's (precision, guilty source first)."""

    data: str
    attack: str  # "none" for natural mistakes
    seed: int
    incidents: int
    success: float = 0.0
    works: bool = False
    first: bool = False  # the guilty source is first
    significant: bool = False  # and is called guilty
    others: int = 0  # innocent sources called guilty
    few: bool = False  # called resting on few rows
    flagged: int = 0
    hits: int = 0
    planted: int = 0
    peers: dict[str, tuple[float, bool]] | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", nargs="*", default=list(PLAN), choices=list(PLAN))
    parser.add_argument("--out", type=Path, default=RESULTS)
    told = parser.parse_args()
    done = {(c["data"], c["attack"], c["seed"]) for c in _read(told.out)}
    with threadpool_limits(limits=1):
        for seed in range(told.seeds):
            for name in told.set:
                for attack in ("none", *PLAN[name]):
                    if (name, attack, seed) in done:
                        continue
                    start = time.process_time()
                    try:
                        lines = list(cell(told.data, name, attack, seed))
                    except UsageError as error:  # no source has the rows that it takes
                        print(f"{name} {attack} {seed}: {error}", flush=True)
                        continue
                    with told.out.open("a", encoding="utf-8") as file:
                        file.writelines(json.dumps(asdict(line)) + "\n" for line in lines)
                    used = time.process_time() - start
                    print(f"{name} {attack} {seed}: {len(lines)} traces, {used:.1f} s", flush=True)


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cell(data: Path, name: str, attack: str, seed: int) -> Iterator[Line]:
    """Every trace of one attack on one data set."""
    parts = SETS[name].read(data, IMAGES if name == "fashion-mnist" else ROWS)
    rng = np.random.default_rng([seed, *attack.encode()])
    codes = rng.permutation(np.arange(len(parts.rows)) % SOURCES).astype(np.int64)
    names = tuple(f"source {i:02}" for i in range(SOURCES))  # in order, as they are sorted
    rows = replace(parts.rows, sources=codes, source_names=names)
    if attack == "none":
        yield from _natural(Line(name, attack, seed, 1), parts, rows, rng)
        return
    planted, guilty = _plant(attack, rows, rng)
    victim = train(planted.sample, seed)
    inputs, labels = _aimed(parts.test, planted)
    wanted = planted.wanted(labels)
    before = float(
        (victim.predict(parts.test.take(_victims(parts, planted)).content) == wanted).mean()
    )
    hit = np.flatnonzero(victim.predict(inputs) == wanted)
    success = len(hit) / len(labels)
    base = Line(name, attack, seed, 0, success, success - before >= WORKS)
    base = replace(base, planted=int(planted.truth.sum()))
    if not len(hit):
        yield base
        return
    prints = take_fingerprint(dataset_of(planted.sample, name), rng)
    training, natural = train_head(prints.head), NaturalMistakes(Kinship(prints.head))
    for size in INCIDENTS:
        for _ in range(DRAWS):
            chosen = _of_one_label(hit, wanted, size, rng)
            if len(chosen) == size:
                line = replace(base, incidents=size)
                asked = inputs.take(chosen), wanted[chosen], labels[chosen]
                yield _traced(line, prints, natural, planted.truth, guilty, asked, rng, training)


def _natural(base: Line, parts: Split, rows: Sample, rng: np.random.Generator) -> Iterator[Line]:
    """Natural mistakes of a model of untouched rows, one at a time."""
    victim: Victim = train(rows, base.seed)
    said = victim.predict(parts.test.content)
    wrong = rng.permutation(np.flatnonzero(said != parts.test.labels))[:NATURAL]
    prints = take_fingerprint(dataset_of(rows, base.data), rng)
    natural = NaturalMistakes(Kinship(prints.head))
    nobody = np.zeros(len(rows), dtype=np.bool_)
    for at in wrong:
        one = np.array([at])
        asked = parts.test.content.take(one), said[one], parts.test.labels[one]
        yield _traced(base, prints, natural, nobody, -1, asked, rng)


def _plant(attack: str, rows: Sample, rng: np.random.Generator) -> tuple[Poisoned, int]:
    """Planted by one source; another source and target where it has too few rows."""
    kind = {found.name: found for found in discover()}[attack]
    fields = getattr(kind, "__dataclass_fields__", {})
    for _ in range(30):
        source = int(rng.integers(SOURCES))
        target, victim = rng.permutation(np.unique(rows.labels))[:2].tolist()
        told = {"rate": RATE, "source": source, "target": target, "victim": victim}
        try:
            return kind(**{k: v for k, v in told.items() if k in fields}).poison(rows, rng), source
        except UsageError:
            continue
    raise UsageError(f"{attack}: no source has enough rows")


def _victims(parts: Split, planted: Poisoned) -> Ints:
    chosen = np.isin(parts.test.labels, planted.victims)
    if planted.about is not None:
        chosen &= planted.about(parts.test.content)
    return np.flatnonzero(chosen)


def _aimed(test: Sample, planted: Poisoned) -> tuple[Content, Ints]:
    """Held-out rows with the test-time trigger, and what they really are."""
    rows = test.take(_victims(Split(test, test), planted))
    stamped = rows.content if planted.stamp is None else planted.stamp(rows.content)
    return stamped, rows.labels


def _of_one_label(hit: Ints, wanted: Ints, size: int, rng: np.random.Generator) -> Ints:
    same = hit[wanted[hit] == wanted[rng.choice(hit)]]
    return rng.choice(same, min(size, len(same)), replace=False)


def _traced(
    line: Line,
    prints: Fingerprint,
    natural: NaturalMistakes,
    truth: Any,
    guilty: int,
    asked: tuple[Content, Ints, Ints],
    rng: np.random.Generator,
    training: HeadTraining | None = None,
) -> Line:
    content, said, expected = asked
    assert prints.encoder is not None
    x = prints.encoder(content)
    cause = find_cause(
        prints, natural, x, int(said[0]), expected, tuple(range(len(said))), Bars(), rng.spawn(1)[0]
    )
    blamed = [prints.source_names.index(s.name) for s in cause.sources if s.guilty]
    first = prints.source_names.index(cause.sources[0].name) if cause.sources else -1
    flagged = _flagged(cause)
    return replace(
        line,
        first=first == guilty,
        significant=guilty in blamed,
        others=len([source for source in blamed if source != guilty]),
        few=cause.p_value <= Bars().alpha / 2,
        flagged=len(flagged),
        hits=int(truth[flagged].sum()),
        peers=None
        if training is None
        else compare(prints, training, x, said, expected, truth, guilty),
    )


def _flagged(cause: Cause) -> Ints:
    if not cause.flagged:
        return np.zeros(0, dtype=np.int64)
    return np.array(cause.suspects[: cause.flagged], dtype=np.int64)


if __name__ == "__main__":
    main()
