"""foretaste: tastes training data before a model does.

>>> import foretaste
>>> [name for name in sorted(foretaste.__all__) if name.islower()]
['drill', 'errors', 'fingerprint', 'guard', 'open', 'scan', 'trace', 'train']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretaste import errors

if TYPE_CHECKING:
    from foretaste import train
    from foretaste.data import open_dataset as open  # noqa: A004 - foretaste.open reads well
    from foretaste.drill.run import drill
    from foretaste.gate.guarding import guard
    from foretaste.influence.fingerprint import fingerprint
    from foretaste.report import Report
    from foretaste.scanning import scan
    from foretaste.trace.run import trace
    from foretaste.types import Policy, Verdict

__all__ = [
    "Policy",
    "Report",
    "Verdict",
    "drill",
    "errors",
    "fingerprint",
    "guard",
    "open",
    "scan",
    "trace",
    "train",
]

_ROOMS = {  # rooms that are themselves what a user reaches for
    "drill": "foretaste.drill",
    "trace": "foretaste.trace",
    "train": "foretaste.train",
}
_HOMES = {
    "Policy": ("foretaste.types", "Policy"),
    "Report": ("foretaste.report", "Report"),
    "Verdict": ("foretaste.types", "Verdict"),
    "guard": ("foretaste.gate.guarding", "guard"),
    "fingerprint": ("foretaste.influence.fingerprint", "fingerprint"),
    "open": ("foretaste.data", "open_dataset"),
    "scan": ("foretaste.scanning", "scan"),
}


def __getattr__(name: str) -> Any:
    """Load on first use: ``import foretaste`` stays fast."""
    import importlib  # noqa: PLC0415

    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'foretaste' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value
