"""What the traceback benchmark measured, as a page.

    python -m benchmarks.traceback_tables

Reads ``results/traceback.jsonl``, writes ``results/traceback.md``. An attack counts in the seeds in
which it works; those in which it does not are told, and left out of all means.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

RESULTS = Path(__file__).with_name("results") / "traceback.jsonl"
PEERS = ("influence", "cosine, same label", "TracInCP")
MODALITIES = {
    "table": ("adult", "spambase"),
    "text": ("trec", "ag-news"),
    "image": ("fashion-mnist",),
}
INTRODUCTION = (
    "Made by `python -m benchmarks.traceback` and `python -m benchmarks.traceback_tables`. One of "
    "20 sources plants 1 % of 4,000 rows (3,000 images; fewer where the set is smaller); what a "
    "victim then misreads is traced, one incident alone and five together. Peers rank the same "
    "rows on the same features, and are told how many were planted: their precision is at that "
    "many rows."
)
Lines = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    told = parser.parse_args()
    text = told.results.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    told.results.with_suffix(".md").write_text(page(lines), encoding="utf-8")


def page(lines: Lines) -> str:
    """The whole page."""
    working = [line for line in lines if line["works"] and line["incidents"]]
    return "\n".join(
        [
            "# Traceback",
            "",
            INTRODUCTION,
            "",
            "## All attacks that work",
            "",
            *_table(_sums(working), "data", "incidents", "traces"),
            "",
            "## Honest mistakes: nobody is to be blamed",
            "",
            *_honest([line for line in lines if line["attack"] == "none"]),
            "",
            "## Attack by attack",
            "",
            *_table(_by_attack(working), "data", "attack", "seeds", "incidents"),
            "",
            _left_out(lines),
            "",
        ]
    )


def _sums(working: Lines) -> Iterable[tuple[tuple[str, ...], Lines]]:
    groups = [
        *MODALITIES.items(),
        ("all", tuple(n for names in MODALITIES.values() for n in names)),
    ]
    for modality, names in groups:
        for size in sorted({line["incidents"] for line in working}):
            own = [x for x in working if x["data"] in names and x["incidents"] == size]
            if own:
                yield (modality, str(size), str(len(own))), own


def _by_attack(working: Lines) -> Iterable[tuple[tuple[str, ...], Lines]]:
    for data, attack, size in sorted({(x["data"], x["attack"], x["incidents"]) for x in working}):
        wanted = (data, attack, size)
        own = [x for x in working if (x["data"], x["attack"], x["incidents"]) == wanted]
        yield (data, attack, str(len({x["seed"] for x in own})), str(size)), own


def _table(rows: Iterable[tuple[tuple[str, ...], Lines]], *names: str) -> list[str]:
    head = [*names, "guilty first", "and significant", "another blamed", "few rows"]
    head += ["row precision", "row recall"]
    head += [f"{peer}: precision, guilty first" for peer in PEERS]
    return [_row(head), _row(["---"] * len(head)), *(_row([*n, *_cells(own)]) for n, own in rows)]


def _cells(own: Lines) -> Iterable[str]:
    for name in ("first", "significant"):
        yield _share([line[name] for line in own])
    yield _share([line["others"] > 0 for line in own])
    yield _share([line["few"] for line in own])
    flagged = sum(line["flagged"] for line in own)
    hits = sum(line["hits"] for line in own)
    yield _share([hits / flagged]) if flagged else "–"
    yield _share([line["hits"] / line["planted"] for line in own])
    for peer in PEERS:
        told = [line["peers"][peer] for line in own]
        yield f"{_share([p for p, _ in told])}, {_share([first for _, first in told])}"


def _honest(lines: Lines) -> list[str]:
    """False alarms, with their exact 95 % intervals."""
    head = ["data", "mistakes", "a source blamed", "few rows", "either", "any row flagged"]
    out = [_row(head), _row(["---"] * len(head))]
    for data in [*sorted({line["data"] for line in lines}), "all"]:
        own = [line for line in lines if data in {line["data"], "all"}]
        source, few = [x["others"] > 0 for x in own], [bool(x["few"]) for x in own]
        either = [a or b for a, b in zip(source, few, strict=True)]
        told = [_interval(hits) for hits in (source, few, either)]
        out.append(_row([data, str(len(own)), *told, _interval([x["flagged"] > 0 for x in own])]))
    return out


def _interval(hits: Sequence[bool]) -> str:
    n, k = len(hits), sum(hits)
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return f"{100 * k / n:.1f} % ({100 * low:.1f} – {100 * high:.1f})"


def _left_out(lines: Lines) -> str:
    weak = {(x["data"], x["attack"], x["seed"], x["success"]) for x in lines}
    weak = {w for w in weak if w[1] != "none"} - {
        (x["data"], x["attack"], x["seed"], x["success"]) for x in lines if x["works"]
    }
    told = [f"{d}, {a} (seed {s}): success {100 * p:.0f} %" for d, a, s, p in sorted(weak)]
    return f"Left out, as they do not work: {'; '.join(told) or 'none'}."


def _share(values: Sequence[float]) -> str:
    return f"{100 * float(np.mean(values)):.1f} %"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
