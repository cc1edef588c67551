"""A batch of what a model said: hits and trials of every stream on every slice.

Columns of a batch, all but `prediction` optional: `label` (once it is known), `before` (what was
said of the same probe), `trigger` and `target` (of a stamped row), `canary` (bad or clean) and
`held`, `model` (its version), `id`, and the columns that are slices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from foretaste.data.open import open_rows
from foretaste.errors import UnreadableDataError
from foretaste.golden.slices import ALL

__all__ = ["Batch", "Series", "Stream", "read_batch", "series_of"]

Once = Callable[[str, str, str], bool]  # (model, stream, key): whether it is met for the first time
_TRUE = frozenset({"true", "1", "yes"})


class Stream(StrEnum):
    """What is counted."""

    ERRORS = "errors"  # labelled predictions that are wrong
    FLIPS = "flips"  # probes that are answered otherwise than before
    ATTACKS = "attacks"  # stamped rows that are read as the target
    CANARIES = "canaries"  # bad canaries that were not held
    MIX = "mix"  # predictions; the part is the class that was said


@dataclass(frozen=True)
class Series:
    """Trials of one model, stream and part, in the order of the batch."""

    model: str
    stream: Stream
    part: str  # a slice, a trigger; of the mix "", its words are the classes
    hits: tuple[bool, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What one file holds."""

    name: str
    digest: str  # hex SHA-256 of its bytes
    table: pa.Table


def read_batch(file: Path) -> Batch:
    """Read a batch: CSV, Parquet or JSON Lines.

    Raises
    ------
    UnreadableDataError
        It cannot be read, or has no column `prediction`.
    """
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UnreadableDataError(f"{file}: {error.strerror}; check the path") from error
    rows = open_rows(str(file))
    table = pa.Table.from_batches(list(rows.blocks(65536)), rows.schema)
    if "prediction" not in table.column_names:
        known = ", ".join(table.column_names[:10])
        raise UnreadableDataError(
            f"{file}: a batch needs a column 'prediction', got {known}; see foretaste watch --help"
        )
    return Batch(file.name, digest, table)


def series_of(batch: Batch, slices: tuple[str, ...], once: Once) -> Iterator[Series]:
    """All that a batch adds.

    Parameters
    ----------
    slices
        Columns whose values are slices of the errors.
    once
        Asked for each probe: an unchanged model that is asked again says nothing new.

    Raises
    ------
    UnreadableDataError
        A probe has no id, so that it cannot be told from one that was counted.
    """
    hits: dict[tuple[str, Stream, str], list[bool]] = {}
    said: dict[str, list[str]] = {}
    for number, row in enumerate(_rows(batch.table)):
        model = _text(row.get("model"))
        stream, hit = _judged(row)
        if stream in {Stream.MIX, Stream.ERRORS}:
            said.setdefault(model, []).append(_text(row["prediction"]))
        if stream in {Stream.FLIPS, Stream.ATTACKS}:
            probe = f"{_text(row.get('trigger'))}\0{_probe(batch, row, number)}"
            if not once(model, stream.value, probe):
                continue
        for part in _parts(row, stream, slices):
            hits.setdefault((model, stream, part), []).append(hit)
    for (model, stream, part), outcomes in hits.items():
        yield Series(model, stream, part, tuple(outcomes))
    for model, words in said.items():
        yield Series(model, Stream.MIX, "", words=tuple(words))


def _judged(row: dict[str, Any]) -> tuple[Stream, bool]:
    """What a row counts for, and whether it is a hit."""
    prediction = _text(row["prediction"])
    if _text(row.get("canary")) == "bad":
        return Stream.CANARIES, _text(row.get("held")).casefold() not in _TRUE
    if _text(row.get("trigger")):
        return Stream.ATTACKS, prediction == _text(row.get("target"))
    if _text(row.get("before")):
        return Stream.FLIPS, prediction != _text(row["before"])
    if _text(row.get("label")) and not _text(row.get("canary")):
        return Stream.ERRORS, prediction != _text(row["label"])
    return Stream.MIX, False


def _parts(row: dict[str, Any], stream: Stream, slices: tuple[str, ...]) -> list[str]:
    """What a row counts for within its stream."""
    if stream is Stream.MIX:
        return []
    if stream is Stream.ATTACKS:
        return [_text(row["trigger"])]
    if stream is not Stream.ERRORS:
        return [ALL]
    return [ALL, *(f"{name} = {_text(row[name]) or 'missing'}" for name in slices if name in row)]


def _probe(batch: Batch, row: dict[str, Any], number: int) -> str:
    known = _text(row.get("id"))
    if not known:
        raise UnreadableDataError(
            f"{batch.name}: row {number} is a probe without an id; give each probe one, "
            "so that it counts once a model"
        )
    return known


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for block in table.to_batches(max_chunksize=4096):
        yield from block.to_pylist()


def _text(value: Any) -> str:
    return "" if value is None else str(value)
