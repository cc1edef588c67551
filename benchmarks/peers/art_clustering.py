"""Activation clustering, by the Adversarial Robustness Toolbox."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from benchmarks.peers.art_model import over_features
from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["ArtClustering"]


class ArtClustering:
    """Activation clustering (Chen et al. 2018, arXiv 1811.03728), ART's code over our features."""

    name: ClassVar[str] = "ART activation clustering"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = "adversarial-robustness-toolbox"
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = (
        "smaller",
        "relative-size",
        "distance",
        "silhouette-scores",
    )

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:
        """Score: a flagged row's cluster, the smaller a share of its class the more suspicious."""
        from art.defences.detector.poison import ActivationDefence  # noqa: PLC0415  # optional

        np.random.seed(int(rng.integers(2**31)))  # noqa: NPY002  # ART clusters from the global state
        model, x, y = over_features(seen)
        defence = ActivationDefence(model, x, y)
        few = min(10, x.shape[1], int(np.bincount(seen.labels).min()))
        _, clean = defence.detect_poison(
            nb_clusters=2, nb_dims=few, reduce="PCA", cluster_analysis=setting
        )
        flagged = np.asarray(clean) == 0
        share = np.zeros(len(x))
        for c, clusters in enumerate(defence.clusters_by_class):
            rows = np.flatnonzero(seen.labels == c)
            share[rows] = np.bincount(clusters)[clusters] / max(len(rows), 1)
        return Answer(flagged + 1.0 - share, flagged)
