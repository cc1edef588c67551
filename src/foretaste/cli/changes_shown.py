"""What verification found, on a terminal or as JSON, and the exit code for it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from foretaste.cli.delivering import reader_may_leave

if TYPE_CHECKING:
    from foretaste.provenance import Change

__all__ = ["INVALID", "show_changes"]

INVALID = 4
_MAX_SHOWN = 30


def show_changes(
    what: str,
    changes: Sequence[Change],
    unchecked: Sequence[str] = (),
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Tell what changed, and leave with 4 if anything did.

    Parameters
    ----------
    what
        Was verified, in a few words.
    changes
        What does not hold.
    unchecked
        What was not looked at.
    as_json
        Print JSON and nothing else.
    quiet
        Print nothing if all holds.
    """
    with reader_may_leave():
        if as_json:
            sys.stdout.write(_document(what, changes, unchecked))
        else:
            _print(what, changes, unchecked, quiet=quiet)
    if changes:
        raise typer.Exit(INVALID)


def _document(what: str, changes: Sequence[Change], unchecked: Sequence[str]) -> str:
    document = {
        "verified": what,
        "ok": not changes,
        "changes": [
            {name: value for name, value in dataclasses.asdict(change).items() if value is not None}
            for change in changes
        ],
        "unchecked": list(unchecked),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _print(what: str, changes: Sequence[Change], unchecked: Sequence[str], *, quiet: bool) -> None:
    from rich.text import Text  # noqa: PLC0415 - help is fast

    from foretaste.cli.verdict import console  # noqa: PLC0415
    from foretaste.report.visible import shorten  # noqa: PLC0415

    to = console()
    if not changes:
        if not quiet:
            to.print(Text.assemble(("✔ as signed: ", "bold green"), shorten(what, 400)))
    else:
        to.print(Text.assemble(("✖ not as signed: ", "bold red"), shorten(what, 400)))
        for change in changes[:_MAX_SHOWN]:
            to.print(Text.assemble(f"  {change.kind}: ", shorten(change.sentence, 400)))
        if len(changes) > _MAX_SHOWN:
            to.print(f"  … and {len(changes) - _MAX_SHOWN} more (--json has all)")
    if not quiet:
        for said in unchecked:
            to.print(Text.assemble(("  not checked: ", "bold"), shorten(said, 400)))
