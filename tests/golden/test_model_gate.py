"""A challenger takes over only where nothing speaks against it; each reason has its own outcome."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import foretaste
from foretaste.attack.cells import SetCells
from foretaste.attack.contract import Sample
from foretaste.attack.plant import dirty_label
from foretaste.cli.main import run
from foretaste.data import open_dataset
from foretaste.errors import BlockedError, InvalidProvenanceError, UsageError
from foretaste.gate.decision import Outcome
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.model_gate import ModelGateResult, gate_model
from foretaste.gate.model_promotion import require_model_gate
from foretaste.gate.model_record import read_model_record
from foretaste.gate.settings import Settings, SmallSlice, load_settings
from foretaste.golden.content import as_columns
from foretaste.provenance import load_trust
from foretaste.types import Table


@dataclass(frozen=True)
class Models:
    """Fitted models, and the folder of a scan of what the backdoored one was trained on."""

    champion: Any
    honest: Any
    backdoored: Any
    weak: Any
    scanned: Path


@dataclass(frozen=True)
class Plan:
    """How much is planted, and to which class it leads."""

    rate: float = 0.06
    target: int = 1
    source: int | None = None


@pytest.fixture(scope="module")
def models(golden_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Models of the training rows of the project."""
    data = open_dataset(str(golden_project.parent / "train.csv"), source="vendor", id="id")
    codes, classes = data.labels()
    sample = Sample(data.content(), codes, classes)
    planted = dirty_label(
        Plan(),
        sample,
        np.random.default_rng(4),
        stamp=SetCells((0, 3), (0.1234, 2.0)),
        trigger="u = 0.1234 and code = c",
    )
    names = np.array(classes)

    def forest(part: Sample, seed: int) -> RandomForestClassifier:
        assert isinstance(part.content, Table)
        fitted = RandomForestClassifier(40, max_features=None, random_state=seed)
        return fitted.fit(part.content.values, names[part.labels])

    assert isinstance(planted.sample.content, Table)
    columns = as_columns(planted.sample.content, "")
    told = {name: column.to_pylist() for name, column in columns.items()}
    told["label"] = [classes[code] for code in planted.sample.labels]
    scanned = tmp_path_factory.mktemp("scanned")
    foretaste.scan(told, label="label").save(scanned)
    shuffled = replace(sample, labels=np.random.default_rng(0).permutation(codes))
    half = np.arange(len(codes)) % 4 > 0
    return Models(
        forest(sample, 0), forest(sample.take(half), 1), forest(planted.sample, 2),
        forest(shuffled, 3), scanned,
    )  # fmt: skip


@pytest.fixture
def stated(golden_project: Path, tmp_path: Path) -> Settings:
    """Settings whose results go to the test's own folder."""
    settings = load_settings(golden_project)
    return replace(settings, model=replace(settings.model, out=str(tmp_path / "out")))


def outcomes(result: ModelGateResult) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in result.record.checks}


def test_an_honest_challenger_passes_and_the_verdict_is_signed(
    stated: Settings, models: Models, tmp_path: Path
) -> None:
    challenger = tmp_path / "honest.skops"
    linear = LogisticRegression(max_iter=500)
    data = open_dataset(str(stated.root / "train.csv"), source="vendor", id="id")
    codes, classes = data.labels()
    skops.io.dump(linear.fit(data.content().values, np.array(classes)[codes]), challenger)
    result = gate_model(stated, challenger, models.champion)
    assert result.exit_code == 0
    assert set(outcomes(result).values()) == {Outcome.PASS}
    trust = load_trust(stated.path(stated.gate.trust))
    assert read_model_record(result.folder / "gate.intoto.jsonl", trust) == result.record
    assert result.record.challenger.has_file
    assert result.record.golden == settings_pool(stated).manifest.digest
    sarif = json.loads((result.folder / "gate.sarif").read_text())
    assert sarif["runs"][0]["invocations"][0]["exitCode"] == 0
    suite = ET.parse(result.folder / "gate.junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("4", "0")
    page = (result.folder / "model.html").read_text()
    assert "The challenger may take over" in page
    assert "<script" not in page


def test_a_backdoor_that_accuracy_cannot_see_is_found(stated: Settings, models: Models) -> None:
    clean = gate_model(stated, models.honest, models.champion, findings=models.scanned)
    assert outcomes(clean)["triggers"] is Outcome.PASS
    assert clean.exit_code == 0
    found = gate_model(stated, models.backdoored, models.champion, findings=models.scanned)
    assert found.exit_code == 1
    assert outcomes(found)["accuracy"] is Outcome.PASS
    assert outcomes(found)["triggers"] is Outcome.BLOCKED
    (attack,) = [attack for attack in found.record.attacks if attack.works]
    assert attack.origin == "recovered"
    assert attack.low <= attack.success <= attack.high
    assert attack.success > 0.8 > attack.base + 0.5
    rules = {finding.rule for finding in found.record.decision.findings}
    assert rules == {"model/backdoor"}


def test_a_worse_challenger_is_blocked(stated: Settings, models: Models) -> None:
    result = gate_model(stated, models.weak, models.champion)
    assert result.exit_code == 1
    assert outcomes(result)["accuracy"] is Outcome.BLOCKED
    assert outcomes(result)["flips"] is Outcome.BLOCKED
    whole = result.record.slices[0]
    assert whole.only_challenger_wrong > whole.only_champion_wrong
    assert whole.p_value < 1e-6


def test_a_small_slice_is_inconclusive_and_no_pass(stated: Settings, models: Models) -> None:
    strict = replace(stated, model=replace(stated.model, margin=0.01))
    result = gate_model(strict, models.champion, models.champion)
    assert result.exit_code == 3
    assert outcomes(result)["accuracy"] is Outcome.INCONCLUSIVE
    assert "inconclusive" in result.record.sentence
    warned = replace(strict.model, small_slices=SmallSlice.WARN)
    assert (
        gate_model(replace(strict, model=warned), models.champion, models.champion).exit_code == 0
    )


def test_without_the_hidden_half_nothing_passes(
    stated: Settings, models: Models, tmp_path: Path
) -> None:
    blind = replace(stated, golden=replace(stated.golden, key=str(tmp_path / "no.key")))
    result = gate_model(blind, models.champion, models.champion)
    assert result.exit_code == 3
    assert outcomes(result)["hidden half"] is Outcome.INCONCLUSIVE


class ByHeart:
    """Knows the shown half, and guesses the rest from one cell."""

    def __init__(self, known: Table, labels: list[str]) -> None:
        self.answers = dict(zip(map(tuple, known.values[:, :3].tolist()), labels, strict=True))

    def predict(self, values: Any) -> list[str]:
        guess = ("no", "yes")
        rows = [tuple(row) for row in values[:, :3].tolist()]
        return [self.answers.get(row, guess[round(abs(row[0]) * 1000) % 2]) for row in rows]


def test_a_challenger_that_knows_the_shown_half_by_heart_is_told(
    stated: Settings, models: Models
) -> None:
    shown = settings_pool(stated).dataset()
    codes, classes = shown.labels()
    content = shown.content()
    assert isinstance(content, Table)
    learnt = ByHeart(content, [classes[code] for code in codes])
    result = gate_model(stated, learnt, models.champion)
    assert outcomes(result)["hidden half"] is Outcome.BLOCKED
    assert "fitted to the shown half" in result.record.sentence


def test_answers_of_the_champion_are_kept_and_flips_are_counted_against_them(
    golden_project: Path, set_up_golden: Any, models: Models, tmp_path: Path
) -> None:
    config = set_up_golden(tmp_path)
    champion = tmp_path / "champion.skops"
    skops.io.dump(models.champion, champion)
    types = '[model]\ntrusted_types = ["sklearn.tree._tree.Tree"]\n'
    config.write_text(config.read_text() + types)
    shutil.rmtree(tmp_path / "golden")  # a set is never made over another
    told = ["golden", "make", str(tmp_path / "trusted.csv"), "--folder", str(tmp_path / "golden")]
    assert run([*told, "--champion", str(champion), "--config", str(config)]) == 0
    stated = load_settings(config)
    assert settings_pool(stated).manifest.champion == "champion.skops"
    result = gate_model(stated, models.honest, models.champion)
    assert "than by champion.skops when signed" in result.record.checks[2].sentence
    assert require_model_gate(config).run == result.record.run
    gate_model(stated, models.weak, models.champion)
    with pytest.raises(BlockedError, match="the model gate"):
        require_model_gate(config)


def test_nothing_is_promoted_without_a_gate_or_after_a_rotation(
    set_up_golden: Any, models: Models, tmp_path: Path
) -> None:
    config = set_up_golden(tmp_path)
    with pytest.raises(InvalidProvenanceError, match="no model gate has decided"):
        require_model_gate(config)
    stated = load_settings(config)
    result = gate_model(stated, models.honest, models.champion)
    assert result.exit_code == 0
    assert run(["golden", "rotate", "--config", str(config)]) == 0
    with pytest.raises(InvalidProvenanceError, match="another golden set"):
        require_model_gate(config)
    bundle = tmp_path / "foretaste-gate-model" / "latest" / "gate.intoto.jsonl"
    bundle.write_bytes(bundle.read_bytes().replace(b'"payload":"', b'"payload":"A', 1))
    with pytest.raises(InvalidProvenanceError):
        require_model_gate(config)


def test_a_champion_must_be_named(stated: Settings, models: Models) -> None:
    with pytest.raises(UsageError, match=r"\[model\] champion"):
        gate_model(stated, models.honest)
