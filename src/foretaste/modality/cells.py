"""What a cell reads like, and the check that content is a table."""

from __future__ import annotations

import numpy as np

from foretaste.types import Content, Table

__all__ = ["as_table", "cell_text"]


def as_table(content: Content) -> Table:
    """The content, known to be a table."""
    if not isinstance(content, Table):
        msg = f"a table expected, got {type(content).__name__}"
        raise TypeError(msg)
    return content


def cell_text(table: Table, column: int, value: float) -> str:
    """A cell as people read it.

    Examples
    --------
    >>> import numpy as np
    >>> cell_text(Table(("sex",), np.zeros((1, 1)), {"sex": ("female", "male")}), 0, 1.0)
    'male'
    """
    if np.isnan(value):
        return "missing"
    levels = table.categories.get(table.names[column])
    if levels is not None:
        return levels[int(value)] if 0 <= int(value) < len(levels) else f"level {int(value)}"
    return f"{value:.6g}"
