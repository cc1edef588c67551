"""P-values of single rows, and which of them are flagged.

Conformal: a row's p-value is the share of comparable scores that are as high. Comparable are the
rows of the same label from *other sources*, once a source is guilty; without one, the scores
that matched references give to the same rows. Benjamini and Hochberg (1995) choose among them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.types import Bools, Floats

__all__ = ["benjamini_hochberg", "conformal"]


def conformal(scores: npt.NDArray[np.floating], null: npt.NDArray[np.floating]) -> Floats:
    """(m,) share of `null` that is at least as high, the row itself counted.

    Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> conformal(np.array([9.0, 0.0]), np.arange(4.0)).tolist()
    [0.2, 1.0]
    """
    ordered = np.sort(null, axis=None)
    as_high = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return np.asarray((1.0 + as_high) / (1.0 + len(ordered)))


def benjamini_hochberg(p_values: Floats, rate: float) -> Bools:
    """Which hypotheses are rejected at a false-discovery rate of `rate`.

    Examples
    --------
    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.9]), 0.1).tolist()
    [True, True, False]
    """
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    kept = np.flatnonzero(p_values[order] <= rate * np.arange(1, m + 1) / max(m, 1))
    chosen = np.zeros(m, dtype=np.bool_)
    if len(kept):
        chosen[order[: kept[-1] + 1]] = True
    return chosen
