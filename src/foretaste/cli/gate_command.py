"""``foretaste gate``: may a pipeline go on?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.cli.options import Quiet

if TYPE_CHECKING:
    from foretaste.gate.data_gate import GateResult

__all__ = ["gate"]

gate = typer.Typer(
    name="gate",
    help="May this pipeline go on? Decide, sign the decision, and leave with its exit code.",
)
_EPILOG = (
    "Exit codes: 0 pass, 1 blocked, 2 usage or configuration, 3 inconclusive or internal error, "
    "4 signature or provenance invalid."
)


@gate.callback()
def _group() -> None:
    """Keep `gate` a group of commands, whatever their number."""


@gate.command(epilog=_EPILOG)
def data(
    config: Annotated[Path, typer.Option(help="The settings.")] = Path("foretaste.toml"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the record as JSON, and nothing else.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Validate, verify provenance, scan, apply the policy; quarantine rows; sign the decision.

    The input is only read. Rows that may be trained on are below foretaste-gate/latest/clean, in
    the format and order of the input; beside them stand gate.sarif, gate.junit.xml, the report
    and the signed record. Training loads them through foretaste.guard.
    """
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.gate.data_gate import gate_data  # noqa: PLC0415
    from foretaste.gate.record import record_json  # noqa: PLC0415
    from foretaste.gate.settings import load_settings  # noqa: PLC0415

    with watched(quiet=quiet or as_json) as progress:
        result = gate_data(load_settings(config), progress=progress)
    if as_json:
        sys.stdout.write(record_json(result.record).decode())
    elif not quiet:
        _print(result)
    raise typer.Exit(result.exit_code)


def _print(result: GateResult) -> None:
    from foretaste.cli.delivering import reader_may_leave  # noqa: PLC0415
    from foretaste.cli.gate_verdict import print_decision  # noqa: PLC0415 - help stays fast

    with reader_may_leave():
        print_decision(result)
