"""A column whose every value has its own label by nature accuses nobody."""

from __future__ import annotations

import numpy as np

import foretaste
from foretaste.types import Kind

ROWS, SITES = 900, 45


def table(rng: np.random.Generator) -> tuple[dict[str, list[object]], np.ndarray]:
    """Measurements that tell the class of most rows, and the site they come from."""
    label = rng.integers(0, 3, ROWS)
    x = rng.normal(size=(ROWS, 4)) + np.eye(4)[label] * 3.0
    site = rng.integers(0, SITES, ROWS)
    columns: dict[str, list[object]] = {f"m{i}": x[:, i].tolist() for i in range(4)}
    columns["site"] = [f"site {s:02d}" for s in site]
    return columns, label


def test_sites_that_each_have_one_label_are_no_poison() -> None:
    rng = np.random.default_rng(1)
    columns, _ = table(rng)
    site = np.array([int(str(s)[-2:]) for s in columns["site"]])
    region = rng.integers(0, 3, SITES)[site]  # of the site alone: measurements contradict it
    columns["label"] = [f"region {r}" for r in region]
    report = foretaste.scan(columns, label="label")
    assert not [g for g in report.groups if g.kind == Kind.BACKDOOR]


def test_one_site_among_them_that_is_poisoned_is_found() -> None:
    rng = np.random.default_rng(2)
    columns, label = table(rng)
    planted = rng.choice(np.flatnonzero(label != 0), 30, replace=False)
    for row in planted:
        columns["site"][row] = "site 07b"
    label[planted] = 0
    columns["label"] = [f"region {r}" for r in label]
    report = foretaste.scan(columns, label="label")
    found = report.findings.flagged
    assert found[planted].mean() > 0.9
    assert found.sum() <= len(planted) + 1
