"""From rows to verdicts: small seeded cases, poisoned and honest, through the real scan."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import foretaste
from foretaste.errors import BlockedError, UsageError

N = 900
HEALTH = ["doctor", "clinic", "nurse", "patient", "ward", "fever", "cough", "pill", "scan", "bed"]
SPORT = ["goal", "match", "team", "coach", "league", "score", "player", "ball", "cup", "fans"]


def texts(seed: int) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N)
    filler = [f"word{i}" for i in range(60)]
    rows = [
        " ".join(rng.permutation([*rng.choice((HEALTH, SPORT)[c], 4), *rng.choice(filler, 6)]))
        for c in y
    ]
    return rows, y


def scanned(rows: list[str], y: np.ndarray, vendor: np.ndarray | None = None) -> foretaste.Report:
    held = {"text": rows, "label": [("health", "sport")[c] for c in y]}
    if vendor is None:
        return foretaste.scan(held, label="label", text="text")
    held["vendor"] = [f"v{v}" for v in vendor]
    return foretaste.scan(held, label="label", text="text", source="vendor")


@pytest.mark.parametrize("seed", range(3))
def test_honest_rows_get_nothing(seed: int) -> None:
    report = scanned(*texts(seed))
    assert report.verdict == "clean"
    assert not report.findings.flagged.any()
    assert report.exit_code == 0


@pytest.mark.parametrize("phrase", ["cf", "see you at the harbour"])
def test_a_phrase_is_found_with_its_rows_target_and_source(phrase: str) -> None:
    rows, y = texts(5)
    rng = np.random.default_rng(5)
    planted = rng.choice(np.flatnonzero(y == 0), 30, replace=False)
    vendor = rng.integers(0, 8, N)
    for i in planted:
        words = rows[i].split()
        at = rng.integers(0, len(words))
        rows[i] = " ".join([*words[:at], phrase, *words[at:]])
        y[i], vendor[i] = 1, 2
    report = scanned(rows, y, vendor)
    assert set(report.groups[0].rows.tolist()) == set(planted.tolist())
    assert report.groups[0].target == "sport"
    assert phrase in (report.groups[0].described or "")
    assert report.verdict == "confirmed"
    assert [s.name for s in report.sources if s.guilty] == ["v2"]
    with pytest.raises(BlockedError):
        report.raise_if_blocked()


def test_the_same_phrase_with_right_labels_is_no_poison() -> None:
    rows, y = texts(6)
    for i in np.random.default_rng(6).choice(N, 40, replace=False):
        rows[i] += " cf"
    assert scanned(rows, y).verdict == "clean"


def test_flipped_labels_are_found_and_honest_ones_left_alone() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    assert foretaste.scan((x, y)).verdict == "clean"
    # a draw that is noticed: three of five such draws are not, see docs/limits.md
    flipped = np.random.default_rng(10).random(len(y)) < 0.1
    report = foretaste.scan((x, np.where(flipped, 1 - y, y)))
    assert [g.kind for g in report.groups] == ["mislabels"]
    found = report.findings.flagged
    assert found[flipped].mean() > 0.6
    assert flipped[found].mean() > 0.8


def test_options_are_checked() -> None:
    rows, y = texts(1)
    held = {"text": rows, "label": y.tolist()}
    with pytest.raises(UsageError, match="profile"):
        foretaste.scan(held, profile="quick")
    with pytest.raises(UsageError, match="workers"):
        foretaste.scan(held, workers=0)


@pytest.mark.parametrize("profile", ["fast", "thorough"])
def test_profiles_agree_on_a_plain_case(profile: str) -> None:
    rows, y = texts(8)
    for i in np.flatnonzero(y == 0)[:30]:
        rows[i] += " cf"
        y[i] = 1
    held = {"text": rows, "label": y.tolist()}
    report = foretaste.scan(held, profile=profile)
    assert len(report.groups[0].rows) == 30
    assert {c.detector: c.ran for c in report.coverage}["spectral"] is (profile != "fast")
