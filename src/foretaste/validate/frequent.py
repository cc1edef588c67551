"""The frequent values of a column, counted in bounded memory and mergeable.

Misra–Gries counters in their mergeable form (Agarwal et al., Mergeable Summaries, 2012): at most
`CAPACITY` values are kept; a value that is not kept, or the count of one that is, is short by at
most `slack` rows, and slack never exceeds rows / (CAPACITY + 1). While there are no more
different values than that, all counts are exact and slack is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.loose import text_of

__all__ = ["CAPACITY", "MAX_LENGTH", "Frequent"]

CAPACITY = 1000
MAX_LENGTH = 200  # characters kept of a value; longer ones count as one if these are the same


@dataclass(frozen=True)
class Frequent:
    """Counts of values, as text. Merging parts gives the whole, within `slack`.

    Examples
    --------
    >>> import pyarrow as pa
    >>> a, b = Frequent.of(pa.array(["x", "x", "y"])), Frequent.of(pa.array(["y", None]))
    >>> dict(a.merged(b).counts), a.merged(b).slack
    ({'x': 2, 'y': 2}, 0)
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    slack: int = 0

    @property
    def exact(self) -> bool:
        """Whether every value is here, with its exact count."""
        return self.slack == 0

    @classmethod
    def of(cls, values: Any) -> Frequent:
        """The values of an Arrow array; missing ones do not count."""
        counted = pc.value_counts(values.drop_null())
        names, sizes = counted.field("values"), counted.field("counts").to_numpy()
        slack = 0
        if len(sizes) > CAPACITY:  # most are rare: decide before they become Python objects
            slack = int(np.partition(sizes, -CAPACITY - 1)[-CAPACITY - 1])
            keep = sizes > slack
            names, sizes = names.filter(pa.array(keep)), sizes[keep] - slack
        texts = text_of(names)
        texts = pc.utf8_slice_codeunits(texts, 0, MAX_LENGTH).to_pylist()
        counts: dict[str, int] = {}
        for text, size in zip(texts, sizes.tolist(), strict=True):
            counts[text] = counts.get(text, 0) + size
        return cls(counts, slack)

    def merged(self, other: Frequent) -> Frequent:
        """Both together."""
        counts = dict(self.counts)
        for name, size in other.counts.items():
            counts[name] = counts.get(name, 0) + size
        slack = self.slack + other.slack
        if len(counts) > CAPACITY:
            cut = sorted(counts.values(), reverse=True)[CAPACITY]
            counts = {name: size - cut for name, size in counts.items() if size > cut}
            slack += cut
        return Frequent(counts, slack)
