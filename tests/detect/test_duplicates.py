"""Floods: found whole, in any modality, whatever the order; loners and chains are not floods."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.detect.duplicates import Duplicates
from foretaste.modality import tools_of
from foretaste.modality.words import texts_of
from foretaste.types import Content, Images, Modality, Scores, Table, View

N = 300


def view_of(content: Content, labels: np.ndarray) -> View:
    encoder = tools_of(content.modality).fit_encoder(content, np.random.default_rng(0))
    ids = np.arange(len(labels)).astype(str).astype(object)
    return View(content.modality, labels, ("a", "b"), ids, features=encoder(content))


def scored(view: View) -> Scores:
    detector = Duplicates()
    return detector.fit(view, np.random.default_rng(0))(view)


def rows_of(modality: Modality, copies: np.ndarray) -> Content:
    """Honest rows, of which `copies` nearly repeat the first of them."""
    rng = np.random.default_rng(5)
    if modality is Modality.TEXT:
        words = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("ato", "ine", "umel", "oka", "irs")]
        texts = [" ".join(rng.choice(words, 14)) for _ in range(N)]
        for i in copies[1:]:
            texts[i] = f"{texts[copies[0]].title()}!"
        return texts_of(texts)
    if modality is Modality.TABLE:
        values = rng.normal(size=(N, 8))
        values[copies] = values[copies[0]] + rng.normal(scale=1e-3, size=(len(copies), 8))
        return Table(tuple("abcdefgh"), values)
    pixels = rng.integers(0, 60, size=(N, 16, 16, 1))
    for i in range(N):
        for _ in range(3):
            top, left = rng.integers(0, 11, 2)
            pixels[i, top : top + 6, left : left + 6] += rng.integers(20, 60)
    pixels[copies[1:]] = pixels[copies[0]] + rng.integers(0, 3, size=(len(copies) - 1, 16, 16, 1))
    return Images(pixels.clip(0, 255).astype(np.uint8))


SIZES = [(12, True), (5, True), (4, False), (1, False)]
CASES = [(m, *case) for m in (Modality.TABLE, Modality.TEXT) for case in SIZES]


@pytest.mark.parametrize(("modality", "count", "found"), [*CASES, (Modality.IMAGE, 9, True)])
def test_floods_of_five_and_more_are_found_whole(
    modality: Modality, count: int, found: bool
) -> None:
    copies = np.sort(np.random.default_rng(1).choice(N, count, replace=False))
    labels = (np.arange(N) % 2).astype(np.int64)
    labels[copies] = 1
    scores = scored(view_of(rows_of(modality, copies), labels))
    if not found:
        assert scores.candidates == ()
        assert not scores.values.any()
        return
    assert [c.rows.tolist() for c in scores.candidates] == [copies.tolist()]
    assert scores.candidates[0].label == 1
    assert scores.candidates[0].trigger is None
    assert set(np.flatnonzero(scores.values)) == set(copies)


@pytest.mark.parametrize(
    "texts", [[""] * 40, ["same"] * 40, ["", " "] * 20, ["only"]], ids=["empty", "same", "b", "1"]
)
def test_no_content_is_no_flood(texts: list[str]) -> None:
    labels = (np.arange(len(texts)) % 2).astype(np.int64)
    scores = scored(view_of(texts_of(texts), labels))
    assert np.isfinite(scores.values).all()
    assert scores.candidates == ()


def test_a_chain_of_neighbours_is_not_one_flood() -> None:
    angle = np.linspace(0, np.pi, 400)
    x = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(400)])
    x = np.vstack([x, -x]).astype(np.float32)
    ids = np.arange(800).astype(str).astype(object)
    view = View(Modality.TABLE, np.zeros(800, dtype=np.int64), ("a",), ids, features=x)
    assert all(len(c.rows) < 300 for c in scored(view).candidates)


def test_order_of_rows_does_not_matter() -> None:
    copies = np.arange(0, 60, 5)
    content = rows_of(Modality.TABLE, copies)
    view = view_of(content, (np.arange(N) % 2).astype(np.int64))
    order = np.random.default_rng(2).permutation(N)
    assert view.features is not None
    turned = View(
        view.modality, view.labels[order], view.classes, view.ids[order],
        features=view.features[order],
    )  # fmt: skip
    assert np.allclose(scored(turned).values, scored(view).values[order])
