"""A trace as one self-contained page, in the style of the report of a scan.

It needs no script, and its security policy admits none; everything handed to the template is
escaped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foretaste.report.page import environment, read_asset, source_hash
from foretaste.report.trace_findings import Proof
from foretaste.report.trace_plain import says_agreement, trace_headline

if TYPE_CHECKING:
    from foretaste.report.trace_report import TraceReport

__all__ = ["to_trace_page"]

SOURCES, ROWS = 12, 25  # of a cause that are listed
TONES = {
    Proof.CONFIRMED: "confirmed",
    Proof.PARTLY: "suspect",
    Proof.REFUTED: "unknown",
    Proof.INCONCLUSIVE: "unknown",
}


def to_trace_page(report: TraceReport) -> str:
    """The page."""
    template = environment().get_template("trace.html.j2")
    return template.render(
        report=report,
        headline=trace_headline(report),
        tone=_tone(report),
        agreement=says_agreement(report),
        suspects=len({row for cause in report.causes for row in cause.suspects}),
        tones=TONES,
        most_sources=SOURCES,
        most_rows=ROWS,
        versions=sorted(report.versions.items()),
        version=report.versions.get("foretaste", ""),
        mean=_mean,
        **_assets(),
    )


def _tone(report: TraceReport) -> str:
    if not report.explained:
        return "unknown"
    return "suspect" if report.repair is None else TONES[report.repair.proof]


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)


@cache
def _assets() -> dict[str, Any]:
    style = read_asset("style.css") + read_asset("trace.css")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "security": security}  # noqa: S704 - own files
