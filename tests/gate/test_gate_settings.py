"""foretaste.toml: what is read, and how each mistake is told."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.errors import UsageError
from foretaste.gate.settings import (
    Action,
    DataSection,
    GatePolicy,
    GateSection,
    QuarantineSection,
    ScanSection,
    load_settings,
)
from foretaste.gate.toml_sections import read_section

SMALL = 'version = 1\n[data]\npath = "rows.csv"\n'


def written(folder: Path, text: str) -> Path:
    (folder / "foretaste.toml").write_text(text)
    return folder / "foretaste.toml"


def test_only_the_path_is_needed(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, SMALL))
    assert found.path(found.data.path) == tmp_path / "rows.csv"
    assert found.policy.confirmed is Action.BLOCK
    assert found.data.label is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "version: expected 1, got None"),
        ("version = 2\n", "version: expected 1, got 2"),
        ("version = true\n", "version: expected 1"),
        ("version = 1\n", r"\[data\] is missing"),
        ("version = 1\n[data]\n", r"\[data\]: path is missing"),
        ("version = 1\n[data]\npath = 3\n", r"\[data\] path: expected text, got 3"),
        ("version = 1\ndata = 3\n", r"\[data\]: expected a table"),
        (SMALL + "[polcy]\n", r"there is no section \[polcy\]"),
        (SMALL + "[policy]\nsuspekt = 1\n", "did you mean 'suspect'"),
        (SMALL + '[policy]\nsuspect = "ignore"\n', "one of block, quarantine, warn, got 'ignore'"),
        (SMALL + "[policy]\nmax_quarantined = 5\n", "a share from 0 to 1, got 5"),
        (SMALL + "[policy]\nmax_quarantined = nan\n", "a share from 0 to 1"),
        (SMALL + "[policy]\nrescan = 1\n", "expected true or false, got 1"),
        (SMALL + "[scan]\nseed = true\n", "expected a whole number, got True"),
        (SMALL + '[policy]\noptional_detectors = "x"\n', "expected a list"),
        (SMALL + "[policy]\noptional_detectors = [1]\n", r"optional_detectors\[0\]: expected text"),
        (SMALL + "[gate]\nkeep = 0\n", "at least 1 run stays"),
        (SMALL + "[gate]\nmax_age_days = inf\n", "days above 0"),
        ('version = 1\n[data]\npath = "a\\u0000b"\n', "null character"),
        ("version = 1\nversion = 1\n", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("a = " + "9" * 5000, "not TOML"),
        ("# " + "x" * 1_000_001, "above 1 MB"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        load_settings(written(tmp_path, text))
    assert "foretaste.toml" in str(caught.value) or "[" in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "foretaste.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not TOML"):
        load_settings(tmp_path / "foretaste.toml")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="foretaste init DATA writes one"):
        load_settings(tmp_path / "foretaste.toml")


_SECTIONS = (DataSection, GatePolicy, GateSection, QuarantineSection, ScanSection)
_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text("ab\0", max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=2),
    max_leaves=6,
)
_NAMES = st.sampled_from(["path", "suspect", "keep", "recipients", "seed", "rescan", "key", "x"])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_SECTIONS), st.dictionaries(_NAMES, _VALUES, max_size=3))
def test_no_value_crashes_the_reader(kind: type[Any], table: dict[str, object]) -> None:
    with suppress(UsageError):
        section = read_section(kind, table, "[section]")
        assert all(name in vars(section) for name in table)


def test_what_init_writes_is_read_and_is_the_default(project: Callable[..., Path]) -> None:
    usual = {"max_quarantined": "0.05", "max_quarantined_of_class": "0.25", "rescan": "true"}
    file = project(poisoned=False, **usual, confirmed='"block"')
    found = load_settings(file)
    document = tomllib.loads(file.read_text())
    assert (found.data.label, found.data.source) == ("label", "")
    small = load_settings(written(file.parent / ".foretaste", SMALL))
    assert found.policy == small.policy
    assert found.gate == small.gate
    assert found.store == small.store
    assert set(document) == {"version", *(k for k in vars(found) if k != "root")}


def test_the_digest_is_of_what_decides(project: Callable[..., Path]) -> None:
    file = project(poisoned=False)
    before = load_settings(file).digest
    file.write_text(file.read_text() + "# a comment\n")
    assert load_settings(file).digest == before
    file.write_text(file.read_text().replace("seed = 0", "seed = 1"))
    assert load_settings(file).digest != before
