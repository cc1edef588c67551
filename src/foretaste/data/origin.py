"""The type the user gave, so that rows can be handed back in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Origin"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Origin:
    """How to give rows back: `give` maps row numbers of the user's object to its own type.

    Where the rows are already a selection, `chosen` has their row numbers in the user's object.
    """

    give: Callable[[Ints], Any] | None = None
    chosen: Ints | None = None

    def take(self, rows: Ints) -> Origin:
        """The origin of the selected rows."""
        return Origin(self.give, rows if self.chosen is None else self.chosen[rows])
