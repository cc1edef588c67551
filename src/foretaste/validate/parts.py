"""The rows of one label or of one source in two samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from foretaste.data.loose import text_of
from foretaste.validate.sample import Sample, Trait

__all__ = ["MAX_PARTS", "Part", "parts_of"]

MAX_PARTS = 20  # the most frequent labels or sources
_MIN_ROWS = 30


@dataclass(frozen=True)
class Part:
    """Traits of some rows of the reference and of what is compared with it."""

    name: str  # "label = spam", or "" for all rows
    reference: Mapping[Trait, Any]
    current: Mapping[Trait, Any]
    column: str = ""  # the column that parts the rows

    def traits(self, column: str) -> Iterator[tuple[Trait, tuple[Any, Any]]]:
        """The traits of a column that both have."""
        for trait, values in self.reference.items():
            if trait.column == column and trait in self.current:
                yield trait, (values, self.current[trait])


def parts_of(reference: Sample, current: Sample, column: str) -> Iterator[Part]:
    """One part for every value of `column` that both samples have often enough.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> values = {Trait("y"): pa.array(["a", "b"] * 40), Trait("x"): pa.array([1.0] * 80)}
    >>> sample = Sample.of(np.arange(80, dtype=np.uint64), values)
    >>> [(part.name, len(part.reference[Trait("x")])) for part in parts_of(sample, sample, "y")]
    [('y = a', 40), ('y = b', 40)]
    """
    trait = Trait(column)
    if trait not in reference.values or trait not in current.values:
        return
    old, new = (text_of(sample.values[trait]) for sample in (reference, current))
    counted = pc.value_counts(old.drop_null()).to_pylist()
    counted.sort(key=lambda one: (-one["counts"], one["values"]))
    for value in [one["values"] for one in counted if one["counts"] >= _MIN_ROWS][:MAX_PARTS]:
        rows = [pc.fill_null(pc.equal(side, value), False) for side in (old, new)]
        if pc.sum(rows[1]).as_py() is None or pc.sum(rows[1]).as_py() < _MIN_ROWS:
            continue
        taken = [
            {t: values.filter(mask) for t, values in sample.values.items()}
            for sample, mask in zip((reference, current), rows, strict=True)
        ]
        yield Part(f"{column} = {value}"[:100], taken[0], taken[1], column)
