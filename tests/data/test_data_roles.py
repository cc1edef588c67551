"""Roles: what is inferred, what is stated, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from foretaste.data import open_dataset
from foretaste.errors import RoleError
from foretaste.types import Modality

SENTENCES = ["the cat sat on the old mat", "a dog ran over the green hill"]
BASE: dict[str, Any] = {"label": ["a", "b"], "size": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("column", "values", "role"),
    [
        ("vendor", ["v", "w"], "source"),
        ("Annotator ID", [7, 8], "source"),
        ("user", ["u", "u"], "source"),
        ("ID", [1, 1], "id"),
        ("row", [5, 6], "id"),
        ("uuid", ["q", "r"], "id"),
        ("Unnamed: 0", [0, 1], "id"),
        ("timestamp", [1.7e9, 1.7e9], "time"),
        ("created_at", ["2024-01-01T10:00:00Z", "2024-01-01"], "time"),
        ("anything at all", SENTENCES, "text"),
        ("text", ["good film", "bad film"], "text"),
        ("anything", [[0.1, 0.2], [0.3, 0.4]], "embedding"),
        # negatives: a telling name is not enough, or a type is not telling
        ("vendor", [0.5, 0.7], None),
        ("index", [1, 1], None),
        ("time", [12.0, 14.0], None),
        ("name", ["Ann", "Bob"], None),
        ("ragged", [[0.1, 0.2], [0.3]], None),
        ("bytes", [b"abc", b"def"], None),
        ("score", [0.1, 0.2], None),
        ("flagged", [True, False], None),
        ("why", ["x", "y"], None),
    ],
)
def test_inferred(column: str, values: list[Any], role: str | None) -> None:
    roles = open_dataset(BASE | {column: values}).roles
    named = ("source", "id", "time", "text", "image", "embedding")
    assert {r for r in named if getattr(roles, r) == column} == ({role} - {None})
    assert (column in roles.features) == (role is None)


@pytest.mark.parametrize("name", ["label", "Label", "y", "TARGET", "class", "category"])
def test_label_names(name: str) -> None:
    assert open_dataset({"x": [1, 2], name: ["a", "b"]}).roles.label == name


def test_better_label_name_wins_and_the_other_is_a_feature() -> None:
    roles = open_dataset({"target": [1, 2], "label": ["a", "b"]}).roles
    assert (roles.label, roles.features) == ("label", ("target",))


def test_stated_wins_and_empty_switches_off() -> None:
    data = BASE | {"vendor": ["v", "w"], "shop": ["s", "t"]}
    assert open_dataset(data, source="shop").roles.source == "shop"
    off = open_dataset(data, source="").roles
    assert off.source is None
    assert off.features == ("size", "vendor", "shop")


def test_stated_features_make_a_table_of_data_with_text() -> None:
    data = open_dataset(BASE | {"text": SENTENCES}, features=["size"])
    assert data.modality is Modality.TABLE
    assert data.roles.features == ("size",)
    assert data.roles.text is None


def test_output_names_as_columns() -> None:
    names = ("row", "score", "flagged", "kind", "group", "why")
    data = open_dataset(BASE | {name: ["p", "q"] for name in names}, id="")
    assert set(names) <= set(data.roles.features)
    assert len(data.content()) == 2


IMAGE = pa.array([b"x", b"y"], pa.binary())


@pytest.mark.parametrize(
    ("columns", "stated", "told"),
    [
        ({"x": [1]}, {}, ["no label column", "among x", "label=..."]),
        (BASE, {"label": "lable"}, ["'lable'", "label, size", "did you mean 'label'"]),
        (BASE, {"source": "zzz"}, ["source", "'zzz'", "label, size", "name one of these"]),
        (BASE, {"features": ["sise"]}, ["features", "did you mean 'size'"]),
        (BASE, {"id": "label"}, ["no label column", "label, size", "name it"]),
        (BASE, {"label": "size", "id": "size"}, ["'size'", "label", "id", "leave one"]),
        (BASE, {"features": ["label"], "label": "label"}, ["'label'", "features"]),
        (BASE, {"text": "size"}, ["text", "'size'", "double", "strings", "convert"]),
        (BASE, {"image": "size"}, ["image", "'size'", "bytes"]),
        (BASE, {"embedding": "size"}, ["embedding", "'size'", "lists of numbers"]),
        (BASE, {"time": "label"}, ["time", "'label'", "timestamps"]),
        (BASE | {"e": [[1], [2]]}, {"label": "e"}, ["label", "'e'", "list"]),
        ({"label": ["a", "b"]}, {}, ["no column is left", "give data"]),
        (BASE | {"label": ["a", None]}, {}, ["1 of 2 rows", "rows: 1", "or drop"]),
        (BASE | {"label": ["a", " "]}, {}, ["1 of 2 rows", "rows: 1", "or drop"]),
        (BASE | {"label": [np.nan, 2.0]}, {}, ["1 of 2 rows", "rows: 0", "or drop"]),
        (
            {"x": range(100), "label": np.linspace(0, 1, 100)},
            {},
            ["'label'", "100 different numbers", "regression", "bin"],
        ),
        (
            {"x": [1], "label": pa.array([0], pa.timestamp("s"))},
            {},
            ["'label'", "timestamp", "no class", "name a column"],
        ),
    ],
)
def test_refused(columns: Any, stated: Any, told: list[str]) -> None:
    with pytest.raises(RoleError) as error:
        open_dataset(columns, **stated)
    message = str(error.value)
    assert [part for part in told if part not in message] == [], message


def test_long_lists_of_columns_are_cut() -> None:
    with pytest.raises(RoleError, match=r"\.\.\. \(200 columns\)"):
        open_dataset({f"c{i}": [1] for i in range(200)})
