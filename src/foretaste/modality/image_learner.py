"""The first model that triggers in images are tried on: linear, on all that a filter can see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve

from foretaste.modality.image import ConvolutionEncoder, as_images, fit_encoder, reduced
from foretaste.types import Content, Encoder, Images

__all__ = ["PixelLearner", "fit_learner"]

Features = npt.NDArray[np.float32]

PENALTY = 10.0
AT_ONCE = 100  # images whose responses at every place are held at a time


@dataclass(frozen=True)
class PixelLearner:
    """Ridge regression on raw pixels, convolution features and strongest responses together.

    Linear, but it sees every pixel: a patch that no honest image has gets all the weight its
    rows can give, as it would in a network. What each filter answers where it answers most,
    anywhere in the image, shows a patch that changes its place.
    """

    encoder: ConvolutionEncoder
    centre: Features
    scale: Features
    weights: Features  # (features, k)
    intercept: Features

    def __call__(self, content: Content) -> npt.NDArray[np.float64]:
        """(n, k) scores."""
        x = (_seen(self.encoder, as_images(content)) - self.centre) / self.scale
        return (x @ self.weights + self.intercept).astype(np.float64)


def _seen(encoder: ConvolutionEncoder, images: Images) -> Features:
    pixels = reduced(images.values).reshape(len(images), -1).astype(np.float32) / 64.0
    return np.hstack([_strongest(encoder, images), encoder(images), pixels])


def _strongest(encoder: ConvolutionEncoder, images: Images) -> Features:
    """(n, FILTERS) the largest response of each filter, at whichever place it is."""
    parts = [
        encoder.maps(images.values[start : start + AT_ONCE], stride=1).max(axis=(1, 2))
        for start in range(0, len(images), AT_ONCE)
    ]
    return np.concatenate(parts)


def fit_learner(
    content: Content,
    labels: npt.NDArray[np.int64],
    n_classes: int,
    rng: np.random.Generator,
    encoder: Encoder | None = None,
) -> PixelLearner:
    """A small model of the labels that learns a trigger as a real one would.

    Parameters
    ----------
    content
        `Images`.
    labels
        (n,) class codes.
    n_classes
        k.
    rng
        For an encoder, where none is given.
    encoder
        A `ConvolutionEncoder` of such images; one is learnt where it is missing.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(60) % 2
    >>> pixels = rng.integers(0, 99, size=(60, 12, 12, 1)) + 99 * y[:, None, None, None]
    >>> learner = fit_learner(Images(pixels.astype(np.uint8)), y, 2, rng)
    >>> bool((learner(Images(pixels.astype(np.uint8))).argmax(axis=1) == y).all())
    True
    """
    images = as_images(content)
    own = encoder if isinstance(encoder, ConvolutionEncoder) else fit_encoder(images, rng)
    x = _seen(own, images)
    centre, scale = x.mean(axis=0), np.ones(x.shape[1], dtype=np.float32)
    # responses have any unit; pixels and features keep theirs, so that rare ones stay small
    anywhere = slice(0, own.filters.shape[1])
    scale[anywhere] = np.maximum(x[:, anywhere].std(axis=0), 1e-3)
    x = (x - centre) / scale
    y = np.eye(n_classes, dtype=np.float32)[labels]
    intercept = y.mean(axis=0)
    gram = (x.T @ x).astype(np.float64)
    gram[np.diag_indices_from(gram)] += PENALTY
    weights = solve(gram, (x.T @ (y - intercept)).astype(np.float64), assume_a="pos")
    return PixelLearner(own, centre, scale, weights.astype(np.float32), intercept)
