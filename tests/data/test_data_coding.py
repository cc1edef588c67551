"""Labels, sources, ids and times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from foretaste.data import open_dataset


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        (["b", "a", "b"], [1, 0, 1], ("a", "b")),
        ([10, 2, 10], [1, 0, 1], ("2", "10")),
        ([1.0, 0.0, 1.0], [1, 0, 1], ("0", "1")),
        ([0.5, 2.0, 0.5], [0, 1, 0], ("0.5", "2")),
        ([True, False, True], [1, 0, 1], ("False", "True")),
        (pa.array(["b", "a", "b"]).dictionary_encode(), [1, 0, 1], ("a", "b")),
        (pa.array([10, 2, 10]).dictionary_encode(), [1, 0, 1], ("2", "10")),
        (pa.array([3, 3, 3], pa.uint8()), [0, 0, 0], ("3",)),
        ([-1, 1, -1], [0, 1, 0], ("-1", "1")),
    ],
)
def test_labels(values: Any, codes: list[int], names: tuple[str, ...]) -> None:
    got = open_dataset({"x": [1, 2, 3], "label": values}).labels()
    assert got[0].dtype == np.int64
    assert (got[0].tolist(), got[1]) == (codes, names)


def test_declared_class_names() -> None:
    declared = b'{"info": {"features": {"label": {"names": ["zebra", "ant"]}}}}'
    table = pa.table({"x": [1, 2, 3], "label": [0, 1, 2]})
    codes, names = open_dataset(table.replace_schema_metadata({"huggingface": declared})).labels()
    assert names == ("2", "ant", "zebra")
    assert codes.tolist() == [2, 1, 0]


@pytest.mark.parametrize("broken", [b"no json", b"[]", b'{"info": null}', b"\xff"])
def test_broken_declarations_are_ignored(broken: bytes) -> None:
    table = pa.table({"x": [1, 2], "label": [0, 1]}).replace_schema_metadata(
        {"huggingface": broken}
    )
    assert open_dataset(table).labels()[1] == ("0", "1")


def test_sources_name_rows_without_one() -> None:
    data = open_dataset({"x": [1, 2, 3], "label": ["a"] * 3, "source": ["s", None, "t"]})
    sources = data.sources()
    assert sources is not None
    assert (sources[0].tolist(), sources[1]) == ([1, 0, 2], ("(no source)", "s", "t"))
    assert open_dataset({"x": [1], "label": ["a"]}).sources() is None


def test_ids_are_strings_and_duplicates_are_told() -> None:
    data = open_dataset({"x": [1, 2, 3], "label": ["a"] * 3, "id": [7, 7, None]})
    assert data.ids().tolist() == ["7", "7", "2"]
    assert "1 ids are not unique ('7' 2 times)" in "; ".join(data.warnings)
    assert open_dataset({"x": [4, 5], "label": ["a"] * 2}).ids().tolist() == ["0", "1"]


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (pa.array([1, None], pa.timestamp("ms")), [0.001, np.nan]),
        (pa.array([1, 0], pa.date32()), [86400.0, 0.0]),
        (["1970-01-01T00:00:01", "1970-01-01 00:00:02"], [1.0, 2.0]),
        (["1970-01-01T02:00:00+01:00", "1970-01-01"], [3600.0, 0.0]),
        ([1_600_000_000, 1_700_000_000], [1.6e9, 1.7e9]),
        ([1_600_000_000_000, 1_700_000_000_000], [1.6e9, 1.7e9]),
        ([1_600_000_000_000_000_000, None], [1.6e9, np.nan]),
        ([5.0, None], [5.0, np.nan]),
    ],
)
def test_times(values: Any, seconds: list[float]) -> None:
    times = open_dataset({"x": [1, 2], "label": ["a", "b"], "when": values}, time="when").times()
    assert times is not None
    np.testing.assert_allclose(times, seconds)


def test_without_a_time_column() -> None:
    assert open_dataset({"x": [1, 2], "label": ["a", "b"]}).times() is None
