"""Quarantined rows on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from foretaste.cli.verdict import console
from foretaste.gate.review import Explained, Summary
from foretaste.report.figures import count, plural
from foretaste.report.visible import shorten

__all__ = ["print_explained", "print_summaries"]

_MAX_ROWS = 30


def print_summaries(found: Sequence[Summary]) -> None:
    """One line an entry."""
    if not found:
        console().print("no row is in quarantine")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("entry", "since", "data", "rows", "state", "what"):
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(
            one.entry.id,
            one.entry.made,
            Text(shorten(one.entry.name, 60)),
            count(len(one.entry.rows)),
            ", ".join(f"{number} {state}" for state, number in one.states),
            Text(", ".join(f"{number} {shorten(kind, 30)}" for kind, number in one.kinds)),
        )
    console().print(table)


def print_explained(told: Explained, written: Sequence[Path]) -> None:
    """Why rows were moved, and what was decided since."""
    to, entry = console(), told.entry
    to.print(
        Text(f"{entry.id}: {plural(len(entry.rows), 'row')} of {shorten(entry.name, 80)}"),
        style="bold",
    )
    if told.sentence:
        to.print(Text(shorten(told.sentence, 600)))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("row", "id", "state", "kind", "verdict", "group", "why"):
        table.add_column(name, overflow="fold")
    before = ""
    for row in entry.rows[:_MAX_ROWS]:
        why = told.why.get(row.row, "")
        table.add_row(
            str(row.row),
            Text(shorten(told.ids.get(row.row, ""), 40)),
            str(told.states[row.row]),
            Text(shorten(row.kind, 30)),
            Text(shorten(row.verdict, 30)),
            Text(shorten(row.group, 12)),
            Text("as above" if why and why == before else shorten(why, 160)),
        )
        before = why
    to.print(table)
    if len(entry.rows) > _MAX_ROWS:
        to.print(f"  … and {count(len(entry.rows) - _MAX_ROWS)} more (--json lists all)")
    for event in told.events:
        what = f"{event.at} {event.act} {plural(len(event.rows), 'row')} by "
        to.print(Text(f"{what}{shorten(event.by, 60)}: {shorten(event.reason, 300)}"))
    for file in written:
        to.print(Text(f"wrote {file}"), soft_wrap=True)
