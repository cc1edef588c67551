"""The live page: alarms first, then the evidence of every series over its batches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from foretaste.report.page import environment, read_asset, source_hash
from foretaste.watch.alarms import State
from foretaste.watch.evidence import Level, Tracked
from foretaste.watch.journal import Journal, Point
from foretaste.watch.observations import Stream

__all__ = ["watch_page"]

_TITLES = {
    Level.NONE: "Nothing has changed",
    Level.INFO: "Something drifts",
    Level.WARN: "Hold promotion",
    Level.BLOCK: "Stop: the model or what it is fed has changed",
    Level.ROLLBACK: "Roll back to the last model that passed",
}
_TONES = {Level.NONE: "clean", Level.INFO: "unknown", Level.WARN: "suspect"}
_WIDTH, _HEIGHT, _LOW, _HIGH = 220, 44, -2.0, 5.0  # of a line, and the powers of ten it shows
_MOST = 40
REFRESH = 10  # seconds


@dataclass(frozen=True)
class _Line:
    """A series as a row of the page."""

    tracked: Tracked
    points: str  # of an SVG polyline
    power: float  # log10 of the e-value
    share: float


def watch_page(journal: Journal, *, live: bool = True) -> str:
    """The page; with `live` it loads itself again every ten seconds."""
    every = journal.alarms(closed=True)
    alarms = sorted(every, key=lambda a: (a.state is not State.OPEN, -a.level, -a.id))[:_MOST]
    level = max((a.level for a in alarms if a.state is State.OPEN), default=Level.NONE)
    batches, rows, refused, last = journal.totals()
    shown = [t for t in journal.tracked().values() if t.stream is not Stream.MIX]
    lines = [_line(t, journal.history(t.key)) for t in shown]
    return environment().get_template("watch.html.j2").render(
        title=_TITLES[level],
        tone=_TONES.get(level, "confirmed"),
        tones={one: _TONES.get(one, "confirmed") for one in Level},
        alarms=alarms,
        lines=sorted(lines, key=lambda line: -line.power)[:_MOST],
        batches=batches,
        rows=rows,
        refused=refused,
        last=last,
        waiting=journal.waiting(),
        bars=[(_y(power), says) for power, says in ((math.log10(20), "20"), (3.0, "1000"))],
        width=_WIDTH,
        height=_HEIGHT,
        refresh=REFRESH if live else 0,
        **_assets(),
    )  # fmt: skip


def _line(tracked: Tracked, history: tuple[Point, ...]) -> _Line:
    powers = [point.log_e / math.log(10) for point in history]
    step = _WIDTH / max(1, len(powers) - 1)
    points = " ".join(f"{at * step:.1f},{_y(power):.1f}" for at, power in enumerate(powers))
    process = tracked.process
    share = process.hits / process.trials if process.trials else 0.0
    return _Line(tracked, points, process.log_e_value / math.log(10), share)


def _y(power: float) -> float:
    inside = min(max(power, _LOW), _HIGH)
    return _HEIGHT * (_HIGH - inside) / (_HIGH - _LOW)


@cache
def _assets() -> dict[str, Any]:
    style = read_asset("style.css") + read_asset("watch.css")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "security": security}  # noqa: S704 - own files
