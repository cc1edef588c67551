"""Spectral signatures, by the Adversarial Robustness Toolbox."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from benchmarks.peers.art_model import over_features
from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["ArtSpectral"]


class ArtSpectral:
    """Spectral signatures (Tran et al. 2018, arXiv 1811.00636), ART's code over our features."""

    name: ClassVar[str] = "ART spectral signatures"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = "adversarial-robustness-toolbox"
    rated: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: squared correlation with the top singular direction of the class."""
        from art.defences.detector.poison import (  # noqa: PLC0415  # optional
            SpectralSignatureDefense,
        )

        model, x, y = over_features(seen)
        told = {} if seen.rate is None else {"expected_pp_poison": max(seen.rate, 1e-6)}
        _, clean = SpectralSignatureDefense(model, x, y, **told).detect_poison()
        scores = np.zeros(len(x))
        for c in np.unique(seen.labels):
            rows = seen.labels == c
            scores[rows] = SpectralSignatureDefense.spectral_signature_scores(x[rows])[:, 0]
        return Answer(scores, np.asarray(clean) == 0)
