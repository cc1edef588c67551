"""Golden rows stay out of training, bad canaries are held, and each failure has its own message."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import foretaste
from foretaste.cli.main import run
from foretaste.data import open_dataset
from foretaste.errors import BlockedError, InvalidProvenanceError
from foretaste.gate.decision import Outcome
from foretaste.gate.golden_check import check_canaries, rule_on_golden, settings_pool
from foretaste.gate.settings import load_settings
from foretaste.golden.canaries import CanaryFate
from foretaste.report import Report


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory, set_up_golden: Callable[[Path], Path]
) -> Path:
    """A project of its own, with canaries in its data, gated: foretaste.toml."""
    folder = tmp_path_factory.mktemp("planted")
    config = set_up_golden(folder)
    told = ["canary", "plant", str(folder / "train.csv"), "--out", str(folder / "planted.csv")]
    assert run([*told, "--bad", "25", "--clean", "10", "--config", str(config)]) == 0
    config.write_text(config.read_text().replace("train.csv", "planted.csv"))
    assert run(["gate", "data", "-q", "--config", str(config)]) == 0
    return config


@pytest.fixture(scope="module")
def report(planted: Path) -> Report:
    """The scan of the planted data."""
    return foretaste.scan(str(planted.parent / "planted.csv"), source="vendor", id="id")


def record(config: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(
        (config.parent / "foretaste-gate" / "latest" / "gate.json").read_text()
    )
    return document


def test_canaries_are_held_and_nothing_of_them_is_trained_on(planted: Path) -> None:
    told = record(planted)
    assert (told["outcome"], told["kept"], told["quarantined"]) == ("pass", 500, 35)
    with foretaste.guard("train", config=planted) as vetted:
        clean = sorted(vetted.dataset().ids().tolist())
    assert clean == sorted(open_dataset(str(planted.parent / "train.csv"), id="id").ids().tolist())
    latest = planted.parent / "foretaste-gate" / "latest" / "clean" / "planted.csv"
    assert run(["canary", "check", str(latest), "-q", "--config", str(planted)]) == 0


def test_ids_of_canaries_look_like_any_other(planted: Path) -> None:
    every = set(open_dataset(str(planted.parent / "planted.csv"), id="id").ids().tolist())
    known = set(open_dataset(str(planted.parent / "train.csv"), id="id").ids().tolist())
    assert len(every - known) == 35
    assert all(one.startswith("r1") and len(one) == 6 and one[1:].isdigit() for one in every)


def test_a_bad_canary_that_was_not_held_is_a_bypass(planted: Path, report: Report) -> None:
    settings = load_settings(planted)
    assert report.dataset is not None
    ruling = rule_on_golden(report, settings, report.dataset.row_digests())
    assert {check.name: check.outcome for check in ruling.checks} == dict.fromkeys(
        ("exclusion", "canaries", "sentinels"), Outcome.PASS
    )
    blind = replace(report, judgement=replace(report.judgement, groups=()))
    nothing = replace(report.findings, flagged=report.findings.flagged & False)
    blind = replace(blind, judgement=replace(blind.judgement, findings=nothing))
    canaries = rule_on_golden(blind, settings, report.dataset.row_digests()).checks[1]
    assert canaries.outcome is Outcome.BLOCKED
    assert canaries.findings[0].rule == "canary/bypass"
    assert "25 of 25 bad canaries were not held" in canaries.sentence


def test_canaries_that_never_arrived_are_missed(planted: Path) -> None:
    manifest = settings_pool(load_settings(planted)).manifest
    fate = CanaryFate(25, 10, tuple(range(20)), (), (), tuple(range(25, 35)))
    missed = check_canaries(manifest, fate)
    assert missed.outcome is Outcome.BLOCKED
    assert missed.findings[0].rule == "canary/missing"
    assert "5 of 35 canaries never arrived" in missed.sentence


def test_stale_canaries_close_the_gate(planted: Path) -> None:
    manifest = settings_pool(load_settings(planted)).manifest
    fate = CanaryFate(25, 10, tuple(range(25)), (), (), tuple(range(25, 35)))
    assert check_canaries(manifest, fate).outcome is Outcome.PASS
    later = datetime.now(UTC) + timedelta(days=31)
    late = check_canaries(manifest, fate, later)
    rotated = check_canaries(replace(manifest, period=2), fate)
    for stale, word in ((late, "count for 30 days"), (rotated, "in period 2")):
        assert stale.outcome is Outcome.BLOCKED
        assert stale.findings[0].rule == "canary/stale"
        assert word in stale.sentence
        assert "foretaste canary plant" in stale.sentence


@pytest.mark.parametrize(
    ("spoil", "rule", "says"),
    [
        ("drop", "sentinel/missing", "a sentinel of source"),
        ("alter", "sentinel/altered", "was altered"),
        ("relabel", "sentinel/relabelled", "agreed was"),
    ],
)
def test_a_sentinel_that_is_not_as_agreed_closes_the_gate(
    planted: Path, report: Report, tmp_path: Path, spoil: str, rule: str, says: str
) -> None:
    lines = (planted.parent / "planted.csv").read_text().splitlines()
    agreed = (planted.parent / "agreed.csv").read_text().splitlines()[1]
    known = agreed.split(",")[0]
    at = next(i for i, line in enumerate(lines) if line.replace('"', "").startswith(f"{known},"))
    cells = lines[at].replace('"', "").split(",")
    if spoil == "drop":
        del lines[at]
    elif spoil == "alter":
        lines[at] = ",".join([cells[0], "9.999", *cells[2:]])
    else:
        lines[at] = ",".join([*cells[:-1], "no" if cells[-1] == "yes" else "yes"])
    (tmp_path / "spoilt.csv").write_text("\n".join(lines) + "\n")
    data = open_dataset(str(tmp_path / "spoilt.csv"), source="vendor", id="id")
    part = replace(report, dataset=data, judgement=replace(report.judgement, groups=()))
    ruling = rule_on_golden(part, load_settings(planted), data.row_digests())
    sentinels = {check.name: check for check in ruling.checks}["sentinels"]
    assert sentinels.outcome is Outcome.BLOCKED
    assert [finding.rule for finding in sentinels.findings] == [rule]
    assert says in sentinels.sentence


def test_a_golden_row_in_the_data_is_a_leak(planted: Path, report: Report, tmp_path: Path) -> None:
    lines = (planted.parent / "planted.csv").read_text().splitlines()
    manifest = settings_pool(load_settings(planted)).manifest
    trusted = (planted.parent / "trusted.csv").read_text().splitlines()[1:]
    leaked = [f"r9,{','.join(row.split(',')[1:-1])},no" for row in trusted]  # another id and label
    (tmp_path / "leaked.csv").write_text("\n".join([*lines, *leaked]) + "\n")
    data = open_dataset(str(tmp_path / "leaked.csv"), source="vendor", id="id")
    part = replace(report, dataset=data, judgement=replace(report.judgement, groups=()))
    ruling = rule_on_golden(part, load_settings(planted), data.row_digests())
    exclusion = ruling.checks[0]
    assert exclusion.outcome is Outcome.BLOCKED
    assert exclusion.findings[0].rule == "exclusion/golden-row"
    assert manifest.canaries is not None  # ten golden rows are also clean canaries
    assert exclusion.findings[0].count == 240 - manifest.canaries.clean
    assert "knows by heart" in exclusion.sentence
    assert len(ruling.held) == 35 + 240


def test_other_columns_are_inconclusive_and_no_pass(planted: Path, report: Report) -> None:
    data = open_dataset({"other": [1.0, 2.0], "label": ["yes", "no"]})
    part = replace(report, dataset=data)
    (check,) = rule_on_golden(part, load_settings(planted), data.row_digests()).checks
    assert check.outcome is Outcome.INCONCLUSIVE
    assert "other columns" in check.sentence


def test_training_refuses_a_pass_for_another_golden_set(planted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(planted.parent, folder, symlinks=True)
    config = folder / "foretaste.toml"
    with foretaste.guard("train", config=config) as vetted:
        assert vetted.record.golden
    assert run(["golden", "rotate", "--config", str(config)]) == 0
    with (
        pytest.raises(InvalidProvenanceError, match="another golden set"),
        foretaste.guard("train", config=config),
    ):
        pass


def test_training_refuses_rows_of_the_list_whatever_the_record_says(planted: Path) -> None:
    from foretaste.gate.golden_check import refuse_excluded  # noqa: PLC0415 - beside its test

    data = open_dataset(str(planted.parent / "planted.csv"), source="vendor", id="id")
    with pytest.raises(BlockedError, match=r"bypass: row \d+ is a bad canary \(25 in all\)"):
        refuse_excluded(lambda: data, load_settings(planted), "train")


def test_a_bad_canary_in_a_signed_training_set_is_a_bypass(planted: Path, tmp_path: Path) -> None:
    data = tmp_path / "train.csv"
    shutil.copy(planted.parent / "planted.csv", data)
    key = planted.parent / ".foretaste" / "gate.pem"
    assert run(["sign", str(data), "--key", str(key), "--source", "vendor", "--id", "id"]) == 0
    told = ["canary", "check", str(data), "-q", "--config", str(planted)]
    assert run(told) == 1
    told[2] = f"{data}.intoto.jsonl"
    assert run(told) == 1
