"""Spectral score within each class: correctly centred, whitened, robust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.types import Family, Floats, Layer, Modality, Need, Scores, View

__all__ = ["Spectral"]

DIMENSIONS = 64
MIN_ROWS = 30  # a class with fewer rows has no spectrum worth the name
SHARPNESS = 4.0  # of the quantum entropy weighting (alpha in the paper)
TRIM = 0.2  # share of rows left out of the robust covariance


@dataclass(frozen=True)
class _Spectrum:
    centre: Floats
    whiten: Floats
    weight: Floats  # quantum-entropy weights

    def __call__(self, x: Floats) -> Floats:
        z = (x - self.centre) @ self.whiten
        return np.asarray(np.einsum("nd,de,ne->n", z, self.weight, z))


@dataclass(frozen=True)
class _Spectra:
    by_class: dict[int, _Spectrum]

    def __call__(self, view: View) -> Scores:
        x = _leading(view)
        values = np.zeros(len(view))
        for c, spectrum in self.by_class.items():
            rows = view.labels == c
            if not rows.any():
                continue
            raw = spectrum(x[rows])
            middle = np.median(raw)
            spread = max(1.4826 * float(np.median(np.abs(raw - middle))), 1e-9)
            values[rows] = (raw - middle) / spread
        return Scores(values)


class Spectral:
    """Quantum-entropy score of robustly whitened features, within each class.

    Hayase et al. 2021, "SPECTRE", section 3; Tran, Li, Madry 2018 for the idea. No poison rate
    is asked for: rows are ranked, nothing is cut off.
    """

    name: ClassVar[str] = "spectral"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.FEATURES})

    def fit(self, view: View, rng: np.random.Generator) -> _Spectra:
        """A robust centre, covariance and weighting for each class."""
        del rng
        x = _leading(view)
        classes = np.flatnonzero(np.bincount(view.labels) >= MIN_ROWS)
        return _Spectra({int(c): _fit(x[view.labels == c]) for c in classes})


def _leading(view: View) -> Floats:
    if view.features is None:
        msg = "spectral needs features"
        raise ValueError(msg)
    return np.asarray(view.features[:, :DIMENSIONS], dtype=np.float64)


def _fit(x: Floats) -> _Spectrum:
    scale = np.maximum(x.std(axis=0), 1e-9)
    centre = np.median(x, axis=0)
    far = (((x - centre) / scale) ** 2).sum(axis=1)
    core = x[far <= np.quantile(far, 1.0 - TRIM)]
    centre = core.mean(axis=0)
    cov = np.cov(core - centre, rowvar=False).reshape(x.shape[1], x.shape[1])
    values, vectors = np.linalg.eigh(cov + 1e-6 * np.trace(cov) / len(cov) * np.eye(len(cov)))
    whiten = vectors / np.sqrt(np.maximum(values, 1e-12))
    z = (x - centre) @ whiten
    second = z.T @ z / len(z)
    excess, axes = np.linalg.eigh(second)
    excess = excess - 1.0
    top = float(excess.max())  # below 0 where nothing is wider than the core: few different rows
    weight = (axes * np.exp(SHARPNESS * (excess - top) / max(abs(top), 1e-9))) @ axes.T
    return _Spectrum(centre, whiten, weight / np.trace(weight))
