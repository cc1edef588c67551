"""Real data sets open with the roles a person would give."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretaste.data import open_dataset

REAL = Path(__file__).parents[2] / "../shared/data"


@pytest.mark.parametrize(
    ("path", "modality", "rows", "classes", "others"),
    [
        ("adult/data.parquet", "table", 32561, 2, {}),
        ("ag-news/data.parquet", "text", 7600, 4, {"text": "text"}),
        ("breast-cancer-wisconsin/data.csv", "table", 569, 2, {}),
        ("breastmnist/train.parquet", "image", 546, 2, {"image": "image"}),
        ("credit-default/data.parquet", "table", 30000, 2, {"id": "ID"}),
        ("davidson-tweets/data.parquet", "text", 24783, 3, {"id": "row", "text": "text"}),
        ("deceptive-opinion-spam/data.csv", "text", 1600, 2, {"source": "source", "text": "text"}),
        ("heart-disease/data.csv", "table", 303, 2, {}),
        ("spambase/data.csv", "table", 4601, 2, {}),
        ("sms-spam/data.csv", "text", 5574, 2, {"text": "text"}),
        ("trec/data.csv", "text", 5452, 6, {"text": "text"}),
    ],
)
def test_opened(path: str, modality: str, rows: int, classes: int, others: dict[str, str]) -> None:
    if not (REAL / path).exists():
        pytest.skip(f"real data set {path} is not here")
    data = open_dataset(REAL / path)
    roles = data.roles
    named = {r: getattr(roles, r) for r in ("source", "id", "time", "text", "image", "embedding")}
    assert {role: name for role, name in named.items() if name is not None} == others
    assert (data.modality, len(data), len(data.labels()[1])) == (modality, rows, classes)
    assert len(data.content()) == rows
    assert len(set(data.row_digests())) > 0.9 * rows
