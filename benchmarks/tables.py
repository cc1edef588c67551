"""Markdown from the measured lines: the worst cell beside the mean, peers beside foretaste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from benchmarks.results import Facts, Line, Method, Run

__all__ = ["OWN", "Cell", "cells", "page", "shortfalls", "summary"]

OWN = "foretaste"
BEHIND = 0.02  # of average precision: what is no longer a matter of chance
NOISE = 1e-9  # of arithmetic
REACHED = 0.98  # average precision and TPR that is taken as found
SPILLED = 0.002  # FPR that is too much


@dataclass(frozen=True)
class Cell:
    """All methods on the same rows."""

    facts: Facts
    methods: dict[str, Method]
    run: Run

    @property
    def attacked(self) -> bool:
        """Whether there is poison to find that does what its author wants."""
        return self.facts.poison > 0 and self.facts.works != "no"

    @property
    def own(self) -> Method:
        """What foretaste said."""
        return self.methods[OWN]

    def best_peer(self) -> Method | None:
        """The peer that ranks best, all settings tried with the truth in hand."""
        peers = [m for name, m in self.methods.items() if name != OWN]
        return max(peers, key=lambda m: m.best_precision or 0.0, default=None)


def cells(lines: Iterable[Line]) -> list[Cell]:
    """Lines by cell, in order of set, what was planted, seed."""
    ordered = sorted(lines, key=lambda line: line.cell.key)
    return [
        Cell(held[0].cell, {line.method.name: line.method for line in held}, held[0].run)
        for held in (list(group) for _, group in groupby(ordered, key=lambda line: line.cell.key))
    ]


def page(lines: Sequence[Line]) -> str:
    """Everything that was measured."""
    found = cells(lines)
    if not found:
        return "# Benchmark\n\nNothing is measured yet.\n"
    return "\n".join(
        [
            "# Benchmark\n",
            "Written by `python -m benchmarks`, from the JSON lines beside it.\n",
            _made(found),
            "## Methods\n",
            summary(lines),
            "## Attacks\n",
            _attacks([c for c in found if c.facts.poison]),
            "## Honest sets\n",
            _placebos([c for c in found if not c.facts.poison]),
        ]
    )


def _made(found: Sequence[Cell]) -> str:
    run, load = found[0].run, max(c.run.load for c in found)
    busy = sum(c.run.load > c.run.cores for c in found)
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    text = (
        f"{run.machine}, {run.cores} cores. {versions}. {len(found)} cells, "
        f"{sum(c.facts.poison > 0 for c in found)} of them attacks.\n"
    )
    text += (
        "\nThe seconds of a peer are those of its own work: the reference model that it is shown "
        "(one training, and two thirds of one for each of three folds) is not counted.\n"
    )
    if not busy:
        return text
    return (
        f"{text}\nThe machine was shared in {busy} cells (load up to {load:.0f}): "
        "their times and multiples are inflated.\n"
    )


def summary(lines: Sequence[Line]) -> str:
    """One row a method. Attacks that do not work at this scale are left out."""
    found = cells(lines)
    if not found:
        return "Not measured yet.\n"
    attacks = [c for c in found if c.attacked]
    honest = [c for c in found if not c.facts.poison]
    names = sorted({name for c in found for name in c.methods}, key=lambda n: (n != OWN, n))
    head = _head(
        "method | precision, mean | worst | all settings, truth in hand | TPR | FPR "
        "| TPR at FPR 0.5% | told the rate: TPR | honest sets with flags | worst share flagged "
        "| × training | peak MiB"
    )
    rows = [_method_row(name, attacks, honest) for name in names]
    return "\n".join([*head, *rows, "", _extent(attacks, honest), _versus(attacks)])


def _method_row(name: str, attacks: Sequence[Cell], honest: Sequence[Cell]) -> str:
    hit = [c.methods[name] for c in attacks if name in c.methods]
    calm = [c for c in honest if name in c.methods]
    flags = sum(c.methods[name].flagged > 0 for c in calm)
    worst = max((c.methods[name].fpr for c in calm), default=None)
    multiples = [
        c.methods[name].seconds / c.facts.training
        for c in (*attacks, *calm)
        if name in c.methods and c.facts.training
    ]
    peaks = [m.peak_mib for m in hit if m.peak_mib is not None]
    return _row(
        name,
        _mean(m.precision for m in hit),
        _number(min((m.precision or 0.0 for m in hit), default=None)),
        _mean(m.precision if name == OWN else m.best_precision for m in hit),
        _mean(m.tpr for m in hit),
        _mean((m.fpr for m in hit), 4),
        _mean(m.tpr_half_percent for m in hit),
        "–" if name == OWN else _mean(m.told_tpr for m in hit),
        f"{flags} of {len(calm)}",
        "–" if worst is None else f"{worst:.2%}",
        f"{np.median(multiples):.2f}" if multiples else "–",
        f"{max(peaks):.0f}" if peaks else "–",
    )


def _extent(attacks: Sequence[Cell], honest: Sequence[Cell]) -> str:
    """How much was measured, so that a run cut short is not taken for the whole."""
    kinds = Counter(c.facts.modality for c in (*attacks, *honest))
    shares = ", ".join(f"{kind} {kinds[kind]}" for kind in ("table", "text", "image"))
    return f"Cells: {len(attacks)} attacks, {len(honest)} honest sets ({shares}).\n"


def _versus(attacks: Sequence[Cell]) -> str:
    """How often foretaste ranks better than the best peer, chosen with the truth in hand."""
    gaps = []
    for cell in attacks:
        best = cell.best_peer()
        if best is not None:
            gaps.append(((cell.own.precision or 0.0) - (best.best_precision or 0.0), cell))
    if not gaps:
        return ""
    ahead = sum(gap > -NOISE for gap, _ in gaps)
    behind = sum(gap < -BEHIND for gap, _ in gaps)
    least, cell = min(gaps, key=lambda pair: pair[0])
    text = (
        f"Against the best peer and setting of each cell, chosen with the truth in hand: "
        f"not behind in average precision in {ahead} of {len(gaps)} cells, more than "
        f"{BEHIND} behind in {behind}."
    )
    if least <= -NOISE:
        text += f" Furthest behind: {cell.facts.data}, {cell.facts.planted} ({least:+.3f})."
    return text + "\n"


def shortfalls(lines: Sequence[Line]) -> str:
    """What foretaste did not find, or found where there is nothing; one line a cell."""
    found = cells(lines)
    missed = [_missed(c) for c in found if c.attacked and _falls_short(c.own)]
    alarms = [
        f"- {c.facts.data}, {c.facts.planted} (seed {c.facts.seed}): nothing is planted, "
        f"{c.own.flagged} of {c.facts.rows} rows are flagged ({c.own.kinds})."
        for c in found
        if not c.facts.poison and c.own.flagged
    ]
    idle = sorted({f"{c.facts.planted} on {c.facts.data}" for c in found if c.facts.works == "no"})
    told = [*missed, *alarms]
    if idle:
        told.append(f"- Not counted, as no model learns them at this scale: {'; '.join(idle)}.")
    return "\n".join([*told, ""]) if told else "Nothing yet.\n"


def _falls_short(own: Method) -> bool:
    held = (own.precision or 0.0, own.tpr or 0.0)
    return min(held) < REACHED or own.fpr > SPILLED


def _missed(cell: Cell) -> str:
    own, best = cell.own, cell.best_peer()
    text = (
        f"- {cell.facts.data}, {cell.facts.planted} (seed {cell.facts.seed}): precision "
        f"{_number(own.precision, 2)}, TPR {_number(own.tpr, 2)}, FPR {_number(own.fpr, 4)}"
    )
    if best is None:
        return f"{text}."
    return f"{text}; best peer with the truth in hand: {_number(best.best_precision, 2)}."


def _attacks(found: Sequence[Cell]) -> str:
    head = _head(
        "data | planted | seed | poison | works | precision | TPR | FPR | verdict | guilty vendor "
        "| success: clean, before, after | accuracy: clean, before, after "
        "| best peer, truth in hand | its precision | success after its verdict | × training"
    )
    return "\n".join([*head, *(_attack_row(cell) for cell in found), ""])


def _attack_row(cell: Cell) -> str:
    facts, own, best = cell.facts, cell.own, cell.best_peer()
    return _row(
        facts.data,
        facts.planted,
        str(facts.seed),
        f"{facts.poison} of {facts.rows}",
        facts.works,
        _number(own.precision),
        _number(own.tpr),
        _number(own.fpr, 4),
        own.verdict,
        own.source,
        _three(facts.success_clean, facts.success_before, own.success_after),
        _three(facts.accuracy_clean, facts.accuracy_before, own.accuracy_after),
        "–" if best is None else f"{best.name} ({best.best_setting})",
        "–" if best is None else _number(best.best_precision),
        "–" if best is None else _number(best.success_after, 2),
        f"{own.seconds / facts.training:.1f}" if facts.training else "–",
    )


def _placebos(found: Sequence[Cell]) -> str:
    if not found:
        return "None yet.\n"
    peers = sorted({name for c in found for name in c.methods if name != OWN})
    head = _head(" | ".join(["data", "planted", "seed", "rows", "verdict", OWN, *peers]))
    rows = [
        _row(
            c.facts.data,
            c.facts.planted,
            str(c.facts.seed),
            str(c.facts.rows),
            c.own.verdict + (f" ({c.own.kinds})" if c.own.kinds else ""),
            str(c.own.flagged),
            *(str(c.methods[p].flagged) if p in c.methods else "–" for p in peers),
        )
        for c in found
    ]
    return "\n".join(["Rows flagged by default.\n", *head, *rows, ""])


def _head(names: str) -> list[str]:
    return [f"| {names} |", "|" + " --- |" * (names.count("|") + 1)]


def _row(*values: str) -> str:
    return f"| {' | '.join(value.replace('|', '/') for value in values)} |"


def _mean(values: Iterable[float | None], digits: int = 3) -> str:
    held = [value for value in values if value is not None]
    return _number(float(np.mean(held)), digits) if held else "–"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _three(*values: float | None) -> str:
    return "–" if values[1] is None else " → ".join(_number(value, 2) for value in values)
