"""A drill on a terminal: what would have been noticed, attack by attack."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foretaste.cli.verdict import console
from foretaste.report.drill_plain import as_it_is, drill_headline, false_alarms, removal
from foretaste.report.drill_report import DrillReport
from foretaste.report.figures import count, plural
from foretaste.report.trials import Answer
from foretaste.report.visible import shorten

__all__ = ["print_drill"]

_SIGNS = {
    "noticed": ("green", "✔"),
    "from a size on": ("yellow", "◐"),
    "missed": ("red", "✖"),
    "harmless": ("dim", "–"),
    "not applicable": ("dim", "–"),
}


def print_drill(report: DrillReport, folder: Path | None, to: Console | None = None) -> None:
    """Print what would have been noticed, and where the report is.

    Parameters
    ----------
    report
        Of a drill.
    folder
        Where it was saved; None if it was not.
    to
        Stdout by default.
    """
    to = to or console()
    to.print(_banner(report))
    order = list(_SIGNS)
    if report.answers:
        to.print(_table(sorted(report.answers, key=lambda a: (order.index(a.outcome), a.attack))))
    to.print(Text(f"  {false_alarms(report)}"))
    to.print(Text(f"  {removal(report.trials)}"))
    for note in report.notes:
        to.print(Text(f"  note: {shorten(note, 300)}"))
    if not report.complete:
        missing = f"{len(report.trials)} of {plural(report.planned, 'trial')} were run"
        to.print(Text(f"  not complete: {missing}; the same command goes on", "bold"))
    if folder is not None:
        where = shorten(str(folder / "drill.html"), 400)
        to.print(Text.assemble(("  report: ", "bold"), where), soft_wrap=True)


def _banner(report: DrillReport) -> Panel:
    colour = "red" if report.blocked else "cyan"
    used = f", {count(report.rows_used)} drilled" if report.rows_used < report.rows else ""
    body = Text.assemble(
        (f"{drill_headline(report)}\n", f"bold {colour}"),
        as_it_is(report),
        (f"\n{shorten(report.name, 60)}: {plural(report.rows, 'row')}{used}", "dim"),
    )
    return Panel(body, border_style=colour, box=box.ROUNDED, padding=(0, 1))


def _table(answers: list[Answer]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column("attack", no_wrap=True)
    table.add_column("would you have noticed?", overflow="fold", ratio=1)
    for answer in answers:
        colour, sign = _SIGNS[answer.outcome]
        sentence = Text(shorten(answer.sentence, 300))
        table.add_row(Text(f"{sign} {answer.attack}", colour), sentence)
    return table
