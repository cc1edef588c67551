"""The command line: parses, runs, and turns whatever happens into one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from foretaste.cli.audit_command import audit
from foretaste.cli.canary_command import canary
from foretaste.cli.drill_command import drill
from foretaste.cli.gate_command import gate
from foretaste.cli.golden_command import golden
from foretaste.cli.init_command import init
from foretaste.cli.key_command import key
from foretaste.cli.log_command import log
from foretaste.cli.other_commands import demo, detectors
from foretaste.cli.quarantine_command import quarantine
from foretaste.cli.scan_command import scan
from foretaste.cli.schema_command import schema
from foretaste.cli.serve_command import serve
from foretaste.cli.sign_command import sign
from foretaste.cli.stream_command import stream
from foretaste.cli.trace_command import fingerprint, trace
from foretaste.cli.train_command import train
from foretaste.cli.verify_command import verify
from foretaste.cli.watch_command import watch
from foretaste.errors import ForetasteError

__all__ = ["app", "run"]

_USAGE, _FAILED, _INTERRUPTED = 2, 3, 130
_EPILOG = (
    "Exit codes: 0 pass, 1 blocked, 2 usage or configuration, "
    "3 inconclusive or internal error, 4 signature or provenance invalid, 130 interrupted."
)

app = typer.Typer(
    name="foretaste",
    help="Taste training data before a model does: find, explain and quarantine poisoned rows.",
    epilog=_EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=_EPILOG)(scan)
app.command(epilog=_EPILOG)(drill)
app.add_typer(schema, name="schema")
app.command(epilog=_EPILOG)(sign)
app.command(epilog=_EPILOG)(verify)
app.add_typer(log, name="log")
app.add_typer(key, name="key")
app.command(epilog=_EPILOG)(train)
app.command()(init)
app.add_typer(gate, name="gate")
app.add_typer(quarantine, name="quarantine")
app.command()(serve)
app.add_typer(audit, name="audit")
app.add_typer(golden, name="golden")
app.add_typer(canary, name="canary")
app.add_typer(watch, name="watch")
app.command()(fingerprint)
app.command()(trace)
app.add_typer(stream, name="stream")
app.command()(demo)
app.command()(detectors)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only here

        typer.echo(f"foretaste {version('foretaste')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - acts through its callback
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(_USAGE)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Nothing but the code leaves this function: an error made on purpose becomes one line on
    stderr, an unexpected one its type and how to see more.

    Parameters
    ----------
    arguments
        Of the command, without the program name; those of the process by default.

    Examples
    --------
    >>> run(["--version"])  # doctest: +ELLIPSIS
    foretaste ...
    0
    """
    _survive_any_text()
    try:
        code = app(
            args=None if arguments is None else list(arguments),
            prog_name="foretaste",
            standalone_mode=False,
        )
        sys.stdout.flush()
        code = code if isinstance(code, int) else 0
    except (BrokenPipeError, SystemExit):  # the parser leaves by itself when a pipe breaks
        _close_stdout()
        code = _FAILED
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except ForetasteError as error:
        code = _tell(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - fail closed, whatever it is
        code = _unexpected(error)
    return _tell_interrupted() if code == _INTERRUPTED else code


def _unexpected(error: Exception) -> int:
    explain = getattr(error, "format_message", None)  # a bad option, found by the parser
    if explain is not None:
        return _tell(f"{explain()} (see foretaste --help)", _USAGE)
    if os.environ.get("FORETASTE_DEBUG", "") not in {"", "0"}:
        traceback.print_exception(error, file=sys.stderr)
    kind, said = type(error).__name__, str(error)
    hint = "FORETASTE_DEBUG=1 shows the traceback"
    return _tell(f"internal error, {kind}{': ' * bool(said)}{said[:300]} ({hint})", _FAILED)


def _tell(message: str, code: int) -> int:
    """`message` as one line on stderr; characters that a terminal would act on are spelt out."""
    line = " ".join(message.split())[:2000]
    shown = "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in line)
    with suppress(OSError):
        print(f"error: {shown}", file=sys.stderr, flush=True)  # noqa: T201 - the command line
    return code


def _tell_interrupted() -> int:
    with suppress(OSError):
        print("interrupted, no report was written", file=sys.stderr, flush=True)  # noqa: T201
    # an interrupt that met `exec` of a string in some import is held to be unhandled, though it
    # was caught, and would end the process by a signal; the next `exec` of a string takes it back
    exec("", {})  # noqa: S102 - nothing
    return _INTERRUPTED


def _survive_any_text() -> None:
    """A terminal that knows fewer characters gets escapes instead of an error."""
    for output in (sys.stdout, sys.stderr):
        reconfigure = getattr(output, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _close_stdout() -> None:
    """The reader has left: send the rest nowhere, so that closing does not fail again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
