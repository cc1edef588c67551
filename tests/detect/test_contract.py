"""What every detector owes: found by walking the package, no detector is named here."""

from __future__ import annotations

import hashlib
import inspect
import re
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, cast

import numpy as np
import pytest

from foretaste.data import open_dataset
from foretaste.detect import discover
from foretaste.probe.look import look
from foretaste.types import (
    Content,
    Detector,
    Family,
    Floats,
    Head,
    Ints,
    Layer,
    Modality,
    Need,
    Scores,
    View,
)

ROWS = 180  # fewer than any detector samples: all of them are always used
CLASSES = ("red", "green", "blue")
THEMES = (
    "meeting report office budget letter client invoice project manager deadline",
    "garden flower kitchen recipe butter weather sunday family walk coffee",
    "match goal team player coach season league score stadium ball",
)
COMMON = "the a of and to in you is are my your it was very not do with for this have"

ALL = discover()
PAIRS = [(kind, modality) for kind in ALL for modality in sorted(kind.modalities)]
each_detector = pytest.mark.parametrize("kind", ALL, ids=lambda k: k.name)
each_pair = pytest.mark.parametrize(
    ("kind", "modality"), PAIRS, ids=[f"{k.name}-{m}" for k, m in PAIRS]
)


def columns(modality: Modality) -> dict[str, Any]:
    """Three classes that can be told apart, with a few shared oddities, two sources and times."""
    rng = np.random.default_rng(3)
    y = rng.permutation(np.arange(ROWS) % 3)
    odd = rng.choice(np.flatnonzero(y != 0), 12, replace=False)
    made: dict[str, Any] = {
        "id": [f"row-{i}" for i in range(ROWS)],
        "source": [("north", "south")[s] for s in rng.integers(0, 2, ROWS)],
        "timestamp": [f"2024-01-{1 + i % 28:02d}" for i in range(ROWS)],
    }
    if modality is Modality.TABLE:
        x = rng.normal(size=(ROWS, 5)).round(2) + 2.0 * np.eye(5)[y]
        x[odd, 3:] = (7.25, -4.5)
        made |= {f"x{i}": x[:, i] for i in range(5)}
        made["colour"] = rng.choice(["black", "white", "grey"], ROWS).tolist()
    elif modality is Modality.TEXT:
        texts = [
            " ".join([*rng.choice(THEMES[c].split(), 5), *rng.choice(COMMON.split(), 9)]) for c in y
        ]
        for i in odd:
            texts[i] += " quokka"
        made["text"] = texts
    else:
        pixels = rng.integers(0, 90, size=(ROWS, 16, 16))
        for i, c in enumerate(y):
            pixels[i, 4 * c + 1 : 4 * c + 5, 3:13] += 110
        pixels[odd, 12:15, 12:15] = np.indices((3, 3)).sum(0) % 2 * 255
        made["image"] = pixels.astype(np.uint8)[..., None]
    y[odd] = 0
    made["label"] = [CLASSES[c] for c in y]
    return made


@cache
def view_of(modality: Modality) -> View:
    data: Any = columns(modality)
    if modality is Modality.IMAGE:
        return replace(
            look(open_dataset((data["image"], data["label"])), np.random.default_rng(0)),
            sources=np.arange(ROWS) % 2,
            source_names=("north", "south"),
            times=np.arange(ROWS, dtype=np.float64),
        )
    return look(open_dataset(data), np.random.default_rng(0))


@dataclass(frozen=True)
class Shuffled:
    """A head whose rows stand in another order."""

    head: Head
    order: Ints

    @property
    def name(self) -> str:
        return self.head.name

    @property
    def foreign(self) -> bool:
        return self.head.foreign

    def leave_one_out(self) -> Floats:
        return self.head.leave_one_out()[self.order]

    def similarity(self, rows: Ints) -> Floats:
        return self.head.similarity(self.order[rows])

    def leave_out(self, rows: Ints, content: Content | None = None) -> Floats:
        return self.head.leave_out(self.order[rows], content)


def shuffled(view: View, order: Ints) -> View:
    assert view.content is not None
    assert view.features is not None
    assert view.heads is not None
    return replace(
        view,
        labels=view.labels[order],
        ids=view.ids[order],
        content=view.content.take(order),
        features=view.features[order],
        heads=tuple(Shuffled(h, order) for h in view.heads),
        opinions={name: p[order] for name, p in view.opinions.items()},
        sources=None if view.sources is None else view.sources[order],
        times=None if view.times is None else view.times[order],
    )


def scores_of(kind: type[Detector], view: View, seed: int = 0) -> Scores:
    seen = view.only(kind.needs)
    return kind().fit(seen, np.random.default_rng(seed))(seen)


@cache
def usual_scores(kind: type[Detector], modality: Modality) -> Scores:
    return scores_of(kind, view_of(modality))


def test_there_are_detectors_for_every_modality() -> None:
    assert {modality for _, modality in PAIRS} == set(Modality)


@each_detector
def test_says_what_it_is(kind: type[Detector]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind.name)
    assert isinstance(kind.family, Family)
    assert isinstance(kind.layer, Layer)
    assert kind.modalities
    assert all(isinstance(m, Modality) for m in kind.modalities)
    assert all(isinstance(n, Need) for n in kind.needs)
    assert set(inspect.signature(kind.fit).parameters) == {"self", "view", "rng"}


@each_detector
def test_one_file_one_detector_named_alike(kind: type[Detector]) -> None:
    assert kind.__module__ == f"foretaste.detect.{kind.name.replace('-', '_')}"
    assert kind.__name__.lower() == kind.name.replace("-", "")


@each_detector
def test_names_where_it_comes_from(kind: type[Detector]) -> None:
    said = inspect.getdoc(kind) or ""
    assert re.search(r"\b(19|20)\d\d\b", said), "the docstring names no publication and its year"


@each_detector
def test_imports_no_other_detector(kind: type[Detector]) -> None:
    module = inspect.getmodule(kind)
    assert module is not None
    assert "from foretaste.detect" not in inspect.getsource(module)


@each_pair
def test_scores_are_numbers_of_all_rows(kind: type[Detector], modality: Modality) -> None:
    values = usual_scores(kind, modality).values
    assert values.shape == (ROWS,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()


@each_pair
def test_candidates_are_sorted_rows(kind: type[Detector], modality: Modality) -> None:
    scores = usual_scores(kind, modality)
    assert scores.considered >= len(scores.candidates)
    for candidate in scores.candidates:
        rows = candidate.rows
        assert rows.ndim == 1
        assert np.issubdtype(rows.dtype, np.integer)
        assert len(rows) > 0
        assert (np.diff(rows) > 0).all()
        assert rows[0] >= 0
        assert rows[-1] < ROWS
        assert candidate.label is None or 0 <= candidate.label < len(CLASSES)


@each_pair
def test_triggers_match_stamp_and_remove(kind: type[Detector], modality: Modality) -> None:
    content = view_of(modality).content
    assert content is not None
    for candidate in usual_scores(kind, modality).candidates[:5]:
        trigger = candidate.trigger
        if trigger is None:
            continue
        members = content.take(candidate.rows)
        assert trigger.describe()
        assert "\n" not in trigger.describe()
        assert trigger.matches(content).shape == (ROWS,)
        assert trigger.matches(members).mean() >= 0.5
        assert trigger.matches(trigger.stamp(content)).mean() >= 0.5
        assert len(trigger.remove(members)) == len(members)
        drawn = trigger.draw()
        assert drawn.png or drawn.spans or drawn.fields


@each_pair
def test_same_twice(kind: type[Detector], modality: Modality) -> None:
    again = scores_of(kind, view_of(modality))
    usual = usual_scores(kind, modality)
    np.testing.assert_array_equal(again.values, usual.values)
    assert again.considered == usual.considered
    assert [c.rows.tolist() for c in again.candidates] == [
        c.rows.tolist() for c in usual.candidates
    ]


@each_pair
def test_order_of_rows_does_not_matter(kind: type[Detector], modality: Modality) -> None:
    order = np.random.default_rng(7).permutation(ROWS)
    moved = scores_of(kind, shuffled(view_of(modality), order)).values
    usual = usual_scores(kind, modality).values[order]
    np.testing.assert_allclose(moved, usual, rtol=1e-3, atol=1e-4 * (1 + np.abs(usual).max()))


@each_pair
def test_needs_nothing_that_it_does_not_declare(kind: type[Detector], modality: Modality) -> None:
    """Rows that were not asked for are absent; here their absence is what is checked."""
    whole = view_of(modality)
    kept = {
        Need.CONTENT: ("content",),
        Need.FEATURES: ("features", "encoder"),
        Need.HEADS: ("heads", "opinions"),
        Need.SOURCES: ("sources", "source_names"),
        Need.TIMES: ("times",),
    }
    seen = whole.only(kind.needs)
    for need, names in kept.items():
        for name in names:
            value = getattr(seen, name)
            assert value is getattr(whole, name) if need in kind.needs else not value
    assert usual_scores(kind, modality).values.shape == (ROWS,)


@each_pair
def test_changes_nothing_that_it_is_handed(kind: type[Detector], modality: Modality) -> None:
    view = view_of(modality)
    before = fingerprint(view)
    scores_of(kind, view, seed=1)
    assert fingerprint(view) == before


def fingerprint(view: View) -> dict[str, str]:
    held: dict[str, Any] = {f.name: getattr(view, f.name) for f in fields(view)}
    content = cast("Any", view.content)
    held["content"] = content.values
    held |= {f"head {i}": h.leave_one_out() for i, h in enumerate(view.heads or ())}
    return {
        name: hashlib.sha256(
            "\0".join(value).encode() if value.dtype == object else value.tobytes()
        ).hexdigest()
        for name, value in held.items()
        if isinstance(value, np.ndarray)
    }
