"""``foretaste stream``: guard a stream of rows, and see what the guard is worth."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foretaste.stream import Batch, StreamGuard
    from foretaste.stream.drill import Played
    from foretaste.stream.intake import Intake

__all__ = ["stream"]

stream = typer.Typer(
    help="Guard a model that learns from a stream.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@stream.command()
def drill(
    scenario: Annotated[str, typer.Argument(help="chatbot, search, spam or hospital.")],
    path: Annotated[str, typer.Argument(help="Real rows to play it with: file, glob or folder.")],
    label: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    image: Annotated[str | None, typer.Option(help="Column with the image.")] = None,
    only: Annotated[
        str | None, typer.Option("--play", help="One attack or control. [default: all]")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Plays of each.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same result.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a play, and nothing else.")
    ] = False,
) -> None:
    """Attack a model that learns from its users, without the guard and with it.

    chatbot takes texts with a label "neither" for what may be said, search texts by the topics
    World, Sports, Business and Sci/Tech, spam messages labelled spam and ham, hospital images
    labelled 1 (ill) and 0. Each attack is played three times: never attacked, undefended, guarded.
    A control is an honest burst, which must be let through.

    Exit code 0 says that the drill is complete, whatever it measured.
    """
    from foretaste.data import open_dataset  # noqa: PLC0415 - help stays fast
    from foretaste.drill.sample import sample_of  # noqa: PLC0415
    from foretaste.stream.drill import play, plays, scenario_of  # noqa: PLC0415
    from foretaste.stream.scenarios import Material  # noqa: PLC0415

    parts = [name for name, _ in plays(scenario_of(scenario)) if only in {None, name}]
    if only is not None and not parts:
        known = ", ".join(name for name, _ in plays(scenario_of(scenario)))
        raise typer.BadParameter(f"one of {known}, got {only!r}", param_hint="--play")
    material = Material.of(sample_of(open_dataset(path, label=label, text=text, image=image)))
    for part in parts:
        for number in range(seed, seed + seeds):
            played = play(scenario, part, material, number)
            line = json.dumps(dataclasses.asdict(played)) if as_json else _sentence(played)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


@stream.command()
def run(
    intake: Annotated[
        str,
        typer.Argument(
            help="Folder of .jsonl files, redis://HOST:PORT/STREAM, nats://HOST:PORT/STREAM "
            "or kafka://HOST:PORT/TOPIC."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for rows and journal.")],
    history: Annotated[
        Path | None, typer.Option(help="Trusted rows, JSON Lines; asked for the first time only.")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(help="Trusted rows that are never taught, JSON Lines.")
    ] = None,
    delay: Annotated[float, typer.Option(min=0.001, help="Hours that a row waits.")] = 24,
    every: Annotated[float, typer.Option(min=0.001, help="Hours between judgements.")] = 6,
    finish: Annotated[
        bool, typer.Option("--finish", help="Judge all rows that still wait: the stream has ended.")
    ] = False,
) -> None:
    """Take in all rows that are there, judge what is due, and write what may be taught.

    Goes on where the last run ended, also after it was killed: no row is lost or counted twice.
    Rows are JSON objects with source, label and text or vector, and best an id and a time.

    Exit code 0 says that nothing is frozen; 1 that the breaker is open.
    """
    from foretaste.stream.journal import Journal  # noqa: PLC0415 - help stays fast
    from foretaste.stream.running import deliver, take_in  # noqa: PLC0415

    with Journal(out / "journal.sqlite") as journal:
        if journal.guard() is None and history is not None:
            journal.begin(_begun(history, golden, delay, every))
        guard = take_in(_intake(intake), journal)
        if finish:
            journal.finish(guard, guard.finish())
        deliver(journal, out)
        taken, merged, kept = journal.totals()
        refused = len(journal.refused())
    sys.stdout.write(
        f"{taken:,} rows taken in: {merged:,} may teach, {kept:,} kept back, {guard.waiting:,} "
        f"wait; {refused:,} messages were no rows\n"
    )
    if guard.frozen:
        sys.stdout.write("the breaker is open: golden rows are told worse, nothing is merged\n")
        raise typer.Exit(1)


def _begun(history: Path, golden: Path | None, delay: float, every: float) -> StreamGuard:
    from foretaste.stream import GuardSettings, StreamGuard  # noqa: PLC0415
    from foretaste.stream.settings import HOUR  # noqa: PLC0415

    settings = GuardSettings(delay=delay * HOUR, round=every * HOUR)
    trusted = _trusted(history)
    return StreamGuard(
        trusted, golden=None if golden is None else _trusted(golden), settings=settings
    )


def _trusted(path: Path) -> Batch:
    from foretaste.errors import UnreadableDataError  # noqa: PLC0415
    from foretaste.stream.messages import rows_of  # noqa: PLC0415

    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UnreadableDataError(f"{path}: cannot be read: {error}") from error
    rows, refused = rows_of([(str(i + 1), line) for i, line in enumerate(lines)], 0.0)
    if refused or rows is None:
        told = f"line {refused[0].place}: {refused[0].reason}" if refused else "no rows"
        raise UnreadableDataError(f"{path}: {told}; trusted rows must all be readable")
    return rows


def _intake(told: str) -> Intake:
    from foretaste.stream.intake import Folder  # noqa: PLC0415
    from foretaste.stream.intake_kafka import KafkaTopic  # noqa: PLC0415
    from foretaste.stream.intake_nats import JetStream  # noqa: PLC0415
    from foretaste.stream.intake_redis import RedisStream  # noqa: PLC0415

    kind, _, rest = told.partition("://")
    server, _, name = rest.rpartition("/")
    if kind in {"redis", "nats", "kafka"} and not (server and name):
        raise typer.BadParameter(f"{kind}://HOST:PORT/NAME, got {told!r}", param_hint="INTAKE")
    if kind == "redis":
        return RedisStream(f"redis://{server}", name)
    if kind == "nats":
        return JetStream(f"nats://{server}", name)
    if kind == "kafka":
        return KafkaTopic(server, name)
    if not Path(told).is_dir():
        raise typer.BadParameter(f"{told!r} is no folder and no address", param_hint="INTAKE")
    return Folder(Path(told))


def _sentence(played: Played) -> str:
    kept = f"{played.honest_kept:,} of {played.honest:,} honest rows kept back"
    if not played.attack:
        return (
            f"{played.play} (seed {played.seed}): {played.burst_kept:,} of {played.burst:,} rows "
            f"of the honest burst kept back; {kept} in all"
        )
    noticed = (
        "not noticed"
        if played.delay_rows is None
        else f"noticed after {played.delay_rows:,} rows ({played.delay_hours:.0f} h)"
    )
    return (
        f"{played.play} (seed {played.seed}): harm {played.never:.3f} if never attacked, "
        f"{played.undefended:.3f} undefended, {played.guarded:.3f} guarded; {noticed}; "
        f"{played.planted_kept:,} of {played.planted:,} planted rows and {kept}"
    )
