"""How far two models say the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.report.trace_findings import Agreement

__all__ = ["agreement"]


def agreement(of: str, one: npt.NDArray[np.integer], other: npt.NDArray[np.integer]) -> Agreement:
    """Share of rows on which `one` and `other` say the same, with its exact interval.

    Clopper and Pearson 1934, "The use of confidence or fiducial limits".

    Examples
    --------
    >>> import numpy as np
    >>> round(agreement("m", np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])).share, 2)
    0.75
    """
    n, same = len(one), int((one == other).sum())
    low = float(stats.beta.ppf(0.025, same, n - same + 1)) if same else 0.0
    high = float(stats.beta.ppf(0.975, same + 1, n - same)) if same < n else 1.0
    return Agreement(of, same / max(n, 1), low, high, n)
