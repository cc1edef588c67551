"""What is saved can be read back; what cannot be written leaves nothing behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretaste.errors import ForetasteError, OutputError, UnreadableDataError
from foretaste.report import Report
from foretaste.report.write import write_together
from foretaste.types import Findings, Verdict

Make = Callable[..., Report]
NAMES = ["findings.parquet", "report.html", "report.json"]
GOLDEN = Path(__file__).parent / "golden"


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(
    params=["poisoned_images", "poisoned_texts", "poisoned_table", "clean_table"], scope="session"
)
def report(request: pytest.FixtureRequest) -> Report:
    found: Report = request.getfixturevalue(request.param)
    return found


def test_a_saved_report_comes_back(report: Report, tmp_path: Path) -> None:
    assert listed(report.save(tmp_path / "a" / "b")) == NAMES
    back = Report.load(tmp_path / "a" / "b")
    assert back.to_dict() == report.to_dict()
    assert back.to_html() == report.to_html()
    assert str(back) == str(report)
    for column in ("ids", "score", "flagged", "kind", "group", "why"):
        expected = getattr(report.findings, column)
        np.testing.assert_array_equal(getattr(back.findings, column), expected)


def test_saving_again_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "one")
    Report.load(tmp_path / "one" / "report.json").save(tmp_path / "two")
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_findings_have_a_row_each(poisoned_table: Report, tmp_path: Path) -> None:
    table = pq.read_table(poisoned_table.save(tmp_path) / "findings.parquet")
    types = [str(t) for t in table.schema.types]
    assert table.column_names == ["row", "id", "score", "flagged", "kind", "group", "why"]
    assert types == ["int64", "string", "double", "bool", "string", "string", "string"]
    assert table.num_rows == 700
    assert table["group"].to_pylist()[99:101] == ["", "g1"]


def test_json_without_its_parquet_knows_the_flagged_rows(
    poisoned_table: Report, tmp_path: Path
) -> None:
    (tmp_path / "piped.json").write_text(poisoned_table.to_json())
    back = Report.load(tmp_path / "piped.json")
    flagged = back.findings.flagged
    assert flagged.tolist() == poisoned_table.findings.flagged.tolist()
    assert np.isnan(back.findings.score[~flagged]).all()
    assert back.findings.ids[100] == "row-00100"
    assert back.to_json() == poisoned_table.to_json()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(), st.booleans(), st.text(max_size=9)), min_size=1))
def test_any_findings_come_back(
    make_report: Make, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, bool, str]]
) -> None:
    texts = np.array([t for _, _, t in rows], dtype=object)
    score = np.array([s for s, _, _ in rows])
    flagged = np.array([f for _, f, _ in rows], dtype=np.bool_)
    found = Findings(texts, score, flagged, texts, texts, texts)
    made = make_report(Verdict.SUSPECT, n=len(rows), findings=found)
    back = Report.load(made.save(tmp_path_factory.mktemp("any")))
    np.testing.assert_array_equal(back.findings.score, score)
    np.testing.assert_array_equal(back.findings.flagged, flagged)
    assert back.findings.why.tolist() == texts.tolist()


def test_the_json_is_strict_and_sorted(make_report: Make) -> None:
    text = make_report(seconds={"read": float("nan"), "a": float("inf")}).to_json()
    document = json.loads(text, parse_constant=pytest.fail)
    assert list(document) == sorted(document)
    assert document["schema"] == "foretaste/report/v1"
    assert document["seconds"] == {"a": "Infinity", "read": "NaN"}
    assert text.isascii()


def test_reports_of_version_1_keep_loading() -> None:
    """The folder was written by `save` when the schema was published: never write it anew."""
    back = Report.load(GOLDEN / "v1")
    assert back.verdict is Verdict.CONFIRMED
    assert back.groups[0].described == "zip = 00501 and amount = 9999.99"
    assert int(back.findings.flagged.sum()) == 30


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(schema="foretaste/report/v9"), "schema"),
        (lambda d: d.update(verdict="fine"), "report.json.verdict: expected one of clean"),
        (lambda d: d.update(rows="many"), "report.json.rows: expected int"),
        (lambda d: d.pop("digest"), "expected an object with digest"),
        (lambda d: d["groups"][0].update(rows=[1.5]), r"groups\[0\].rows\[0\]: expected int"),
        (lambda d: d["groups"][0].update(rows=[10**30]), r"groups\[0\].rows: expected"),
        (lambda d: d["groups"][0].update(trigger={"x": 1}), r"groups\[0\].trigger"),
        (lambda d: d["groups"].append(3), r"groups\[1\]: expected an object"),
        (lambda d: d["findings"].update(sha256="0" * 64), "SHA-256 differs"),
        (lambda d: d.update(findings=3), "findings: expected an object"),
    ],
)
def test_altered_reports_are_refused(
    poisoned_table: Report, tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    file = poisoned_table.save(tmp_path) / "report.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    with pytest.raises(UnreadableDataError, match=says):
        Report.load(file)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), json_values)
def test_a_damaged_report_is_read_or_refused_never_a_crash(
    poisoned_table: Report, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, junk: Any
) -> None:
    document = poisoned_table.to_dict()
    where: Any = document
    while True:
        key = data.draw(
            st.sampled_from(sorted(where) if isinstance(where, dict) else range(len(where)))
        )
        inner = where[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        where = inner
    where[key] = junk
    file = tmp_path_factory.mktemp("damaged") / "report.json"
    file.write_text(json.dumps(document))
    with suppress(ForetasteError):
        Report.load(file)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{", b"NaN", b"[" * 100_000])
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(UnreadableDataError, match=r"report\.json"):
        Report.load(tmp_path)


def test_missing_files_are_named(poisoned_table: Report, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataError, match=r"cannot read .*nowhere"):
        Report.load(tmp_path / "nowhere")
    poisoned_table.save(tmp_path)
    (tmp_path / "findings.parquet").unlink()
    with pytest.raises(UnreadableDataError, match=r"findings\.parquet"):
        Report.load(tmp_path)


def test_a_file_where_the_folder_should_be(clean_table: Report, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(OutputError, match="a file stands where the folder should be"):
        clean_table.save(tmp_path / "taken")
    with pytest.raises(OutputError, match="taken"):
        clean_table.save(tmp_path / "taken" / "deeper")
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_older_report_survives_a_failure(clean_table: Report, tmp_path: Path) -> None:
    (tmp_path / "findings.parquet").write_text("old")
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OutputError, match=r"report\.json: a folder has this name"):
        clean_table.save(tmp_path)
    assert listed(tmp_path) == ["findings.parquet", "report.json"]
    assert (tmp_path / "findings.parquet").read_text() == "old"


def test_new_folders_go_when_nothing_could_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="name another folder"):
        write_together(tmp_path / "a" / "b", {"fine": b"1", "n" * 300: b"2"})
    assert listed(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(clean_table: Report, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied"):
        clean_table.save(tmp_path / "new")
    tmp_path.chmod(0o700)


def test_a_page_alone(clean_table: Report, tmp_path: Path) -> None:
    page = clean_table.to_html(tmp_path / "deep" / "page.html")
    assert (tmp_path / "deep" / "page.html").read_text("utf-8") == page
