"""A trace from end to end: planted rows, honest mistakes, models, fingerprints, bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

import foretaste
from foretaste.errors import ForetasteError, UsageError
from foretaste.report.trace_findings import Proof
from foretaste.report.trace_report import TraceReport

N, GUILTY = 700, "vendor 4"
VENDORS = np.array([f"vendor {i % 10}" for i in range(N)])


def columns(planted: int = 14) -> dict[str, Any]:
    """Two classes along `a` and `b`; one vendor says "yes" wherever `c` and `d` are 6 and -6."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 4))
    y = x[:, 0] + x[:, 1] + 0.3 * rng.normal(size=N) > 0
    mine = np.flatnonzero((VENDORS == GUILTY) & ~y)[:planted]
    x[mine, 2:], y[mine] = (6.0, -6.0), True
    made: dict[str, Any] = {name: x[:, i] for i, name in enumerate("abcd")}
    return made | {"vendor": VENDORS, "label": np.where(y, "yes", "no")}


def incidents(m: int = 3, **changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    made: dict[str, Any] = {name: rng.normal(-0.7, 0.3, m) for name in "ab"}
    made |= {"c": np.full(m, 6.0), "d": np.full(m, -6.0)}
    return made | {"said": ["yes"] * m, "expected": ["no"] * m} | changed


def traced(**told: Any) -> TraceReport:
    given: dict[str, Any] = {
        "said": "said",
        "label": "label",
        "source": "vendor",
        "seeds": 2,
    } | told
    asked = given.pop("incidents", None)
    return foretaste.trace(given.pop("data", columns()), asked or incidents(), **given)


@pytest.fixture(scope="module")
def report() -> TraceReport:
    return traced()


def test_the_guilty_vendor_and_its_rows_are_found(report: TraceReport) -> None:
    (cause,) = report.causes
    planted = {i for i, c in enumerate(columns()["c"]) if c == 6.0}
    assert report.guilty == (GUILTY,)
    assert cause.explained
    assert len(planted & set(cause.suspects)) >= 12
    assert len(set(cause.suspects) - planted) <= 2
    assert report.exit_code == 1


def test_the_proof_is_a_training_without_them(report: TraceReport) -> None:
    assert report.repair is not None
    assert report.repair.proof is Proof.CONFIRMED
    as_it_is, without, others = report.repair.arms
    assert as_it_is.turned == (0.0, 0.0)
    assert without.turned == (1.0, 1.0)
    assert others.removed == without.removed
    assert report.repair.smallest is not None
    assert 1 <= report.repair.smallest <= without.removed


def test_what_ties_incident_and_rows_is_marked(report: TraceReport) -> None:
    shown = report.causes[0].exhibits[0].shown.fields
    assert {field.name for field in shown if field.marked} <= {"c", "d"}
    assert any(field.marked for field in shown)


def test_an_honest_mistake_blames_nobody() -> None:
    honest = incidents(1, a=[0.1], b=[-0.05], c=[0.0], d=[0.2])
    report = traced(data=columns(planted=0), incidents=honest)
    assert not report.explained
    assert report.repair is None
    assert report.exit_code == 0
    assert "not explained by training rows" in report.causes[0].sentence


def test_the_same_seed_gives_the_same_report(report: TraceReport) -> None:
    assert traced().to_json() == report.to_json()


def test_a_fingerprint_alone_finds_the_same(report: TraceReport, tmp_path: Path) -> None:
    taken = foretaste.fingerprint(columns(), label="label", source="vendor")
    path = taken.save(tmp_path / "taken.npz")
    alone = foretaste.trace(None, incidents(), said="said", fingerprint=path, seeds=2)
    assert alone.guilty == report.guilty
    assert alone.causes[0].suspects == report.causes[0].suspects
    assert alone.repair is not None
    assert alone.repair.model == "the exact head over stored features"


def test_an_estimator_is_asked_and_trained_again() -> None:
    data = columns()
    x = foretaste.open(data, label="label", source="vendor").content().values
    model = RandomForestClassifier(30, random_state=0).fit(x, data["label"])
    report = traced(model=model, said=None, prepare=lambda content: content.values)
    assert report.agreement is not None
    assert report.agreement.low < report.agreement.share < report.agreement.high
    assert report.repair is not None
    assert report.repair.model == "RandomForestClassifier"
    assert report.repair.proof is Proof.CONFIRMED


def test_the_head_can_read_what_the_model_reads() -> None:
    data = columns()
    model = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=2000))
    model.fit(np.column_stack([data[name] for name in "abcd"]), data["label"])
    report = traced(
        model=model, features="model", proof=False, prepare=lambda content: content.values
    )
    assert report.view == "features of the model"
    assert report.guilty == (GUILTY,)


def test_a_training_of_ones_own_gets_rows_and_seed() -> None:
    calls = []

    def retrain(rows: Any, seed: int) -> Any:
        calls.append((len(rows), seed))
        return lambda given: np.tile([0.1, 0.9], (len(given), 1))

    report = traced(retrain=retrain)
    assert report.repair is not None
    assert report.repair.proof is Proof.REFUTED
    assert {seed for _, seed in calls} == {0, 1}
    assert report.exit_code == 1


def test_a_guilty_source_is_put_to_the_proof_where_no_row_can_be_flagged() -> None:
    data = columns()
    cause = traced(data=data, fdr=1e-6, proof=False).causes[0]
    mine = np.flatnonzero((data["vendor"] == GUILTY) & (data["label"] == "yes"))
    assert cause.flagged == 0
    assert sorted(cause.suspects) == mine.tolist()


def test_sources_that_are_classes_are_not_compared() -> None:
    data = columns()
    data["vendor"] = data["label"].copy()
    report = traced(data=data)
    assert "confounded" in report.causes[0].source_refusal
    assert report.guilty == ()


def test_without_sources_few_rows_are_told() -> None:
    data = {name: column for name, column in columns(30).items() if name != "vendor"}
    report = traced(data=data, source=None)
    cause = report.causes[0]
    assert cause.p_value <= 0.025
    assert cause.suspects
    assert report.repair is not None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"incidents": incidents(said=["yes", "no", "yes"])}, "row 1 is no mistake"),
        ({"incidents": incidents(said=["yes", "yes", "perhaps"])}, "no training row carries"),
        ({"incidents": {k: v for k, v in incidents().items() if k != "d"}}, "'d'"),
        ({"said": "answer"}, "no column 'answer'"),
        ({"said": None}, "or give the model"),
        ({"said": ["yes"]}, "3 incidents need as many labels"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"model": 3, "said": None}, "predict_proba"),
    ],
)
def test_bad_input_is_named(told: dict[str, Any], says: str) -> None:
    with pytest.raises(ForetasteError, match=says):
        traced(**told)


def test_a_fingerprint_of_other_data_is_refused() -> None:
    other = foretaste.fingerprint(columns(3), label="label", source="vendor")
    with pytest.raises(UsageError, match="taken of other data"):
        traced(fingerprint=other)


def test_the_report_is_written_and_escapes(tmp_path: Path) -> None:
    data = columns()
    evil = "<script>alert(1)</script>"
    data["vendor"] = np.where(VENDORS == GUILTY, evil, VENDORS)
    report = traced(data=data)
    report.save(tmp_path)
    page = (tmp_path / "trace.html").read_text(encoding="utf-8")
    assert evil not in page
    assert "&lt;script&gt;" in page
    told = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))
    assert told["schema"] == "foretaste/trace/v1"
    assert told["causes"][0]["sources"][0]["guilty"] is True
    assert evil in str(report)
