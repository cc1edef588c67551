"""``foretaste stream``: guard a stream of rows, and see what the guard is worth."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foretaste.stream.drill import Played

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
