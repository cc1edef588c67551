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


@gate.command(epilog=_EPILOG)
def model(
    challenger: Annotated[
        str,
        typer.Argument(
            help="A .skops, .onnx or TorchScript file, http://..., openai:http://.../v1#name, "
            "or cmd:COMMAND."
        ),
    ],
    champion: Annotated[
        str | None, typer.Option(help="The model in use. [default: that of the settings]")
    ] = None,
    findings: Annotated[
        Path | None, typer.Option(help="report.json of a scan: its triggers are tried, too.")
    ] = None,
    promote: Annotated[
        str | None, typer.Option(help="NAME:VERSION in MLflow, whose alias moves on a pass.")
    ] = None,
    alias: Annotated[str, typer.Option(help="The alias that --promote moves.")] = "production",
    config: Annotated[Path, typer.Option(help="The settings.")] = Path("foretaste.toml"),
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same rows stamped.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the record as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Compare a model with the one in use on golden rows, under triggers, and sign the decision.

    Results are below foretaste-gate-model/latest: model.html, gate.json, gate.sarif,
    gate.junit.xml and the signed record.
    """
    from foretaste.cli.delivering import reader_may_leave  # noqa: PLC0415
    from foretaste.cli.gate_verdict import print_model_decision  # noqa: PLC0415 - help stays fast
    from foretaste.gate.model_gate import gate_model  # noqa: PLC0415
    from foretaste.gate.model_promotion import promote_model  # noqa: PLC0415
    from foretaste.gate.model_record import model_record_json  # noqa: PLC0415
    from foretaste.gate.settings import load_settings  # noqa: PLC0415

    if promote is not None and ":" not in promote:
        raise typer.BadParameter("expected NAME:VERSION", param_hint="--promote")
    result = gate_model(load_settings(config), challenger, champion, findings=findings, seed=seed)
    if as_json:
        sys.stdout.write(model_record_json(result.record).decode())
    elif not quiet:
        with reader_may_leave():
            print_model_decision(result)
    if promote is not None and result.exit_code == 0:
        name, _, version = promote.rpartition(":")
        promote_model(name, version, alias=alias, config=config)
        if not (quiet or as_json):
            typer.echo(f"  {alias} of {name} is version {version} now")
    raise typer.Exit(result.exit_code)


def _print(result: GateResult) -> None:
    from foretaste.cli.delivering import reader_may_leave  # noqa: PLC0415
    from foretaste.cli.gate_verdict import print_decision  # noqa: PLC0415 - help stays fast

    with reader_may_leave():
        print_decision(result)
