"""The decision of a gate on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foretaste.cli.verdict import console
from foretaste.gate.data_gate import GateResult
from foretaste.gate.decision import Decision, Level, Outcome
from foretaste.gate.guarding import compare_clean, require_gate
from foretaste.gate.model_gate import ModelGateResult
from foretaste.gate.model_page import TITLES
from foretaste.gate.record import record_json
from foretaste.report.figures import count, plural
from foretaste.report.visible import shorten

__all__ = [
    "checks_table",
    "findings_grid",
    "print_checks",
    "print_decision",
    "print_model_decision",
    "verify_gate",
]

_STYLES = {
    Outcome.PASS: ("green", "✔", "The gate is open"),
    Outcome.INCONCLUSIVE: ("magenta", "?", "The gate stays closed: it could not be decided"),
    Outcome.BLOCKED: ("red", "✖", "The gate stays closed"),
    Outcome.INVALID: ("red", "✖", "The gate stays closed: not the data that was signed"),
}
_MAX_FINDINGS = 10


def print_decision(result: GateResult, to: Console | None = None) -> None:
    """Print what was decided, by which checks, and where the results are."""
    to, record = to or console(), result.record
    colour, sign, title = _STYLES[record.outcome]
    moved = f", {count(record.quarantined)} to quarantine {record.entry}" if record.entry else ""
    body = Text.assemble(
        (f"{sign} {title}\n", f"bold {colour}"),
        shorten(record.sentence, 600),
        (f"\n{shorten(record.data, 60)}: {plural(record.rows, 'row')}{moved}", "dim"),
    )
    to.print(Panel(body, border_style=colour, box=box.ROUNDED, padding=(0, 1)))
    to.print(checks_table(result.decision))
    grid = findings_grid(result.decision)
    if record.entry:
        grid.add_row("  look:", f"foretaste quarantine explain {record.entry}")
    to.print(grid)
    to.print(
        Text.assemble(("  results: ", "bold"), shorten(str(result.folder), 400)), soft_wrap=True
    )


def print_checks(decision: Decision, title: str, to: Console | None = None) -> None:
    """Print checks that are no gate: of a golden set, of canaries."""
    to = to or console()
    colour, sign, _ = _STYLES[decision.outcome]
    to.print(Text.assemble((f"{sign} {title}: {decision.outcome}", f"bold {colour}")))
    to.print(checks_table(decision))
    to.print(findings_grid(decision))


def print_model_decision(result: ModelGateResult, to: Console | None = None) -> None:
    """Print which model stays, by which checks, and where the results are."""
    to, record = to or console(), result.record
    colour, sign, _ = _STYLES[record.outcome]
    names = f"{shorten(record.challenger.name, 60)} against {shorten(record.champion.name, 60)}"
    body = Text.assemble(
        (f"{sign} {TITLES[record.outcome]}\n", f"bold {colour}"),
        shorten(record.sentence, 600),
        (f"\n{names}, {plural(record.rows, 'golden row')}", "dim"),
    )
    to.print(Panel(body, border_style=colour, box=box.ROUNDED, padding=(0, 1)))
    to.print(checks_table(record.decision))
    to.print(findings_grid(record.decision))
    told = str(result.folder / "model.html")
    to.print(Text.assemble(("  report: ", "bold"), shorten(told, 400)), soft_wrap=True)


def verify_gate(config: Path, require: str, *, as_json: bool, quiet: bool) -> None:
    """Print that the newest gate let the data pass, and that what passed is still what it was."""
    passed = require_gate(config, require=require, step="verify")
    compare_clean(passed, "verify")
    if as_json:
        sys.stdout.write(record_json(passed.record).decode())
    elif not quiet:
        record = passed.record
        files = plural(len(record.clean), "file")
        rows = plural(record.kept, "row")
        told = f"{shorten(record.data, 80)}: {require} let {rows} in {files} pass"
        console().print(Text(f"✔ {told}, {record.made}, run {record.run}"), soft_wrap=True)


def findings_grid(decision: Decision) -> Table:
    """What was found, the notes aside, one line each."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    told = [f for f in decision.findings if f.level is not Level.NOTE]
    for finding in told[:_MAX_FINDINGS]:
        grid.add_row(f"  {finding.rule}:", Text(shorten(finding.message, 300)))
    if len(told) > _MAX_FINDINGS:
        grid.add_row("", f"and {count(len(told) - _MAX_FINDINGS)} more")
    return grid


def checks_table(decision: Decision) -> Table:
    """Each check with its outcome."""
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column("check", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("", overflow="fold", ratio=1)
    for check in decision.checks:
        colour, sign, _ = _STYLES[check.outcome]
        table.add_row(
            check.name,
            Text(f"{sign} {check.outcome}", colour),
            Text(shorten(check.sentence, 200)),
        )
    return table
