"""The report on a terminal: the verdict in five seconds, then the groups and who gave them."""

from __future__ import annotations

import errno
from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foretaste.report import Report
from foretaste.report.checks import gaps, relevant
from foretaste.report.figures import count, p_value, plural, share
from foretaste.report.plain import headline
from foretaste.report.validation_plain import validation_plain
from foretaste.report.visible import shorten
from foretaste.types import Group, SourceFinding, Verdict

__all__ = ["console", "print_verdict"]

_STYLES = {
    Verdict.CLEAN: ("green", "✔"),
    Verdict.SUSPECT: ("yellow", "▲"),
    Verdict.CONFIRMED: ("red", "✖"),
    Verdict.NOT_ASSESSABLE: ("magenta", "?"),
}
_MAX_GROUPS, _MAX_SOURCES = 10, 8


class _Stdout(Console):
    """A console that leaves it to the command what a reader who left means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, "the reader has left")


def console() -> Console:
    """Stdout, with neither markup nor guesses about what to colour: the text is from data."""
    return _Stdout(markup=False, highlight=False, emoji=False)


def print_verdict(report: Report, folder: Path | None, to: Console | None = None) -> None:
    """Print what was found, and where the report is.

    Parameters
    ----------
    report
        Of a scan.
    folder
        Where it was saved; None if it was not.
    to
        Stdout by default.
    """
    to = to or console()
    to.print(_banner(report))
    if report.groups:
        to.print(_group_table(report.groups[:_MAX_GROUPS]))
        if len(report.groups) > _MAX_GROUPS:
            hidden = len(report.groups) - _MAX_GROUPS
            to.print(f"  … and {plural(hidden, 'more group')} in the report")
    guilty = [source for source in report.sources if source.guilty]
    if guilty:
        to.print(_source_table(sorted(guilty, key=lambda s: -s.share)[:_MAX_SOURCES]))
        if len(guilty) > _MAX_SOURCES:
            to.print(f"  … and {count(len(guilty) - _MAX_SOURCES)} more in the report")
    if report.validation is not None:
        told = validation_plain(report.validation)
        to.print(Text(f" schema: {told}".replace("\n", "\n ")))
    to.print(_remarks(report))
    if folder is not None:
        where = shorten(str(folder / "report.html"), 400)
        to.print(Text.assemble(("  report: ", "bold"), where), soft_wrap=True)


def _banner(report: Report) -> Panel:
    verdict = report.verdict
    if verdict is Verdict.CLEAN and report.exit_code:
        verdict = Verdict.SUSPECT  # the schema blocks, or could not be checked
    colour, sign = _STYLES[verdict]
    flagged = int(report.findings.flagged.sum())
    part = f" ({share(flagged / report.rows)})" if flagged and report.rows else ""
    counts = f"{plural(report.rows, 'row')}, {count(flagged)} flagged{part}"
    groups = plural(len(report.groups), "group")
    body = Text.assemble(
        (f"{sign} {headline(report)}\n", f"bold {colour}"),
        shorten(report.judgement.sentence, 600),
        (f"\n{shorten(report.name, 60)}: {counts}, {groups}", "dim"),
    )
    return Panel(body, border_style=colour, box=box.ROUNDED, padding=(0, 1))


def _group_table(groups: tuple[Group, ...]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column("group", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("label", overflow="fold", max_width=24)
    table.add_column("they share", overflow="fold", ratio=1)
    table.add_column("p", justify="right", no_wrap=True)
    for group in groups:
        colour, sign = _STYLES[group.verdict]
        described = group.described
        if described is None and group.trigger is not None:
            described = group.trigger.describe()
        table.add_row(
            Text(f"{sign} {shorten(group.name, 12)}", colour),
            f"{group.kind}, {group.verdict}",
            count(len(group.rows)),
            Text(shorten(group.target or "", 40)),
            Text(shorten(described or group.why, 160)),
            p_value(group.p_value),
        )
    return table


def _source_table(sources: list[SourceFinding]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column("guilty source", overflow="fold", style="red")
    table.add_column("rows", justify="right")
    table.add_column("flagged", justify="right")
    table.add_column("share (95 % interval)", no_wrap=True)
    for source in sources:
        table.add_row(
            Text(shorten(source.name, 60)),
            count(source.rows),
            count(source.flagged),
            f"{share(source.share)} ({share(source.low)} – {share(source.high)})",
        )
    return table


def _remarks(report: Report) -> Table:
    """What to do, and what the verdict does not cover."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    if report.groups:
        grid.add_row("  next step:", Text(shorten(report.groups[0].advice, 400)))
    skipped = gaps(report.coverage)
    if skipped:
        names = ", ".join(shorten(check.detector, 40) for check in skipped)
        total = len(relevant(report.coverage))
        ran = f"{total - len(skipped)} of {total} checks ran"
        grid.add_row("  not checked:", Text(f"{names} ({ran}; why is in the report)"))
    if report.verdict is Verdict.CLEAN:
        for spot in report.judgement.blind_spots[:3]:
            grid.add_row("  not seen:", Text(shorten(spot, 300)))
    return grid
