"""A model gate as one self-contained page of HTML."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup

from foretaste.gate.decision import Outcome
from foretaste.gate.model_comparison import Verdict
from foretaste.gate.model_record import ModelRecord
from foretaste.report.page import environment, read_asset, source_hash

__all__ = ["TITLES", "model_page"]

TITLES = {
    Outcome.PASS: "The challenger may take over",
    Outcome.INCONCLUSIVE: "The champion stays: it could not be decided",
    Outcome.BLOCKED: "The champion stays",
    Outcome.INVALID: "The champion stays: something is not as it was signed",
}
_TONES = {
    Outcome.PASS: "clean",
    Outcome.INCONCLUSIVE: "unknown",
    Outcome.BLOCKED: "confirmed",
    Outcome.INVALID: "confirmed",
}
_MOST = 60  # slices shown


def model_page(record: ModelRecord) -> str:
    """The page; everything from data or models is escaped."""
    order = {Verdict.WORSE: 0, Verdict.SMALL: 1, Verdict.NOT_WORSE: 2}
    slices = sorted(record.slices[1:], key=lambda s: (order.get(s.verdict, 3), s.name))
    return (
        environment()
        .get_template("model.html.j2")
        .render(
            record=record,
            title=TITLES[record.outcome],
            tone=_TONES[record.outcome],
            tones={outcome: _TONES[outcome] for outcome in Outcome},
            slices=[*record.slices[:1], *slices][:_MOST],
            hidden_slices=max(0, len(record.slices) - _MOST),
            attacks=sorted(record.attacks, key=lambda a: (not a.works, -a.success)),
            **_assets(),
        )
    )


@cache
def _assets() -> dict[str, Any]:
    style = read_asset("style.css") + read_asset("model.css")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "security": security}  # noqa: S704 - own files
