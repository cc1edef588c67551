"""What a report answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.data import open_dataset
from foretaste.errors import BlockedError, NotAssessableError, UsageError
from foretaste.report import Report
from foretaste.report.replay import as_command, as_python
from foretaste.report.scatter import lay_out
from foretaste.types import Coverage, Findings, MapPoint, Policy, Roles, Verdict

Make = Callable[..., Report]
LENIENT = Policy(block_on=(Verdict.CONFIRMED,))
NOTHING = Policy(block_on=())


@pytest.mark.parametrize(
    ("verdict", "policy", "code", "error"),
    [
        (Verdict.CLEAN, Policy(), 0, None),
        (Verdict.SUSPECT, Policy(), 1, BlockedError),
        (Verdict.CONFIRMED, Policy(), 1, BlockedError),
        (Verdict.NOT_ASSESSABLE, Policy(), 3, NotAssessableError),
        (Verdict.SUSPECT, LENIENT, 0, None),
        (Verdict.CONFIRMED, LENIENT, 1, BlockedError),
        (Verdict.CONFIRMED, NOTHING, 0, None),
        (Verdict.NOT_ASSESSABLE, NOTHING, 3, NotAssessableError),
        (Verdict.NOT_ASSESSABLE, Policy(block_on=tuple(Verdict)), 3, NotAssessableError),
        (Verdict.CLEAN, Policy(block_on=tuple(Verdict)), 1, BlockedError),
    ],
)
def test_exit_codes(
    make_report: Make, verdict: Verdict, policy: Policy, code: int, error: type[Exception] | None
) -> None:
    report = make_report(verdict, policy=policy)
    assert report.exit_code == code
    assert report.to_dict()["exit_code"] == code
    if error is None:
        report.raise_if_blocked()
    else:
        with pytest.raises(error, match=r"garments\.parquet: No sign"):
            report.raise_if_blocked()


def test_split_gives_rows_in_the_type_that_came_in(make_report: Make) -> None:
    X, y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])
    empty = np.full(4, "", dtype=object)
    flagged = np.array([False, True, False, False])
    found = Findings(empty, np.zeros(4), flagged, empty, empty, empty)
    report = make_report(Verdict.SUSPECT, n=4, findings=found, dataset=open_dataset((X, y)))
    (clean_X, clean_y), (bad_X, bad_y) = report.split()
    assert clean_X.tolist() == X[[0, 2, 3]].tolist()
    assert clean_y.tolist() == [0, 0, 1]
    assert (bad_X.tolist(), bad_y.tolist()) == ([[2.0, 3.0]], [1])


def test_split_needs_the_data(make_report: Make) -> None:
    with pytest.raises(UsageError, match="scan again"):
        make_report().split()


def test_the_summary_names_what_matters(poisoned_images: Report) -> None:
    text = str(poisoned_images)
    for part in ("do not train", "g1 [confirmed] backdoor, 61 rows", "vendor-7", "sharpness"):
        assert part in text
    assert "pairs-of-words" not in text  # not a gap: it looks at text only


@pytest.mark.parametrize(
    ("verdict", "said", "not_said"),
    [
        (Verdict.CLEAN, "No sign of poison found", "do not train"),
        (Verdict.NOT_ASSESSABLE, "this is not a pass", "No sign of poison found"),
        (Verdict.SUSPECT, "look before you train", "No sign of poison found"),
    ],
)
def test_the_page_says_what_to_do(
    make_report: Make, verdict: Verdict, said: str, not_said: str
) -> None:
    page = make_report(verdict, sentence="One sentence.").to_html()
    assert said in page
    assert not_said not in page


def test_a_clean_page_tells_its_limits(clean_table: Report) -> None:
    page = clean_table.to_html()
    for line in (*clean_table.judgement.power, *clean_table.judgement.blind_spots, "did not run"):
        assert line in page


def test_odd_numbers_do_not_break_the_page(make_report: Make) -> None:
    nan = float("nan")
    page = make_report(
        n=1,
        classes=(("a", 0),),
        coverage=(),
        seconds={},
        versions={},
        map_points=(MapPoint(0, nan, 0.0, "a", ""), MapPoint(0, 1e308, -1e308, "a", "")),
    ).to_html()
    assert '<circle cx="480.0"' in page


def test_a_large_map_is_thinned_and_keeps_its_groups() -> None:
    points = [
        MapPoint(i, i, i % 7, f"c{i % 20}", "g1" if i % 100 == 0 else "") for i in range(9000)
    ]
    drawn = lay_out(points, ())
    assert drawn is not None
    assert (drawn.shown, drawn.total) == (3090, 9000)
    assert [len(layer.dots) for layer in drawn.layers if layer.hit] == [90]
    assert drawn.layers[-2].title == "12 other labels"


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"name": "a b.csv"}, "foretaste scan 'a b.csv' --label y --profile balanced --seed 0"),
        (
            {"name": "$(reboot)", "seed": 3},
            "foretaste scan '$(reboot)' --label y --profile balanced --seed 3",
        ),
        ({"name": "DataFrame"}, None),
        ({"name": "a\u202eb.csv"}, None),
        ({"name": "a.csv", "policy": LENIENT}, None),
        ({"name": "a.csv", "roles": Roles("y", features=("a,b",))}, None),
        (
            {"name": "a.csv", "roles": Roles("y", source="v", features=("a", "b"))},
            "foretaste scan a.csv --label y --source v --features a,b --profile balanced --seed 0",
        ),
    ],
)
def test_the_command_that_repeats_a_scan(
    make_report: Make, fields: dict[str, object], command: str | None
) -> None:
    assert as_command(make_report(**({"roles": Roles("y")} | fields))) == command


@pytest.mark.parametrize("name", ["DataFrame", "a.csv", "x'\n)\nimport os\n#", "\u202e.csv"])
def test_the_python_that_repeats_a_scan_is_one_call(make_report: Make, name: str) -> None:
    source = as_python(make_report(name=name, policy=LENIENT))
    compile(source, "again", "exec")
    assert source.count("import") == 2 + name.count("import")
    assert all(c == "\n" or c.isprintable() for c in source)
    assert "policy=Policy(block_on=(Verdict.CONFIRMED,))," in source


def test_coverage_without_reason_is_a_gap(make_report: Make) -> None:
    silent = (Coverage("spectral", "artefact", "statistical", ran=False),)
    assert "no reason recorded" in make_report(coverage=silent).to_html()
