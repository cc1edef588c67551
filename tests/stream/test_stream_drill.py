"""Scenarios, played small, with made-up rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretaste.cli.main import run
from foretaste.stream.drill import play, plays, scenario_of
from foretaste.stream.learner import OnlineClassifier, Replayed
from foretaste.stream.scenarios import SCENARIOS, Material

if TYPE_CHECKING:
    from tests.stream.conftest import Town


def messages(town: Town, n: int) -> Material:
    rows = town.rows(n, 0, 1)
    named = np.where(rows.labels == "bad", "spam", "ham").astype(object)
    return Material(rows.content, named)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_scenario_has_attacks_and_a_control(name: str) -> None:
    assert {attack for _, attack in plays(scenario_of(name))} == {True, False}


def test_a_botnet_harms_a_filter_and_not_a_guarded_one(town: Town) -> None:
    played = play("spam", "botnet flips labels", messages(town, 5000), 0)
    assert played.undefended > played.never
    assert played.guarded < played.never + 0.2 * (played.undefended - played.never)
    assert played.planted_kept > 0.9 * played.planted


def test_the_command_plays_and_writes_json(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, path = messages(town, 4600), tmp_path / "sms.jsonl"
    lines = (
        json.dumps({"text": text, "label": label})
        for text, label in zip(rows.content, rows.labels, strict=True)
    )
    path.write_text("\n".join(lines))
    command = ["stream", "drill", "spam", str(path), "--label", "label", "--text", "text", "--json"]
    assert run([*command, "--play", "new honest campaign"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["burst"] == 200
    assert not told["attack"]
    assert run([*command, "--play", "nothing such"]) == 2


def test_what_is_unlearnt_leaves_no_trace(town: Town) -> None:
    rows, nothing = town.rows(600, 0, 1), town.rows(1, 0, 1).take(np.arange(0))
    poison = np.arange(600) % 7 == 3
    went_back, never = (Replayed(OnlineClassifier(("good", "bad"))) for _ in range(2))
    for part in np.array_split(np.arange(600), 4):
        went_back.follow(rows.take(part), nothing)
    went_back.follow(nothing, rows.take(poison))
    kept = [part[~poison[part]] for part in np.array_split(np.arange(600), 4)]
    for part in [kept[0], np.concatenate(kept[1:])]:
        never.follow(rows.take(part), nothing)
    told = [each.learner.p(rows.content) for each in (went_back, never)]
    np.testing.assert_allclose(told[0], told[1], atol=0.15)  # steps are cut at other rows
