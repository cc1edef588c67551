"""The report as one self-contained page of HTML.

The template escapes everything it is handed; only the style sheet and the script of this
package go in as they are, and the page's own security policy admits them by their hash and
nothing else: no script, style, frame, form or request can come from the data.
"""

from __future__ import annotations

import base64
import hashlib
import html
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
from markupsafe import Markup

from foretaste.report import figures
from foretaste.report.beside import side_by_side
from foretaste.report.checks import applies, gaps, relevant
from foretaste.report.document import self_contained
from foretaste.report.picture import picture
from foretaste.report.plain import headline
from foretaste.report.replay import as_command, as_python
from foretaste.report.scatter import lay_out
from foretaste.report.standards import supports
from foretaste.report.standards import version as standards_version
from foretaste.report.validation_plain import validation_headline
from foretaste.report.visible import excerpt, shorten
from foretaste.types import Family, Findings, Group, Modality, Policy, SourceFinding, Verdict

if TYPE_CHECKING:
    from foretaste.report.report import Report

__all__ = ["as_frame", "environment", "read_asset", "source_hash", "to_page"]

_MAX_GROUPS, _MAX_SOURCES, _MAX_LOOSE = 20, 30, 25
_FOLDER = files("foretaste.report") / "template"
_TONES = {
    Verdict.CLEAN: "clean",
    Verdict.SUSPECT: "suspect",
    Verdict.CONFIRMED: "confirmed",
    Verdict.NOT_ASSESSABLE: "unknown",
}
_ROWS = {Modality.TABLE: "table rows", Modality.TEXT: "texts", Modality.IMAGE: "images"}
_FAMILIES = {
    Family.INCONSISTENT.value: "rows that contradict their label or their neighbours",
    Family.SHORTCUT.value: "rows a model is sure of for the wrong reason",
    Family.ARTEFACT.value: "something shared that should not be",
}


def to_page(report: Report) -> str:
    """The page."""
    template = environment().get_template("report.html.j2")
    return template.render(report=report, **_verdict(report), **_rest(report), **_assets())


def as_frame(page: str) -> str:
    """The page in a sandboxed frame, for notebooks."""
    return (
        f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(page)}" title="foretaste report" '
        'width="100%" height="760" style="border:0"></iframe>'
    )


def _verdict(report: Report) -> dict[str, Any]:
    findings = report.findings
    flagged = int(np.count_nonzero(findings.flagged))
    loose = _loose(findings)
    tone = _TONES[report.verdict]
    if tone == "clean" and report.blocked:
        tone = "suspect"
    return {
        "headline": headline(report),
        "tone": tone,
        "judgement": report.judgement,
        "groups": [self_contained(group) for group in report.groups[:_MAX_GROUPS]],
        "flagged": flagged,
        "flagged_share": flagged / report.rows if report.rows else 0.0,
        "supports": supports,
        "standards": standards_version(),
        "loose": loose[:_MAX_LOOSE],
        "loose_count": len(loose),
        "max_groups": _MAX_GROUPS,
    }


def _rest(report: Report) -> dict[str, Any]:
    sources = sorted(report.sources, key=_worst_first)
    roles = [(r, getattr(report.roles, r)) for r in ("label", "source", "id", "time")]
    roles += [(r, getattr(report.roles, r)) for r in ("text", "image", "embedding")]
    roles.append(("features", ", ".join(report.roles.features) or None))
    return {
        "kind_of_rows": _ROWS[report.modality],
        "guilty": [source for source in sources if source.guilty],
        "shown_sources": sources[:_MAX_SOURCES],
        "scatter": lay_out(report.map_points, report.groups),
        "ran": [check for check in report.coverage if check.ran],
        "gaps": gaps(report.coverage),
        "relevant": relevant(report.coverage),
        "others": [check for check in report.coverage if not applies(check)],
        "families": _FAMILIES,
        "classes": sorted(report.classes, key=lambda item: (-item[1], item[0])),
        "roles": [(role, column) for role, column in roles if column is not None],
        "command": as_command(report),
        "python": as_python(report),
        "policy": _policy(report.policy),
        "versions": sorted(report.versions.items()),
        "validation_headline": validation_headline,
        "version": report.versions.get("foretaste", ""),
        "stages": sorted(report.seconds.items(), key=lambda item: (-item[1], item[0])),
        "total_seconds": sum(report.seconds.values()),
    }


def _worst_first(source: SourceFinding) -> tuple[bool, float, float, str]:
    return (not source.guilty, -source.share, source.p_value, source.name)


@dataclass(frozen=True)
class _Row:
    id: str
    kind: str
    why: str
    score: float


def _loose(findings: Findings) -> list[_Row]:
    """Flagged rows of no group, most suspicious first."""
    alone = np.flatnonzero(np.asarray(findings.flagged, dtype=np.bool_) & (findings.group == ""))
    order = alone[np.argsort(-findings.score[alone], kind="stable")]
    return [
        _Row(
            id=str(findings.ids[row]),
            kind=str(findings.kind[row]),
            why=str(findings.why[row]),
            score=float(findings.score[row]),
        )
        for row in order.tolist()
    ]


def _policy(policy: Policy) -> str:
    blocking = " or ".join(verdict.value for verdict in policy.block_on) or "nothing"
    return (
        f"blocks on {blocking}; family-wise error {policy.alpha:g}, "
        f"false-discovery rate of single rows {policy.fdr:g}"
    )


def _row_ids(group: Group, ids: Any) -> str:
    names = [shorten(str(ids[row]), 24) for row in group.rows[:40].tolist()]
    more = f" … and {figures.count(len(group.rows) - 40)} more" if len(group.rows) > 40 else ""
    return ", ".join(names) + more


@cache
def environment() -> jinja2.Environment:
    """Templates of this package, which escape all that they are handed."""
    names = (
        "report.html.j2",
        "group.html.j2",
        "drill.html.j2",
        "model.html.j2",
        "watch.html.j2",
        "trace.html.j2",
        "train.html.j2",
        "parts.html.j2",
        "validation.html.j2",
    )
    sources = {name: read_asset(name) for name in names}
    made = jinja2.Environment(
        loader=jinja2.DictLoader(sources),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "count": figures.count,
        "excerpt": excerpt,
        "number": figures.number,
        "p_value": figures.p_value,
        "percent": _percent,
        "picture": picture,
        "plural": figures.plural,
        "row_ids": _row_ids,
        "seconds": figures.seconds,
        "share": figures.share,
        "show": shorten,
        "side_by_side": side_by_side,
    }
    return made


def _percent(value: float) -> str:
    """A share as a length of a bar, 0 to 100."""
    return f"{100 * min(max(value, 0.0), 1.0):.2f}" if math.isfinite(value) else "0"


@cache
def _assets() -> dict[str, Any]:
    style, script = read_asset("style.css"), read_asset("script.js")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; script-src '{source_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "script": Markup(script), "security": security}  # noqa: S704 - own files


def source_hash(text: str) -> str:
    """What a security policy calls a style sheet or script that it admits."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def read_asset(name: str) -> str:
    """A template, style sheet or script of this package."""
    return (_FOLDER / name).read_text(encoding="utf-8").replace("\r\n", "\n")
