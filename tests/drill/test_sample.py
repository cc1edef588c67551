"""A data set survives the way to the red team and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste import open as open_dataset
from foretaste import scan
from foretaste.attack.contract import Sample
from foretaste.drill.sample import dataset_of, sample_of
from foretaste.errors import RoleError
from foretaste.types import Images, Table, Texts

cells = st.one_of(st.none(), st.floats(-1e9, 1e9))
levels = st.sampled_from(["01", "2", "x", None])


@given(st.lists(st.tuples(cells, levels, st.sampled_from("ab")), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_tables_come_back_equal(rows: list[tuple[float | None, str | None, str]]) -> None:
    numbers = np.array([np.nan if x is None else x for x, _, _ in rows])
    codes = np.array([np.nan if x is None else ["01", "2", "x"].index(x) for _, x, _ in rows])
    numbers[0], codes[0] = 1.0, 1.0  # a column without any value is no content
    table = Table(("n", "c"), np.column_stack([numbers, codes]), {"c": ("01", "2", "x")})
    sample = Sample(table, np.array([ord(c) - ord("a") for _, _, c in rows]), ("a", "b"))
    back = dataset_of(sample, "copy").content()
    assert isinstance(back, Table)
    assert back.names == table.names
    np.testing.assert_array_equal(back.values[:, 0], numbers)
    named = [None if np.isnan(v) else back.categories["c"][int(v)] for v in back.values[:, 1]]
    assert named == [None if np.isnan(v) else ("01", "2", "x")[int(v)] for v in codes]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_pixels_and_sources(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 7, channels), dtype=np.uint8)
    sources = np.array([0, 1, 1, 0, 2, 2])
    sample = Sample(Images(pixels), np.array([0, 1] * 3), ("no", "yes"), sources, ("u", "v", "w"))
    back = sample_of(dataset_of(sample, "copy"))
    np.testing.assert_array_equal(back.content.values, pixels)
    np.testing.assert_array_equal(back.labels, sample.labels)
    assert back.sources is not None
    np.testing.assert_array_equal(back.sources, sources)
    assert back.source_names == ("u", "v", "w")


def test_texts_keep_odd_characters() -> None:
    texts = np.array(["a\u200bb", "", "naïve 7", "  "], dtype=object)
    sample = Sample(Texts(texts), np.array([0, 1, 0, 1]), ("ham", "spam"))
    back = sample_of(dataset_of(sample, "copy"))
    assert back.content.values.tolist() == texts.tolist()
    assert back.sources is None


def test_a_feature_may_be_called_label() -> None:
    table = Table(("label", "source"), np.arange(8.0).reshape(4, 2))
    sample = Sample(table, np.array([0, 1, 0, 1]), ("a", "b"), np.zeros(4, np.int64), ("s",))
    dataset = dataset_of(sample, "copy")
    assert dataset.roles.label == "label_"
    assert dataset.roles.source == "source_"
    np.testing.assert_array_equal(sample_of(dataset).content.values, table.values)


def test_an_opened_data_set_can_be_scanned() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3))
    dataset = dataset_of(
        Sample(Table(("a", "b", "c"), x), (x[:, 0] > 0).astype(np.int64), ("n", "y")), "copy"
    )
    assert scan(dataset).name == "copy"
    assert open_dataset(dataset) is dataset
    with pytest.raises(RoleError, match="opened before"):
        scan(dataset, label="a")
