"""A golden set is never forgotten by accident: made twice, rotated twice, planted in vain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foretaste.cli.main import run
from foretaste.errors import ForetasteError, InvalidProvenanceError, NotAssessableError, UsageError
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.golden_keeper import keep, open_rows_as_gated
from foretaste.gate.model_under_test import as_names, open_model
from foretaste.gate.settings import load_settings
from foretaste.golden.making import rotate
from foretaste.golden.nearness import Signer
from foretaste.golden.secret import Secret
from foretaste.modality.words import texts_of

SetUp = Callable[[Path], Path]


def test_a_set_is_not_made_over_another(
    tmp_path: Path, set_up_golden: SetUp, capsys: pytest.CaptureFixture[str]
) -> None:
    config = set_up_golden(tmp_path)
    before = settings_pool(load_settings(config)).manifest
    told = ["golden", "make", str(tmp_path / "trusted.csv"), "--folder", str(tmp_path / "golden")]
    assert run([*told, "--config", str(config)]) == 2
    assert "holds a golden set already" in capsys.readouterr().err
    assert settings_pool(load_settings(config)).manifest == before


def test_rows_that_were_shown_are_no_fresh_ones_and_two_keepers_do_not_overwrite(
    tmp_path: Path, set_up_golden: SetUp
) -> None:
    settings = load_settings(set_up_golden(tmp_path))
    pool, keeper = settings_pool(settings), keep(settings).keeper
    opens = settings.path(settings.golden.key)
    known = open_rows_as_gated(str(tmp_path / "trusted.csv"), settings)
    with pytest.raises(UsageError, match="never in the golden set"):
        rotate(pool, keeper, opens, known)
    rotate(pool, keeper, opens)
    with pytest.raises(ForetasteError, match=r"else meanwhile|was signed and is gone"):
        rotate(pool, keeper, opens)  # it starts from what was there before
    now = settings_pool(settings)
    assert now.manifest.period == 2
    assert now.dataset("hidden", opens).n_rows == 90


@pytest.mark.parametrize(
    ("out", "more", "told"),
    [
        ("train.csv", (), "is there already"),
        ("planted.xlsx", (), "expected .parquet, .csv, .jsonl"),
        ("nowhere/planted.csv", (), "no folder"),
        ("planted.csv", ("--days", "nan"), "days"),
        ("planted.csv", ("--days", "1e12"), "days"),
    ],
)
def test_canaries_that_cannot_be_written_are_not_planned(
    golden_project: Path,
    capsys: pytest.CaptureFixture[str],
    out: str,
    more: tuple[str, ...],
    told: str,
) -> None:
    folder = golden_project.parent
    before = settings_pool(load_settings(golden_project)).manifest
    command = ["canary", "plant", str(folder / "train.csv"), "--out", str(folder / out), *more]
    assert run([*command, "--config", str(golden_project)]) == 2
    assert told in capsys.readouterr().err
    assert settings_pool(load_settings(golden_project)).manifest == before


def test_a_row_of_any_length_is_signed_as_before() -> None:
    rng = np.random.default_rng(0)
    long = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz0123456789"), 200_000))
    content = texts_of([long, long[:150_000], "quite another text of some length"])
    signer = Signer(Secret(bytes(32)))
    signed = signer.sign(content)
    assert 0.6 < (signed[0] == signed[1]).mean() < 0.9  # three quarters are shared
    assert (signed[0] == signed[2]).mean() < 0.1


@pytest.mark.parametrize(
    "said",
    [
        np.array([0.2, np.nan]),
        np.array([[0.1, np.nan], [0.5, 0.5]]),
        np.array([0.3, 2.5]),
        np.array([-1.5, 0.5]),
        np.array([np.inf, 0.5]),
    ],
)
def test_what_is_no_answer_is_no_class(said: np.ndarray) -> None:
    with pytest.raises(NotAssessableError, match="model m: gave"):
        as_names(list(said), ("ham", "spam"), "m")


def test_a_command_with_an_open_quote_is_told() -> None:
    with pytest.raises(UsageError, match="is no command"):
        open_model("cmd:python 'predict.py", ("ham", "spam"))


def test_a_pool_that_is_gone_is_told(tmp_path: Path, set_up_golden: SetUp) -> None:
    settings = load_settings(set_up_golden(tmp_path))
    pool = settings_pool(settings)
    part = pool.manifest.part("golden")
    assert part is not None
    (pool.folder / part.file).unlink()
    with pytest.raises(InvalidProvenanceError, match="it was signed and is gone"):
        pool.dataset()
