"""The page of `benchmarks.certified`, from its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["page"]

Line = dict[str, Any]
UNITS = {"row": (1, 5, 10, 25), "source": (1, 2, 3, 5)}

HEAD = """# Certified training

Written by `python -m benchmarks.certified`. Features are fixed (hashes, filters of fixed signs),
base models linear, test rows 1,000 that were not trained on. "Against r": share of test rows that
are read correctly and that no r rows, or vendors, together could change. One seed: figures move by
about 1.5 points with the draw of test rows.
"""

PUBLISHED = """## Beside published figures

| method | setting | published | ours |
| --- | --- | --- | --- |
| DPA, Levine and Feizi 2021 | MNIST, 60,000 rows | half of test images stand against more than \
500 inserted rows (0.83 % of the rows) | {mnist} |
| finite aggregation, Wang et al. 2022 | MNIST, CIFAR-10, GTSRB | up to 3.05, 3.87, 4.77 points of \
certified fraction above DPA | {fa} |
| run-off election, Rezaei et al. 2023 | MNIST, CIFAR-10, GTSRB | up to 3 to 4 points of certified \
accuracy above DPA and FA | {roe} |

Published base models are deep networks on larger sets; ours are linear models on fixed features.
Only the first row is of the same data, with fewer rows: compare shares of the rows, not counts.
The other two compare gains over DPA on other data, and say no more than that the order is the same
or is not. The published numbers are those of the papers' abstracts.
"""


def page(lines: Sequence[Line]) -> str:
    """The page."""
    designs = [line for line in lines if line["kind"] == "designs"]
    attacks = [line for line in lines if line["kind"] == "attack"]
    parts = [HEAD, _designs(designs, "row"), _designs(designs, "source")]
    parts.append(
        PUBLISHED.format(mnist=_mnist(designs), fa=_gain(designs, "fa"), roe=_gain(designs, "roe"))
    )
    parts.append(_attacks(attacks))
    return "\n".join(part for part in parts if part)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _at(curve: Line, units: int) -> float:
    return float(curve["certified"][units]) if units < len(curve["certified"]) else 0.0


def _designs(lines: Sequence[Line], unit: str) -> str:
    units = UNITS[unit]
    noun = "rows" if unit == "row" else "vendors (20, drawn at random)"
    head = [
        f"## Against {noun}, in percent of test rows\n",
        "| set | rows | design | rows a model | one model | accuracy | "
        + " | ".join(f"against {u}" for u in units)
        + " | half stand against |",
        "|" + " --- |" * (7 + len(units)),
    ]
    rows = [
        f"| {line['set']} | {line['rows']:,} | {curve['design']} | {curve['rows_per_model']:.0f} "
        f"| {_percent(line['undefended'])} | {_percent(_at(curve, 0))} | "
        + " | ".join(_percent(_at(curve, u)) for u in units)
        + f" | {curve['median']} |"
        for line in sorted(lines, key=lambda line: str(line["set"]))
        for curve in line["curves"]
        if curve["unit"] == unit
    ]
    return "\n".join([*head, *rows, ""]) if rows else ""


def _mnist(lines: Sequence[Line]) -> str:
    for line in lines:
        if line["cell"] == "mnist/published":
            curve = line["curves"][0]
            n, median = line["rows"], curve["median"]
            return f"{n:,} rows, {curve['rows_per_model']:.0f} a model: {median} ({median / n:.2%})"
    return "not run"


def _gain(lines: Sequence[Line], vote: str) -> str:
    """Points of certified accuracy above DPA with as many parts, least and most."""
    gains = []
    for line in lines:
        curves = {curve["design"].split(",")[0]: curve for curve in line["curves"]}
        twin = curves
        if "dpa" not in curves and vote == "fa":
            same = [o for o in lines if o["cell"] == f"{line['set']}/row/50/1"]
            twin = {c["design"].split(",")[0]: c for o in same for c in o["curves"]}
        if vote in curves and "dpa" in twin and curves[vote]["unit"] == "row":
            gains += [100 * (_at(curves[vote], r) - _at(twin["dpa"], r)) for r in (1, 5, 10)]
    if not gains:
        return "not run"
    return f"{min(gains):+.1f} to {max(gains):+.1f} points at 1, 5 and 10 rows"


ATTACK_HEAD = """## Does it withstand attacks?

Attack success (share of the test rows an attacker is after that are read as he wants) and accuracy,
in percent: one model of untouched rows, one of poisoned rows, and run-offs of 50 parts by row and
of 20 vendors. Where an attack aims at no class, only accuracy counts.

| set | attack | poison | where | success: untouched | one model | by row | by vendor \
| accuracy: untouched | one model | by row | by vendor |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def _attacks(lines: Sequence[Line]) -> str:
    order = ("clean", "plain", "by row", "by vendor")
    rows = []
    for line in lines:
        cells = [line["set"], line["attack"], f"{line['poison']} ({line['rate']:.1%})"]
        cells.append(line["where"])
        cells += [_percent(line[kind][name]) for kind in ("success", "accuracy") for name in order]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([ATTACK_HEAD, *rows, ""]) if rows else ""
