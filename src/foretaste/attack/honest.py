"""Building blocks of placebos: nothing is poison, whatever it looks like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample

__all__ = ["innocent", "kept_rows", "with_source"]

Ints = npt.NDArray[np.int64]


def innocent(sample: Sample, looks_like: str, origin: Ints | None = None) -> Poisoned:
    """A result in which no row is poison."""
    truth = np.zeros(len(sample), dtype=np.bool_)
    return Poisoned(sample=sample, truth=truth, trigger=f"none: {looks_like}", origin=origin)


def kept_rows(sample: Sample, rows: Ints, looks_like: str) -> Poisoned:
    """Only `rows`, in their order, none of them poison."""
    return innocent(sample.take(rows), looks_like, origin=rows.astype(np.int64))


def with_source(sample: Sample, rows: Ints, name: str) -> Sample:
    """The same rows, `rows` of them from a new source `name`."""
    names = sample.source_names if sample.sources is not None else ("main",)
    sources = np.zeros(len(sample), np.int64) if sample.sources is None else sample.sources.copy()
    sources[rows] = len(names)
    return replace(sample, sources=sources, source_names=(*names, name))
