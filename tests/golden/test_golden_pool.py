"""Pools: made, opened as signed, rotated; rows are found again by what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.cli.main import run
from foretaste.data import open_dataset
from foretaste.errors import InvalidProvenanceError, NotAssessableError, UsageError
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.golden_keeper import keep
from foretaste.gate.settings import Settings, load_settings
from foretaste.golden.exclusion import Excluded, ExclusionList
from foretaste.golden.making import rotate
from foretaste.golden.nearness import Signer
from foretaste.golden.secret import Secret, load_secret, make_secret
from foretaste.golden.slices import clopper_pearson, rows_needed
from foretaste.modality.words import texts_of
from foretaste.types import Images, Table

SECRET = Secret(bytes(range(32)))


def test_halves_are_apart_and_the_hidden_one_is_sealed(golden_settings: Settings) -> None:
    pool = settings_pool(golden_settings)
    key = golden_settings.path(golden_settings.golden.key)
    shown, hidden = (set(pool.table(k, key).column("id").to_pylist()) for k in ("golden", "hidden"))
    assert len(shown) == len(hidden) == 120
    assert not shown & hidden
    with pytest.raises(UsageError, match="sealed"):
        pool.read("hidden")
    part = pool.manifest.part("hidden")
    assert part is not None
    assert not any(known.encode() in (pool.folder / part.file).read_bytes() for known in hidden)


def test_a_rotation_shows_hidden_rows_and_hides_no_shown_one(
    tmp_path: Path, set_up_golden: object
) -> None:
    assert callable(set_up_golden)
    stated = load_settings(set_up_golden(tmp_path))
    key = stated.path(stated.golden.key)
    before = settings_pool(stated)
    shown, hidden = (
        set(before.table(k, key).column("id").to_pylist()) for k in ("golden", "hidden")
    )
    assert run(["golden", "rotate", "--config", str(tmp_path / "foretaste.toml")]) == 0
    after = settings_pool(stated)
    now_shown, now_hidden = (
        set(after.table(k, key).column("id").to_pylist()) for k in ("golden", "hidden")
    )
    assert after.manifest.period == 2
    assert len(now_shown) == 120
    assert len(now_shown & hidden) == 30
    assert now_hidden == hidden - now_shown
    assert not now_hidden & shown
    everything = open_dataset(str(tmp_path / "trusted.csv"), source="vendor", id="id")
    leaks = after.exclusion(keep(stated).keeper.secret).find(everything)
    assert len(leaks) == 240  # retired rows stay on the list
    for _ in range(3):
        after = rotate(after, keep(stated).keeper, key)
    with pytest.raises(NotAssessableError, match="--fresh"):
        rotate(after, keep(stated).keeper, key)


@pytest.mark.parametrize("kind", ["golden", "exclusion", "hidden"])
def test_a_file_that_was_replaced_is_named(
    tmp_path: Path, set_up_golden: object, kind: str
) -> None:
    assert callable(set_up_golden)
    config = set_up_golden(tmp_path)
    pool = settings_pool(load_settings(config))
    part = pool.manifest.part(kind)
    assert part is not None
    (pool.folder / part.file).write_bytes(b"something else")
    assert run(["golden", "check", "-q", "--config", str(config)]) == 4
    with pytest.raises(InvalidProvenanceError, match="not the file that was signed"):
        pool.read(kind)


def test_a_golden_set_of_somebody_else_does_not_count(
    tmp_path: Path, set_up_golden: object
) -> None:
    assert callable(set_up_golden)
    config = set_up_golden(tmp_path)
    stated = load_settings(config)
    trust = stated.path(stated.gate.trust)
    trust.write_text(trust.read_text().replace('"golden"', '"data"'))
    with pytest.raises(InvalidProvenanceError, match="may sign data, not golden"):
        settings_pool(stated)


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "golden.secret"
    secret = make_secret(file)
    assert load_secret(file) == secret
    assert secret.key.hex() not in repr(secret)
    file.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        load_secret(file)


def test_copies_with_small_changes_are_found_and_other_rows_are_not() -> None:
    rng = np.random.default_rng(0)
    words = rng.choice([f"word{i}" for i in range(400)], size=(150, 20))
    lines = [" ".join(row) for row in words]
    edited = [line.upper().replace(" ", "  ", 3) + "!" for line in lines[:40]]
    edited += [line.rsplit(" ", 1)[0] for line in lines[40:60]]  # without its last word
    signer = Signer.fitted(texts_of(lines[:100]), SECRET)
    known = signer.sign(texts_of(lines[:100]))
    found = signer.alike(texts_of([*edited, *lines[100:]]), known)
    assert {(a.row, a.known) for a in found if a.row < 40} == {(i, i) for i in range(40)}
    assert len({a.row for a in found if 40 <= a.row < 60}) >= 15
    assert all(a.row < 60 for a in found)


def test_rounded_cells_and_noisy_pictures_are_found() -> None:
    rng = np.random.default_rng(1)
    cells = rng.lognormal(size=(120, 15))
    names = tuple(f"c{i}" for i in range(15))
    table = Signer.fitted(Table(names, cells), SECRET)
    copied = cells[:30] * (1 + 1e-4 * rng.normal(size=(30, 15)))
    fresh = rng.lognormal(size=(60, 15))
    found = table.alike(Table(names, np.vstack([copied, fresh])), table.sign(Table(names, cells)))
    assert {a.row for a in found} >= set(range(28))
    assert all(a.row < 30 for a in found)
    pixels = rng.integers(0, 256, (40, 28, 28, 1), dtype=np.uint8)
    smooth = np.repeat(np.repeat(pixels[:, ::4, ::4], 4, 1), 4, 2)
    noisy = np.clip(smooth[:20] + rng.integers(-6, 7, smooth[:20].shape), 0, 255).astype(np.uint8)
    signer = Signer.fitted(Images(smooth), SECRET)
    alike = signer.alike(Images(noisy), signer.sign(Images(smooth)))
    assert {(a.row, a.known) for a in alike} == {(i, i) for i in range(20)}


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_list_is_the_same_from_its_file_and_finds_its_rows(lines: list[str]) -> None:
    told = [line.encode("utf-8", "replace").decode() for line in lines]
    texts = [f"{at} {line}" for at, line in enumerate(told)]
    data = open_dataset({"text": texts, "label": ["a"] * len(texts)}, text="text", label="label")
    held = ExclusionList.of(data, SECRET)
    again = ExclusionList.from_parquet(held.to_parquet(), SECRET, "list")
    assert again.digests == held.digests
    assert again.signer == held.signer
    assert [leak.row for leak in again.find(data) if leak.exact] == list(range(len(texts)))
    assert not ExclusionList.from_parquet(held.to_parquet(), Secret(bytes(32)), "list").find(data)


def test_another_secret_finds_nothing_and_says_so(golden_settings: Settings) -> None:
    with pytest.raises(UsageError, match="another secret"):
        settings_pool(golden_settings).exclusion(SECRET)


def test_labels_of_two_people_and_training_rows_stay_out(
    tmp_path: Path, set_up_golden: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(set_up_golden)
    config = set_up_golden(tmp_path)
    lines = (tmp_path / "trusted.csv").read_text().splitlines()
    train = (tmp_path / "train.csv").read_text().splitlines()
    rows = [*lines[1:], *train[1:31]]
    second = [row.rsplit(",", 1)[1] for row in rows]
    second[:5] = ["no" if label == "yes" else "yes" for label in second[:5]]
    text = [
        f"{lines[0]},other",
        *(f"{row},{label}" for row, label in zip(rows, second, strict=True)),
    ]
    (tmp_path / "double.csv").write_text("\n".join(text) + "\n")
    told = ["golden", "make", str(tmp_path / "double.csv"), "--folder", str(tmp_path / "two")]
    more = ["--second-label", "other", "--apart-from", str(tmp_path / "train.csv")]
    assert run([*told, *more, "--config", str(config)]) == 0
    assert "left out: 5 with two labels, 30 in training data" in capsys.readouterr().out


def test_the_sizes_that_the_documents_name() -> None:
    assert rows_needed(0.95, 0.03) == 203
    low, high = clopper_pearson(5, 100)
    assert (round(low, 4), round(high, 4)) == (0.0164, 0.1128)
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert Excluded("golden row") is Excluded.GOLDEN
