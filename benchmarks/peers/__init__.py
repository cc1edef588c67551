"""The peers: one file each, found by walking this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from benchmarks.peers.protocol import Answer, Peer

__all__ = ["Answer", "Peer", "discover"]


def discover() -> list[type[Peer]]:
    """Every peer, sorted by name."""
    found: dict[str, type[Peer]] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        for value in vars(module).values():
            own = inspect.isclass(value) and value.__module__ == module.__name__
            if own and hasattr(value, "needs") and entry.name != "protocol":
                found[value.name] = value
    return [found[name] for name in sorted(found)]
