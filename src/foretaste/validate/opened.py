"""Rows of anything, without a question asked of their values, and what is known beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from foretaste.data.dataset import Dataset
from foretaste.data.open import open_rows
from foretaste.data.rows import Rows
from foretaste.types import Roles

__all__ = ["Opened", "open_any"]


@dataclass(frozen=True)
class Opened:
    """Rows, and the roles of their columns where the data set was opened with roles."""

    name: str  # for people
    rows: Rows
    roles: Roles | None = None


def open_any(data: Any) -> Opened:
    """Rows of a path, a frame, a table ... or of a `Dataset` that was opened before.

    Examples
    --------
    >>> opened = open_any({"size": [1.5, None]})  # no label is needed
    >>> opened.name, opened.rows.n_rows
    ('dict', 2)
    """
    if isinstance(data, Opened):
        return data
    if isinstance(data, Dataset):
        return Opened(data.name, data.rows, data.roles)
    is_path = isinstance(data, str | os.PathLike)
    name = os.fspath(data) if is_path else type(data).__name__
    return Opened(str(name), open_rows(data))
