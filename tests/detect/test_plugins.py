"""Detectors of other packages: found, listed when they fail, proven like any other."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import numpy as np
import pytest

from foretaste import scan
from foretaste.detect.plugins import GROUP, checked, installed, offered
from foretaste.report import Report
from foretaste.types import (
    Bools,
    Candidate,
    Content,
    Family,
    Layer,
    Modality,
    Need,
    Rendering,
    Scorer,
    Scores,
    Trigger,
    View,
)

ROWS = 240


class Lengths:
    """Scores rows by the size of their first number."""

    name: ClassVar[str] = "first-number"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        def score(view: View) -> Scores:
            assert view.content is not None
            return Scores(np.abs(np.asarray(view.content.values[:, 0], dtype=np.float64)))

        return score


class Raises(Lengths):
    name = "raises"

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        raise RuntimeError("out of\ncards")


class Wrong(Lengths):
    name = "wrong-shape"

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        return lambda view: Scores(np.zeros(3))


class Texts(Lengths):
    name = "texts-only"
    modalities = frozenset({Modality.TEXT})


class Brittle:
    """A trigger that can be looked at and not worked with."""

    form = "brittle"

    def matches(self, content: Content) -> Bools:
        raise RuntimeError("matches broke")

    def stamp(self, content: Content) -> Content:
        raise RuntimeError("stamp broke")

    def remove(self, content: Content) -> Content:
        raise RuntimeError("remove broke")

    def twin(self, content: Content, row: int) -> Trigger:
        raise RuntimeError("twin broke")

    def describe(self) -> str:
        raise RuntimeError("describe broke")

    def draw(self) -> Rendering:
        raise RuntimeError("draw broke")


class Accuses(Lengths):
    """Names rows with a false label, and a trigger that breaks when it is tested."""

    name = "accuses"

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        rows = np.flatnonzero(rows_of_poison())
        found = Candidate(rows, Brittle(), label=0)
        return lambda view: Scores(np.zeros(len(view)), (found,), considered=1)


def rows_of_poison() -> Bools:
    mask = np.zeros(ROWS, dtype=bool)
    mask[:24] = True
    return mask


def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    y = np.arange(ROWS) % 2
    x = rng.normal(size=(ROWS, 4)) + 3.0 * y[:, None]
    return x, np.where(rows_of_poison(), 0, y)


def found_by(report: Report) -> set[str]:
    return {name for group in report.groups for name in group.found_by}


def reason(report: Report, name: str) -> str:
    (coverage,) = (c for c in report.coverage if c.detector == name)
    assert not coverage.ran
    return coverage.reason


def test_a_plugin_is_beside_and_changes_nothing() -> None:
    alone, beside = scan(data(), plugins=()), scan(data(), plugins=(Lengths(),))
    assert beside.opinions["first-number"].tolist() == np.abs(data()[0][:, 0]).tolist()
    assert [c.detector for c in beside.coverage if c.ran] == [
        *(c.detector for c in alone.coverage if c.ran),
        "first-number",
    ]
    assert beside.findings.score.tolist() == alone.findings.score.tolist()
    assert beside.verdict == alone.verdict


def test_plugins_that_fail_are_listed_and_break_nothing() -> None:
    report = scan(data(), plugins=(Raises(), Wrong(), Texts(), Accuses(), Lengths(), Lengths()))
    assert reason(report, "raises") == "failed: RuntimeError: out of cards"
    assert "240 finite numbers, got shape (3,)" in reason(report, "wrong-shape")
    assert reason(report, "texts-only") == "looks at text only"
    assert "failed while its candidates were tested: RuntimeError" in reason(report, "accuses")
    assert "too" in reason(report, "first-number (2)")
    assert set(report.opinions) == {"first-number"}
    assert not found_by(report) & {"accuses", "raises"}
    assert "raises" in str(report)


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"name": 3}, "name of Spoilt is missing; it must be a str"),
        ({"family": "shortcut"}, "family of Spoilt is missing"),
        ({"needs": {Need.CONTENT}}, "must be a frozenset of Need"),
        ({"name": "outlier-mine"}, "kept for own detectors"),
    ],
)
def test_a_plugin_of_another_form_says_what_is_missing(spoilt: dict[str, Any], told: str) -> None:
    (plugin,) = offered([type("Spoilt", (Lengths,), spoilt)()])
    assert plugin.detector is None
    assert told in plugin.reason


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (np.zeros(2), "returns Scores"),
        (Scores(np.array([0.0, np.nan])), "finite"),
        (Scores(np.zeros(2), (Candidate(np.array([1, 0]), None),), 1), "sorted"),
        (Scores(np.zeros(2), (Candidate(np.array([0, 2]), None),), 1), "0 to 1"),
        (Scores(np.zeros(2), (Candidate(np.array([0, 1]), None),), 0), "considered"),
    ],
)
def test_scores_of_another_form_are_refused(scores: Any, told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=told):
        checked(scores, 2)


def test_entry_points_are_loaded_and_named() -> None:
    good = EntryPoint("first", f"{__name__}:Lengths", GROUP)
    bad = EntryPoint("second", f"{__name__}:Missing", GROUP)
    found = installed([bad, good])
    assert [(p.name, p.detector is not None) for p in found] == [
        ("first-number", True),
        ("second", False),
    ]
    assert "AttributeError" in found[1].reason
