"""Rows whose neighbours in feature space carry another label."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["DeepKnn"]


class DeepKnn:
    """Deep k-NN (Peri et al. 2020, arXiv 1909.13374): the plurality of k neighbours decides."""

    name: ClassVar[str] = "deep-kNN"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = ""
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ("k = 10", "k = half a class", "k = a class")

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: the lead of the most frequent foreign label over the row's own."""
        smallest = int(np.bincount(seen.labels)[np.unique(seen.labels)].min())
        k = {"k = 10": 10, "k = half a class": smallest // 2, "k = a class": smallest}[setting]
        k = min(max(k, 3), 200, len(seen.labels) - 2)  # memory: n × k neighbours
        found = NearestNeighbors(n_neighbors=k + 1).fit(seen.features)
        near = seen.labels[found.kneighbors(seen.features, return_distance=False)[:, 1:]]
        votes = np.stack([(near == c).mean(axis=1) for c in range(len(seen.sample.classes))], 1)
        own = votes[np.arange(len(votes)), seen.labels]
        votes[np.arange(len(votes)), seen.labels] = -1.0
        lead = votes.max(axis=1) - own
        return Answer(lead, lead > 0)
