"""Detectors: one file each, found by walking this package. They look; they never judge.

To add one, put a file here with a single class that follows `foretaste.types.Detector`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Any

from foretaste.types import Detector, Layer

__all__ = ["discover"]


@cache
def discover() -> tuple[type[Detector], ...]:
    """Every detector class of this package, by name.

    Examples
    --------
    >>> "image-patches" in [d.name for d in discover()]
    True
    """
    found: dict[str, Any] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        member: Any
        for _, member in inspect.getmembers(module, inspect.isclass):
            is_detector = isinstance(getattr(member, "layer", None), Layer)
            if is_detector and member.__module__ == module.__name__:
                found[member.name] = member
    return tuple(found[name] for name in sorted(found))
