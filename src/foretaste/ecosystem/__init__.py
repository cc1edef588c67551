"""foretaste in the tools that people already use, and their detectors in foretaste.

==================  =====================================================================
`PoisonFilter`      scikit-learn: the last step of a pipeline, fitted on what is not flagged
`CleanlabDetector`  cleanlab's label quality, beside our detectors
`PyodDetector`      any PyOD model, beside our detectors
`ArtDetector`       any poisoning detector of the Adversarial Robustness Toolbox, beside ours
`ArtDefence`        our scan as one of the Adversarial Robustness Toolbox's
`CleanRows`         torch: a data set without its flagged rows
`PoisonGuard`       Lightning: no fit on data that is blocked, or that is not what was scanned
`annotated`         Hugging Face: a data set with what was found, in columns
==================  =====================================================================

Nothing here is imported before it is used, and each names the package that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretaste.ecosystem.art_defence import ArtDefence
    from foretaste.ecosystem.art_detector import ArtDetector
    from foretaste.ecosystem.cleanlab_detector import CleanlabDetector
    from foretaste.ecosystem.hugging_face import annotated
    from foretaste.ecosystem.lightning_guard import PoisonGuard
    from foretaste.ecosystem.poison_filter import PoisonFilter
    from foretaste.ecosystem.pyod_detector import PyodDetector
    from foretaste.ecosystem.torch_rows import CleanRows

__all__ = [
    "ArtDefence",
    "ArtDetector",
    "CleanRows",
    "CleanlabDetector",
    "PoisonFilter",
    "PoisonGuard",
    "PyodDetector",
    "annotated",
]

_HOMES = {
    "ArtDefence": "art_defence",
    "ArtDetector": "art_detector",
    "CleanRows": "torch_rows",
    "CleanlabDetector": "cleanlab_detector",
    "PoisonFilter": "poison_filter",
    "PoisonGuard": "lightning_guard",
    "PyodDetector": "pyod_detector",
    "annotated": "hugging_face",
}


def __getattr__(name: str) -> Any:
    """Load on first use."""
    import importlib  # noqa: PLC0415

    if name not in _HOMES:
        raise AttributeError(f"module 'foretaste.ecosystem' has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
