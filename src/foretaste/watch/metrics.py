"""The watch as Prometheus metrics (text format 0.0.4), and a Grafana dashboard that shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files

from foretaste.watch.alarms import State
from foretaste.watch.evidence import Level
from foretaste.watch.journal import Journal

__all__ = ["CONTENT_TYPE", "dashboard", "metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def metrics(journal: Journal) -> str:
    """All metrics as text."""
    batches, rows, refused, last = journal.totals()
    alarms, tracked = journal.alarms(), journal.tracked().values()
    names = [({"model": t.model, "stream": t.stream.value, "part": t.part}, t) for t in tracked]
    seconds = datetime.fromisoformat(last).timestamp() if last else 0.0
    return "".join(
        [
            _family("batches_total", "counter", "Batches counted.", [({}, batches)]),
            _family("rows_total", "counter", "Rows in them.", [({}, rows)]),
            _family("refused_total", "counter", "Files that were no batch.", [({}, refused)]),
            _family("last_batch_timestamp_seconds", "gauge", "When.", [({}, seconds)]),
            _family("trials", "gauge", "Trials of a series.",
                    [(n, t.process.trials) for n, t in names]),
            _family("hits", "gauge", "Hits of a series.", [(n, t.process.hits) for n, t in names]),
            _family("stated_rate", "gauge", "What honest operation shows at most.",
                    [(n, t.process.rate) for n, t in names]),
            _family("log_e_value", "gauge", "Evidence against the stated rate, nats.",
                    [(n, t.process.log_e_value) for n, t in names]),
            _family("change_log_sum", "gauge", "Change detector, nats; log(run length) alarms.",
                    [(n, max(t.change.log_sum, -745.0)) for n, t in names]),
            _family("alarms", "gauge", "Open alarms by level.",
                    [({"level": level.name.lower()},
                      sum(a.level is level and a.state is State.OPEN for a in alarms))
                     for level in Level if level is not Level.NONE]),
            _family("silenced_alarms", "gauge", "Alarms that two people have silenced.",
                    [({}, sum(a.state is State.SILENCED for a in alarms))]),
            _family("notices_waiting", "gauge", "Notices that have not arrived.",
                    [({}, journal.waiting())]),
        ]
    )  # fmt: skip


def _family(
    name: str, kind: str, text: str, samples: Iterable[tuple[dict[str, str], float]]
) -> str:
    full = f"foretaste_watch_{name}"
    lines = [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
    for labels, value in samples:
        told = ",".join(f'{key}="{cell.translate(_ESCAPES)}"' for key, cell in labels.items())
        lines.append(f"{full}{{{told}}} {value!r}" if told else f"{full} {value!r}")
    return "\n".join(lines) + "\n"


def dashboard() -> str:
    """The Grafana dashboard, as JSON to import."""
    text = (files("foretaste.watch") / "dashboard.json").read_text(encoding="utf-8")
    return json.dumps(json.loads(text), indent=1) + "\n"
