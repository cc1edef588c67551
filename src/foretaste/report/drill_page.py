"""A drill as one self-contained page, in the style of the report of a scan.

It needs no script, and its security policy admits none; everything handed to the template is
escaped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foretaste.report.drill_plain import as_it_is, drill_headline, false_alarms, removal
from foretaste.report.page import environment, read_asset, source_hash
from foretaste.report.power_curve import lay_out_power
from foretaste.report.trials import Answer

if TYPE_CHECKING:
    from foretaste.report.drill_report import DrillReport

__all__ = ["to_drill_page"]

# outcome of an attack: class of its pill, and what it says
PILLS = {
    "noticed": ("clean", "noticed at every size"),
    "from a size on": ("suspect", "noticed from a size on"),
    "missed": ("confirmed", "missed"),
    "harmless": ("unknown", "does not work here"),
    "not applicable": ("unknown", "not applicable"),
}


def to_drill_page(report: DrillReport) -> str:
    """The page."""
    order = list(PILLS)
    answers = sorted(report.answers, key=lambda a: (order.index(a.outcome), a.attack))
    template = environment().get_template("drill.html.j2")
    return template.render(
        report=report,
        headline=drill_headline(report),
        tone=_tone(report),
        as_it_is=as_it_is(report),
        false_alarms=false_alarms(report),
        removal=removal(report.trials),
        answers=[answer for answer in answers if answer.outcome in order[:3]],
        aside=[answer for answer in answers if answer.outcome in order[3:]],
        pills=PILLS,
        curves={curve.attack: curve for curve in lay_out_power(report.power)},
        harmed=[t for t in report.trials if t.harm is not None and t.harm.works],
        untold=[t for t in report.trials if t.is_placebo and t.reason],
        versions=sorted(report.versions.items()),
        version=report.versions.get("foretaste", ""),
        **_assets(),
    )


def _tone(report: DrillReport) -> str:
    """Colour of the banner: of the worst that is known."""
    if report.blocked:
        return "confirmed"
    counted = [a for a in report.answers if a.outcome in list(PILLS)[:3]]
    if not counted:
        return "unknown"
    return "clean" if all(map(_always, counted)) and not report.alarms else "suspect"


def _always(answer: Answer) -> bool:
    return answer.outcome == "noticed"


@cache
def _assets() -> dict[str, Any]:
    style = read_asset("style.css") + read_asset("drill.css")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "security": security}  # noqa: S704 - own files
