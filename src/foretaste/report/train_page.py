"""A plan, or a trained model with its certificate, as one self-contained page without script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup

from foretaste.report.figures import share
from foretaste.report.page import environment, read_asset, source_hash
from foretaste.report.train_curves import Chart, lay_out_curves
from foretaste.train.certificate import COSTS
from foretaste.train.figures import Curve, Data, Plan
from foretaste.train.run import Trained

__all__ = ["columns_of", "noun_of", "to_plan_page", "to_trained_page"]

ROWS, SOURCES = (1, 5, 10, 25), (1, 2, 3, 5)  # units that the tables show


def to_plan_page(plan: Plan, versions: Mapping[str, str]) -> str:
    """The page of a plan."""
    best = max(plan.curves, key=lambda c: c.at(columns_of(c.design.unit)[1]))
    units = columns_of(best.design.unit)[1]
    sentence = (
        f"One model of all rows reads {share(plan.undefended)} of held-out rows correctly, and "
        f"promises nothing. With {best.design.says} it is {share(best.accuracy)}, and "
        f"{share(best.at(units))} stay right whatever any {units} "
        f"{noun_of(best.design.unit, plan.data)}s hold."
    )
    return _render(
        title="What a certificate would cost",
        sentence=sentence,
        tone="unknown",
        curves=plan.curves,
        undefended=plan.undefended,
        data=plan.data,
        notes=plan.notes,
        seconds=plan.seconds,
        versions=versions,
        trained=None,
    )


def to_trained_page(
    trained: Trained, assumptions: Sequence[str], versions: Mapping[str, str]
) -> str:
    """The page of a trained model."""
    promise = trained.promise
    return _render(
        title=promise[0].upper() + promise[1:],
        sentence=(
            f"Accuracy on {trained.data.held_out} held-out rows: {trained.curve.accuracy:.1%}; one "
            f"model of all rows: {trained.undefended:.1%}."
        ),
        tone="clean" if trained.curve.standing(1) >= 0.5 else "suspect",
        curves=(trained.curve,),
        undefended=trained.undefended,
        data=trained.data,
        notes=assumptions,
        seconds=trained.seconds,
        versions=versions,
        trained=trained,
    )


def columns_of(unit: str) -> tuple[int, ...]:
    """The numbers of units that a table shows."""
    return SOURCES if unit == "source" else ROWS


def noun_of(unit: str, data: Data) -> str:
    """What people call a unit: "row", or the name of the source column."""
    return "row" if unit == "row" else data.roles.source or "source"


def _render(*, curves: Sequence[Curve], undefended: float, data: Data, **rest: Any) -> str:
    units = [unit for unit in ("source", "row") if any(c.design.unit == unit for c in curves)]
    blocks = [
        _Block(
            unit=unit,
            noun=noun_of(unit, data),
            curves=tuple(c for c in curves if c.design.unit == unit),
            undefended=undefended,
        )
        for unit in units
    ]
    return (
        environment()
        .get_template("train.html.j2")
        .render(
            blocks=blocks,
            undefended=undefended,
            data=data,
            costs=[(noun_of(unit, data), COSTS[unit]) for unit in units],
            **rest,
            **_assets(),
        )
    )


class _Block:
    """The designs of one unit, drawn and tabled."""

    def __init__(
        self, *, unit: str, noun: str, curves: tuple[Curve, ...], undefended: float
    ) -> None:
        self.noun, self.curves = noun, curves
        self.columns = columns_of(unit)
        self.chart: Chart = lay_out_curves(curves, noun, undefended)
        self.rows = tuple(zip(self.chart.lines, curves, strict=True))


@cache
def _assets() -> dict[str, Any]:
    style = read_asset("style.css") + read_asset("train.css")
    security = (
        "default-src 'none'; img-src data:; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "security": security}  # noqa: S704 - own files
