"""A plan, or a promise that was trained, on a terminal."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foretaste.cli.verdict import console
from foretaste.report.figures import count, plural, share
from foretaste.report.train_page import columns_of, noun_of
from foretaste.report.visible import shorten
from foretaste.train.figures import Curve, Data, Plan
from foretaste.train.run import Trained

__all__ = ["print_plan", "print_trained"]


def print_plan(plan: Plan, folder: Path | None, to: Console | None = None) -> None:
    """Print accuracy against certificates, design by design.

    Parameters
    ----------
    plan
        What was measured.
    folder
        Where it was saved; None if it was not.
    to
        Stdout by default.
    """
    to = to or console()
    data = plan.data
    body = Text.assemble(
        (f"Undefended accuracy {share(plan.undefended)}", "bold cyan"),
        f", always the largest class {share(plan.largest_class)}",
        (f"\n{shorten(data.name, 60)}: {plural(data.trained, 'row')} trained on, ", "dim"),
        (f"{count(data.held_out)} held out", "dim"),
    )
    to.print(Panel(body, border_style="cyan", box=box.ROUNDED, padding=(0, 1)))
    for unit in ("source", "row"):
        curves = [curve for curve in plan.curves if curve.design.unit == unit]
        if curves:
            to.print(_table(curves, unit, data))
    for note in plan.notes:
        to.print(Text(f"  note: {shorten(note, 300)}"))
    if folder is not None:
        where = shorten(str(folder / "train-plan.html"), 400)
        to.print(Text.assemble(("  picture: ", "bold"), where), soft_wrap=True)


def print_trained(trained: Trained, folder: Path, to: Console | None = None) -> None:
    """Print the promise, its price, and where the model is."""
    to = to or console()
    promise = trained.promise
    body = Text.assemble(
        (f"{promise[0].upper()}{shorten(promise[1:], 200)}\n", "bold green"),
        f"accuracy {share(trained.curve.accuracy)} on ",
        f"{plural(trained.data.held_out, 'held-out row')}, ",
        f"undefended {share(trained.undefended)}",
        (f"\n{shorten(trained.data.name, 60)}: {trained.curve.design.says}, about ", "dim"),
        (f"{plural(round(trained.curve.rows_per_model), 'row')} a model", "dim"),
    )
    to.print(Panel(body, border_style="green", box=box.ROUNDED, padding=(0, 1)))
    to.print(_table([trained.curve], trained.curve.design.unit, trained.data))
    where = shorten(str(folder), 400)
    files = "model.skops, certificate.json, train.html"
    to.print(Text.assemble(("  written: ", "bold"), f"{where} ({files})"), soft_wrap=True)


def _table(curves: list[Curve], unit: str, data: Data) -> Table:
    noun = shorten(noun_of(unit, data), 30)
    table = Table(box=None, header_style="bold", pad_edge=True)
    table.add_column(f"right, whatever this many {noun}s hold", overflow="fold", ratio=1)
    table.add_column("accuracy", justify="right")
    for units in columns_of(unit):
        table.add_column(plural(units, noun), justify="right", no_wrap=True)
    for curve in curves:
        cells = [share(curve.accuracy), *(share(curve.at(u)) for u in columns_of(unit))]
        table.add_row(curve.design.says, *cells)
    return table
