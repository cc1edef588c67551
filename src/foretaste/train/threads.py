"""Sums must not depend on how threads share them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any, cast

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


@cache
def _controller() -> ThreadpoolController:
    """Finding the libraries takes longer than many a small model."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Linear algebra on one thread, so that results are the same on any number of cores.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    return cast("AbstractContextManager[Any]", _controller().limit(limits=1))
