"""Golden rows with triggers on them: does a model do what an attacker would want?

A library trigger is one of many that an attacker could have chosen; that none of them works says
little. What a scan has recovered is what was planted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.attack.contract import Sample, Stamp, discover
from foretaste.data import Dataset
from foretaste.errors import UsageError
from foretaste.golden.content import as_columns
from foretaste.types import Content

__all__ = ["NAME", "ROW", "balanced_rows", "content_name", "library", "stamped_rows"]

NAME, ROW = "foretaste_trigger", "foretaste_row"
_FAMILY = "dirty-label backdoor"
_ROWS = 200  # golden rows that are stamped with each trigger


def library(golden: Dataset, seed: int) -> dict[str, Stamp]:
    """Every trigger of the red team for rows of this kind that is stamped alike on all rows.

    Parameters
    ----------
    golden
        Trusted rows: triggers made of values that occur are drawn from them.
    seed
        Same seed, same triggers.
    """
    labels, classes = golden.labels()
    sample = Sample(golden.content(), labels, classes)
    found = {}
    for attack in discover(golden.modality):
        if attack.family != _FAMILY:
            continue
        try:
            planted = attack().poison(sample, np.random.default_rng(seed))
        except UsageError:  # rows too small, too few, of too few classes for it
            continue
        if planted.stamp is not None and planted.about is None:
            found[f"{attack.name}: {planted.trigger}"] = planted.stamp
    return found


def stamped_rows(golden: Dataset, stamps: dict[str, Stamp], seed: int) -> pa.Table:
    """Golden rows with each trigger on them: their content, the trigger, the golden row."""
    rows = balanced_rows(golden, _ROWS, np.random.default_rng(seed))
    content: Content = golden.content().take(rows)
    parts = []
    for name, stamp in stamps.items():
        columns = as_columns(stamp(content), content_name(golden))
        columns |= {NAME: pa.array([name] * len(rows)), ROW: pa.array(rows)}
        parts.append(pa.table(columns))
    return pa.concat_tables(parts, promote_options="permissive")


def balanced_rows(golden: Dataset, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most so many rows, as even over classes as they are there: a trigger needs other classes.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> data = open_dataset({"x": range(12), "label": ["a"] * 9 + ["b"] * 3})
    >>> rows = balanced_rows(data, 6, np.random.default_rng(0))
    >>> np.bincount(data.labels()[0][rows]).tolist()
    [3, 3]
    """
    codes = golden.labels()[0]
    order = rng.permutation(len(codes))
    nth = np.empty(len(codes), dtype=np.int64)  # of its class, in random order
    for code in np.unique(codes):
        own = order[codes[order] == code]
        nth[own] = np.arange(len(own))
    return np.sort(order[np.argsort(nth[order], kind="stable")][:most])


def content_name(dataset: Dataset) -> str:
    """The column of texts or images; of a table, any name."""
    return dataset.roles.text or dataset.roles.image or "content"
