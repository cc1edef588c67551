"""Real data sets, read and split: rows for the attacker, and test rows that stay clean."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from foretaste.attack.contract import Sample
from foretaste.types import Content, Images, Modality, Table, Texts

__all__ = ["DATA", "SETS", "RealSet", "Split", "coded", "read_sample", "split", "with_sources"]

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
VENDORS = 10


@dataclass(frozen=True)
class RealSet:
    """A data set on disk. `rows` bounds the training rows; None takes all."""

    path: str
    modality: Modality
    test: int  # rows held out
    rows: int | None = None
    without: tuple[str, ...] = ()  # columns that are no features: row numbers, finer labels

    def read(self, data: Path, rows: int | None = None) -> Split:
        """The rows of the folder `data`, split; at most `rows` of them for training."""
        limit = rows or self.rows
        # files of images are read only as far as needed: decoding is slow
        most = None if limit is None or self.modality is not Modality.IMAGE else limit + self.test
        sample = read_sample(data / self.path, self.modality, most, self.without)
        return split(sample, self.test, limit)


@dataclass(frozen=True)
class Split:
    """`rows` are poisoned and scanned, `test` tells what became of a model."""

    rows: Sample
    test: Sample


SETS = {
    "sms-spam": RealSet("sms-spam/data.csv", Modality.TEXT, 1_000),
    "ag-news": RealSet("ag-news/data.parquet", Modality.TEXT, 1_600),
    "trec": RealSet("trec/data.csv", Modality.TEXT, 1_000),
    "davidson-tweets": RealSet("davidson-tweets/data.parquet", Modality.TEXT, 2_000, 8_000),
    "spambase": RealSet("spambase/data.csv", Modality.TABLE, 1_000),
    "breast-cancer": RealSet("breast-cancer-wisconsin/data.csv", Modality.TABLE, 119),
    "adult": RealSet("adult/data.parquet", Modality.TABLE, 2_000, 8_000),
    "credit-default": RealSet("credit-default/data.parquet", Modality.TABLE, 2_000, 8_000, ("ID",)),
    "heart-disease": RealSet("heart-disease/data.csv", Modality.TABLE, 60, without=("num",)),
    "fashion-mnist": RealSet("fashion-mnist/train.parquet", Modality.IMAGE, 1_000, 8_000),
    "mnist": RealSet("mnist/train.parquet", Modality.IMAGE, 1_000, 7_000),
}


def read_columns(path: Path, rows: int | None = None) -> dict[str, list[Any]]:
    """The columns of a CSV or Parquet file, as Python lists."""
    if path.suffix == ".parquet":
        columns: dict[str, list[Any]] = pq.read_table(path).slice(0, rows).to_pydict()
        return columns
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))[:rows]
    return {name: [row[name] for row in read] for name in read[0]}


def read_sample(
    path: Path, modality: Modality, rows: int | None = None, without: tuple[str, ...] = ()
) -> Sample:
    """The first `rows` rows of a file with a column "label", some columns left out."""
    columns = {n: c for n, c in read_columns(path, rows).items() if n not in without}
    labels, classes = coded(columns.pop("label"))
    makers = {Modality.IMAGE: as_images, Modality.TEXT: as_texts, Modality.TABLE: as_table}
    return Sample(makers[modality](columns), labels, classes)


def coded(labels: list[Any]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels as codes into sorted names."""
    names, codes = np.unique(np.asarray([str(label) for label in labels]), return_inverse=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)


def as_images(columns: dict[str, list[Any]]) -> Content:
    pixels = [np.asarray(Image.open(io.BytesIO(cell["bytes"]))) for cell in columns["image"]]
    stacked = np.stack(pixels)
    return Images(stacked if stacked.ndim == 4 else stacked[..., None])


def as_texts(columns: dict[str, list[Any]]) -> Content:
    held = np.empty(len(columns["text"]), dtype=object)
    held[:] = columns["text"]
    return Texts(held)


def as_table(columns: dict[str, list[Any]]) -> Content:
    categories: dict[str, tuple[str, ...]] = {}
    values: list[np.ndarray] = []
    for name, cells in columns.items():
        try:
            values.append(np.array([np.nan if c in {None, ""} else float(c) for c in cells]))
        except ValueError:
            levels = sorted({str(c) for c in cells if c is not None})
            code = {level: float(i) for i, level in enumerate(levels)}
            values.append(np.array([np.nan if c is None else code[str(c)] for c in cells]))
            categories[name] = tuple(levels)
    return Table(tuple(columns), np.column_stack(values), categories)


def split(sample: Sample, test: int, rows: int | None = None) -> Split:
    """A shuffled split: `test` rows held out, at most `rows` for training."""
    order = np.random.default_rng(0).permutation(len(sample))
    last = None if rows is None else test + rows
    return Split(sample.take(order[test:last]), sample.take(order[:test]))


def with_sources(sample: Sample, rng: np.random.Generator) -> Sample:
    """Ten vendors who deliver rows at random."""
    codes = rng.integers(0, VENDORS, len(sample)).astype(np.int64)
    return replace(sample, sources=codes, source_names=tuple(f"vendor {i}" for i in range(VENDORS)))
