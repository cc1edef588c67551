"""How strong is each attack of the red team, on real data, against the reference victims?

    python -m benchmarks.attack_strength --set fashion-mnist --only image-patch

Prints a Markdown table, and writes it with ``--out``. A detector is only judged on attacks that
work: the last column says which do not at this scale.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.sets import DATA, read_sample, split
from foretaste.attack.contract import Attack, Poisoned, Sample, discover
from foretaste.attack.image_feature_collision import ImageFeatureCollision
from foretaste.attack.surrogate import features_of
from foretaste.attack.victim import AttackSuccess, Victim, accuracy, attack_success, has_aim, train
from foretaste.attack.victim_image import train_head, train_network
from foretaste.attack.victim_table import train_logistic
from foretaste.errors import ForetasteError
from foretaste.types import Modality

HEAD = (
    "| data | attack | family | poison | cover | success | without trigger | clean model "
    "| rows removed | accuracy | clean | loss | works |"
)
AIMLESS = {"placebo": "no harm meant", "outlier": "spoils rows, aims at no model"}
Trainer = Callable[[Sample, int], Victim]


@dataclass(frozen=True)
class Bench:
    """A real set, split: `rows` for the attacker, `test` kept clean."""

    name: str
    rows: Sample
    test: Sample
    victim: Trainer = train
    attacks: tuple[Attack, ...] | None = None  # all of the modality where None


def benches(data: Path) -> dict[str, Callable[[], list[Bench]]]:
    def fashion() -> list[Bench]:
        rows = read_sample(data / "fashion-mnist" / "train.parquet", Modality.IMAGE, 8000)
        test = read_sample(data / "fashion-mnist" / "test.parquet", Modality.IMAGE, 2000)
        return [Bench("fashion-mnist", rows, test)]

    def frozen() -> list[Bench]:
        """A public encoder, made of rows nobody else uses, and victims that train only a head."""
        rows = read_sample(data / "fashion-mnist" / "train.parquet", Modality.IMAGE, 16000)
        test = read_sample(data / "fashion-mnist" / "test.parquet", Modality.IMAGE, 2000)
        network = train_network(rows.take(np.arange(8000, 16000)), 9, 6).network
        for weight in network.parameters():
            weight.requires_grad_(requires_grad=False)
        attack = ImageFeatureCollision(
            rate=0.08, victim=6, instances=10, opacity=0.3, network=network
        )
        head = train_head(features_of(network))
        return [Bench("fashion-mnist, head", rows.take(np.arange(8000)), test, head, (attack,))]

    def text(name: str, file: str, test: int) -> list[Bench]:
        parts = split(read_sample(data / name / file, Modality.TEXT), test, 8000)
        return [Bench(name, parts.rows, parts.test)]

    def table(name: str, file: str, test: int) -> list[Bench]:
        parts = split(read_sample(data / name / file, Modality.TABLE), test, 8000)
        rows, held = parts.rows, parts.test
        return [Bench(name, rows, held), Bench(f"{name}, logistic", rows, held, train_logistic)]

    return {
        "fashion-mnist": fashion,
        "fashion-mnist-frozen": frozen,
        "sms-spam": lambda: text("sms-spam", "data.csv", 1500),
        "ag-news": lambda: text("ag-news", "data.parquet", 1600),
        "spambase": lambda: table("spambase", "data.csv", 1200),
        "breast-cancer-wisconsin": lambda: table("breast-cancer-wisconsin", "data.csv", 169),
        "adult": lambda: table("adult", "data.parquet", 2000),
    }


def measure(bench: Bench, clean: Victim, attack: Attack, seed: int, *, repair: bool) -> str:
    """One row of the table."""
    done = attack.poison(bench.rows, np.random.default_rng(seed))
    victim = bench.victim(done.sample, seed)
    before, after = accuracy(clean, bench.test), accuracy(victim, bench.test)
    cells = [bench.name, attack.name, attack.family, f"{done.truth.sum()}", f"{done.cover.sum()}"]
    verdict = "yes" if before - after > 0.02 else "not at this scale"
    if has_aim(done):
        success = attack_success(victim, bench.test, done)
        base = attack_success(clean, bench.test, done).rate
        verdict = judged(attack, done, success, base) or verdict
        cells.append(f"{success.rate:.2f} ({success.low:.2f}–{success.high:.2f})")
        cells.extend((f"{success.base_rate:.2f}", f"{base:.2f}"))
        cells.append(repaired(bench, done, seed) if repair else "")
    else:
        verdict = AIMLESS.get(attack.family, verdict)
        cells.extend(("", "", "", ""))
    cells.extend((f"{after:.3f}", f"{before:.3f}", f"{before - after:+.3f}", verdict))
    return f"| {' | '.join(cells)} |"


def judged(attack: Attack, done: Poisoned, success: AttackSuccess, base: float) -> str:
    """What to say of an attack with an aim; `base` is the success against a clean model."""
    if done.instances is not None:  # few inputs: the interval must clear the clean model
        return "yes" if success.low > base else f"not at this scale (n = {success.n})"
    if success.rate - base > (0.1 if attack.family == "flip" else 0.4):
        return "yes"
    return "the trigger misleads a clean model too" if base > 0.4 else ""


def repaired(bench: Bench, done: Poisoned, seed: int) -> str:
    victim = bench.victim(done.sample.take(~done.truth), seed)
    return f"{attack_success(victim, bench.test, done).rate:.2f}"


def table_rows(bench: Bench, only: list[str], seed: int, *, repair: bool) -> Iterator[str]:
    clean = bench.victim(bench.rows, seed)
    found = [kind() for kind in discover(bench.rows.content.modality)]
    for attack in bench.attacks or found:
        if only and attack.name not in only:
            continue
        start = time.perf_counter()
        try:
            yield measure(bench, clean, attack, seed, repair=repair)
        except ForetasteError as error:
            yield f"| {bench.name} | {attack.name} | {attack.family} |{' |' * 9} {error} |"
        print(f"{attack.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of data sets")
    parser.add_argument("--set", action="append", default=[], help="only these sets")
    parser.add_argument("--only", action="append", default=[], help="only these attacks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-repair", action="store_true", help="skip training without the poison")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    lines = [HEAD, "|" + "---|" * (HEAD.count("|") - 1)]
    print(*lines, sep="\n", flush=True)
    for name, load in benches(options.data).items():
        if options.set and name not in options.set:
            continue
        for bench in load():
            for line in table_rows(bench, options.only, options.seed, repair=not options.no_repair):
                print(line, flush=True)
                lines.append(line)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
