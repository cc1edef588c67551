"""What the policy makes of a scan: one real report of planted rows, judged by many policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import foretaste
from foretaste.gate.decision import Check, Decision, Level, Outcome, worst
from foretaste.gate.scan_ruling import check_budgets, check_rest, rule_on_scan
from foretaste.gate.settings import Action, GatePolicy
from foretaste.report import Report
from foretaste.types import SourceFinding, Verdict

NOTHING: frozenset[tuple[str, str]] = frozenset()


@pytest.fixture(scope="module")
def report(
    lines: Callable[[bool], list[str]], planted: list[int], tmp_path_factory: pytest.TempPathFactory
) -> Report:
    """Of the planted table, its rows given by two vendors; the planted ones all by the second."""
    header, *rows = [line.rstrip("\n") for line in lines(True)]
    given = [
        f"{row},{'v2' if at in planted or at % 3 == 0 else 'v1'}" for at, row in enumerate(rows)
    ]
    file = tmp_path_factory.mktemp("ruling") / "rows.csv"
    file.write_text("\n".join([f"{header},vendor", *given]) + "\n")
    found = foretaste.scan(file, label="label", source="vendor", id="")
    assert found.groups[0].rows.tolist() == planted
    return found


def digests(report: Report) -> list[bytes]:
    assert report.dataset is not None
    return report.dataset.row_digests()


def policy_for(report: Report, action: Action) -> GatePolicy:
    """The action for the verdict that this report happens to have."""
    if report.groups[0].verdict is Verdict.CONFIRMED:
        return GatePolicy(confirmed=action)
    return GatePolicy(suspect=action)


@pytest.mark.parametrize(
    ("action", "outcome", "level"),
    [
        (Action.BLOCK, Outcome.BLOCKED, Level.ERROR),
        (Action.QUARANTINE, Outcome.PASS, Level.WARNING),
        (Action.WARN, Outcome.PASS, Level.NOTE),
    ],
)
def test_each_action(
    report: Report, planted: list[int], action: Action, outcome: Outcome, level: Level
) -> None:
    ruling = rule_on_scan(report, policy_for(report, action), digests(report), NOTHING)
    (finding,) = [f for f in ruling.check.findings if f.rule == "scan/backdoor"]
    assert (ruling.check.outcome, finding.level) == (outcome, level)
    held = [] if action is Action.WARN else planted
    assert [row.row for row in ruling.held] == held
    assert np.flatnonzero(ruling.leave(report.rows)).tolist() == held


def test_a_detector_that_did_not_run_is_no_pass(report: Report) -> None:
    gone = replace(report.coverage[0], ran=False, reason="out of memory", detector="table-rules")
    found = replace(report, coverage=(gone, *report.coverage[1:]))
    policy = policy_for(report, Action.QUARANTINE)
    check = rule_on_scan(found, policy, digests(report), NOTHING).check
    assert check.outcome is Outcome.INCONCLUSIVE
    assert "table-rules" in check.sentence
    optional = replace(policy, optional_detectors=("table-rules",))
    assert rule_on_scan(found, optional, digests(report), NOTHING).check.outcome is Outcome.PASS


def test_no_verdict_is_no_pass(report: Report) -> None:
    judgement = replace(report.judgement, verdict=Verdict.NOT_ASSESSABLE, groups=())
    found = replace(report, judgement=judgement)
    assert rule_on_scan(found, GatePolicy(), digests(report), NOTHING).check.outcome is (
        Outcome.INCONCLUSIVE
    )


@pytest.mark.parametrize("action", list(Action))
def test_a_guilty_source(report: Report, planted: list[int], action: Action) -> None:
    guilty = SourceFinding("v2", 90, 16, 0.18, 0.1, 0.27, 1e-9, guilty=True)
    found = replace(report, judgement=replace(report.judgement, sources=(guilty,)))
    policy = replace(policy_for(report, Action.QUARANTINE), guilty_source=action)
    ruling = rule_on_scan(found, policy, digests(report), NOTHING)
    assert (ruling.check.outcome is Outcome.BLOCKED) is (action is Action.BLOCK)
    of_v2 = {row for row in range(240) if row in planted or row % 3 == 0}
    expected = of_v2 if action is Action.QUARANTINE else set(planted)
    assert {row.row for row in ruling.held} == expected


def test_a_release_is_for_a_row_and_a_kind(report: Report, planted: list[int]) -> None:
    policy, known = policy_for(report, Action.QUARANTINE), digests(report)
    first = known[planted[0]].hex()
    for kind, left in {"backdoor": planted[1:], "label flip": planted}.items():
        ruling = rule_on_scan(report, policy, known, frozenset({(first, kind)}))
        assert [row.row for row in ruling.held] == left


def test_budgets(report: Report, planted: list[int]) -> None:
    policy = policy_for(report, Action.QUARANTINE)
    held = rule_on_scan(report, policy, digests(report), NOTHING).held
    wide = replace(policy, max_quarantined=1.0, max_quarantined_of_class=1.0)
    assert check_budgets(held, report, wide).outcome is Outcome.PASS
    exact = replace(wide, max_quarantined=len(planted) / 240)
    assert check_budgets(held, report, exact).outcome is Outcome.PASS
    for tight in (replace(wide, max_quarantined=0.0), replace(wide, max_quarantined_of_class=0.0)):
        assert check_budgets(held, report, tight).outcome is Outcome.BLOCKED
    assert check_budgets((), report, replace(wide, max_quarantined=0.0)).outcome is Outcome.PASS


def test_what_is_left_must_pass_on_its_own(report: Report) -> None:
    for action in (Action.BLOCK, Action.QUARANTINE):
        check = check_rest(report, policy_for(report, action), digests(report), NOTHING)
        assert (check.name, check.outcome) == ("rescan", Outcome.BLOCKED)


def test_the_worst_check_decides() -> None:
    order = [Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.INVALID]
    for at, outcome in enumerate(order):
        checks = tuple(Check("c", o, "s") for o in order[: at + 1])
        assert Decision(checks).outcome is outcome
        assert worst(reversed(order[: at + 1])) is outcome
    assert [outcome.exit_code for outcome in order] == [0, 3, 1, 4]
    assert Decision(()).exit_code == 3
