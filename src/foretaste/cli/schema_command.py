"""``foretaste schema infer``, ``check`` and ``diff``: what data must look like."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.cli.delivering import reader_may_leave
from foretaste.cli.options import Id, Image, Label, Quiet, Seed, Source, Text
from foretaste.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretaste.validate import Change, Validation

__all__ = ["schema"]

_EPILOG = "Exit codes: 0 pass, 1 blocked, 2 usage or configuration, 3 inconclusive or unreadable."
_COLOURS = {"pass": "green", "blocked": "red", "inconclusive": "magenta"}

schema = typer.Typer(
    name="schema",
    help="Say what data must look like, check that it does, and tell what changed.",
    no_args_is_help=True,
    epilog=_EPILOG,
)

_Data = Annotated[str, typer.Argument(help="A file, a glob, or a folder.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
_Quiet = Quiet


@schema.command(epilog=_EPILOG)
def infer(
    path: _Data,
    out: Annotated[
        Path | None, typer.Option(help="The YAML file to write.", show_default="standard output")
    ] = None,
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    text: Text = None,
    image: Image = None,
    name: Annotated[str | None, typer.Option(help="Name of the schema.")] = None,
    seed: Seed = 0,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite the file, and what was reviewed in it.")
    ] = False,
) -> None:
    """Write a schema from data, as YAML to be reviewed.

    Every rule says beside it what was seen. Rules are wide enough for other rows of the same
    origin; what the data says nothing about has no rule.
    """
    if out is not None:
        _refuse_existing(out, replace=replace)
    from foretaste import validate  # noqa: PLC0415 - help stays fast

    made = validate.infer(
        path, label=label, source=source, id=id, text=text, image=image, name=name, seed=seed
    )
    if out is None:
        with reader_may_leave():
            sys.stdout.write(validate.to_yaml(made))
    else:
        validate.write_schema(made, out)
        typer.echo(f"{out}: {len(made.columns)} columns; review it before you rely on it")


@schema.command(epilog=_EPILOG)
def check(
    path: _Data,
    schema: Annotated[str, typer.Option(help="The schema's YAML file.")],
    environment: Annotated[
        str | None, typer.Option(help="One of the schema's environments, such as serving.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Data to compare with, such as the last batch: what moved is told."),
    ] = None,
    seed: Seed = 0,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Check data against a schema: which rules, columns and rows.

    Findings that block give exit code 1, warnings do not. A rule that could not be checked is
    no pass.
    """
    from foretaste import validate  # noqa: PLC0415 - help stays fast

    result = validate.check(path, schema, environment=environment, reference=against, seed=seed)
    _deliver(result, as_json=as_json, quiet=quiet)


@schema.command(epilog=_EPILOG)
def diff(
    old: Annotated[str, typer.Argument(help="A schema (.yaml), or data.")],
    new: Annotated[str, typer.Argument(help="A schema (.yaml), or data.")],
    label: Label = None,
    source: Source = None,
    seed: Seed = 0,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Tell what changed, the most important first.

    Between two schemas: which rules were loosened (more data passes), changed or tightened; exit
    code 0. Between a schema and data: what the data breaks. Between two data sets: what moved.
    """
    from foretaste import validate  # noqa: PLC0415 - help stays fast

    told = [_is_schema(old), _is_schema(new)]
    if all(told):
        changes = validate.diff(validate.read_schema(old), validate.read_schema(new))
        _print_changes(changes, as_json=as_json, quiet=quiet)
    elif any(told):
        data, rules = (new, old) if told[0] else (old, new)
        _deliver(validate.check(data, rules, seed=seed), as_json=as_json, quiet=quiet)
    else:
        found = validate.drift(new, old, label=label, source=source, seed=seed)
        _deliver(found, as_json=as_json, quiet=quiet)


@schema.command(epilog=_EPILOG)
def convert(
    source: Annotated[str, typer.Argument(help="A schema (.yaml) or an ExpectationSuite (.json).")],
    target: Annotated[Path, typer.Argument(help="The file to write: the other of the two.")],
    environment: Annotated[
        str | None, typer.Option(help="Of the schema; a suite knows no environments.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite the file.")] = False,
) -> None:
    """Turn a schema into an ExpectationSuite of Great Expectations, or back.

    What the other side cannot say is listed.
    """
    _refuse_existing(target, replace=replace)
    from foretaste import validate  # noqa: PLC0415 - help stays fast
    from foretaste.report.write import write_together  # noqa: PLC0415

    if _is_schema(source):
        suite = validate.to_expectations(validate.read_schema(source), environment)
        text, lost = json.dumps(suite.document, indent=1) + "\n", suite.lost
        write_together(target.parent, {target.name: text.encode()})
    else:
        made = validate.read_suite(source)
        lost = made.lost
        validate.write_schema(made.schema, target)
    typer.echo(f"{target}: written, {len(lost)} rules cannot be said there")
    for line in lost:
        typer.echo(f"  {line}")


def _refuse_existing(file: Path, *, replace: bool) -> None:
    if file.exists() and not replace:
        raise OutputError(
            f"{file} is there already and may hold reviewed rules; compare with "
            "foretaste schema diff, or overwrite it with --replace"
        )


def _is_schema(path: str) -> bool:
    return path.lower().endswith((".yaml", ".yml"))


def _print_changes(changes: Sequence[Change], *, as_json: bool, quiet: bool) -> None:
    from foretaste.report.codec import encode  # noqa: PLC0415 - help stays fast
    from foretaste.report.visible import shorten  # noqa: PLC0415

    with reader_may_leave():
        if as_json:
            _print_json({"format": "foretaste/schema-diff/v1", "changes": encode(tuple(changes))})
        elif not quiet:
            typer.echo("The schemas say the same." if not changes else f"{len(changes)} changes:")
            for change in changes:
                typer.echo(f"  {shorten(change.sentence, 400)}")


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, sort_keys=True, indent=1) + "\n")


def _deliver(result: Validation, *, as_json: bool, quiet: bool) -> None:
    """Print the result, and leave with its exit code."""
    from foretaste.report.validation_document import to_document  # noqa: PLC0415
    from foretaste.report.validation_plain import validation_plain  # noqa: PLC0415

    with reader_may_leave():
        if as_json:
            _print_json(to_document(result))
        elif not quiet:
            first, *rest = validation_plain(result).splitlines()
            typer.secho(first, fg=_COLOURS[result.outcome.value], bold=True)
            typer.echo("\n".join(rest))
    raise typer.Exit(result.exit_code)
