"""Images: label-free encoders and how an image is shown to a person."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.linalg import eigh
from sklearn.cluster import MiniBatchKMeans

from foretaste.modality import Learner
from foretaste.types import Content, Encoder, Images, Rendering, Trigger

__all__ = [
    "CoarseEncoder",
    "ConvolutionEncoder",
    "fit_coarse",
    "fit_encoder",
    "fit_learner",
    "fit_network",
    "fit_shared",
    "grey",
    "reduced",
    "render",
]

Features = npt.NDArray[np.float32]

PATCH = 6  # pixels, side of the learnt filters
PATCHES = 20_000  # whitened and clustered to filters
FILTERS = 192
DIMENSIONS = 500
ROWS_FOR_PCA = 4_000
ENCODED_SIDE = 32  # larger images are reduced to this side before filtering
BATCH = 500
COARSE_GRID = (4, 7)  # least and most cells a side of the coarse view, of 4 pixels
COARSE_DIMENSIONS = 20


def as_images(content: Content) -> Images:
    """The content, known to be images."""
    if not isinstance(content, Images):
        msg = f"images expected, got {type(content).__name__}"
        raise TypeError(msg)
    return content


def grey(values: npt.NDArray[np.uint8]) -> Features:
    """(n, h, w) luminance in 0..255 as float32."""
    if values.shape[3] == 1:
        return values[..., 0].astype(np.float32)
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(values.astype(np.float32) @ weights, dtype=np.float32)


def reduced(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The images with an integer block average that brings the longer side to about 32."""
    step = max(1, round(max(values.shape[1:3]) / ENCODED_SIDE))
    if step == 1:
        return values
    n, h, w, c = values.shape
    h, w = h // step * step, w // step * step
    blocks = values[:, :h, :w].reshape(n, h // step, step, w // step, step, c)
    return np.asarray(blocks.mean(axis=(2, 4)), dtype=np.uint8)


def _patches(values: npt.NDArray[np.uint8], stride: int) -> Features:
    """(n, rows, columns, PATCH·PATCH·c) brightness- and contrast-normalised patches."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (PATCH, PATCH), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    n, rows, columns = windows.shape[:3]
    flat = windows.reshape(n, rows, columns, -1).astype(np.float32)
    flat -= flat.mean(axis=3, keepdims=True)
    # 10 grey levels: patches flatter than that are noise and stay small (Coates & Ng 2011)
    flat /= np.sqrt(flat.var(axis=3, keepdims=True) + 100.0)
    return flat


@dataclass(frozen=True)
class ConvolutionEncoder:
    """Convolution with learnt, label-free filters; ReLU, pooling, PCA.

    Coates, Lee, Ng 2011, "An analysis of single-layer networks in unsupervised feature
    learning", sections 3.2 and 4; square root and PCA added.
    """

    filters: Features  # (PATCH·PATCH·c, FILTERS), whitening folded in
    offset: Features  # (FILTERS,)
    centre: Features
    scale: Features
    basis: Features  # (pooled, d)

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 features."""
        values = as_images(content).values
        out = np.empty((len(values), self.basis.shape[1]), dtype=np.float32)
        for start in range(0, len(values), BATCH):
            part = self.pooled(values[start : start + BATCH])
            out[start : start + BATCH] = ((part - self.centre) / self.scale) @ self.basis
        return out

    def maps(self, values: npt.NDArray[np.uint8], stride: int = 2) -> Features:
        """(n, rows, columns, FILTERS) how much stronger each filter responds than most do."""
        maps = _patches(reduced(values), stride) @ self.filters - self.offset
        maps -= maps.mean(axis=3, keepdims=True) + 0.5 * maps.std(axis=3, keepdims=True)
        np.maximum(maps, 0.0, out=maps)
        return np.asarray(maps, dtype=np.float32)

    def pooled(self, values: npt.NDArray[np.uint8]) -> Features:
        """(n, cells·FILTERS) square-rooted activations averaged over a grid of cells."""
        maps = self.maps(values)
        n, rows, columns, f = maps.shape
        size_r, size_c = max(1, rows // 4), max(1, columns // 4)
        rows, columns = rows // size_r * size_r, columns // size_c * size_c
        cells = maps[:, :rows, :columns].reshape(
            n, rows // size_r, size_r, columns // size_c, size_c, f
        )
        return np.asarray(np.sqrt(cells.mean(axis=(2, 4))).reshape(n, -1), dtype=np.float32)


def _filters(images: Images, rng: np.random.Generator) -> tuple[Features, Features]:
    """Whitened k-means centroids as linear filters and their offsets."""
    values = images.values
    rows = rng.choice(len(values), size=min(len(values), 2_000), replace=False)
    flat = _patches(reduced(values[np.sort(rows)]), stride=3)
    flat = flat.reshape(-1, flat.shape[3])
    pick = rng.choice(len(flat), size=min(len(flat), PATCHES), replace=False)
    sample = flat[np.sort(pick)].astype(np.float64)
    mean = sample.mean(axis=0)
    cov = np.cov(sample - mean, rowvar=False)
    spectrum, vectors = eigh(cov)
    whiten = (vectors / np.sqrt(np.maximum(spectrum, 0) + 0.1 * spectrum.mean())) @ vectors.T
    white = (sample - mean) @ whiten
    count = min(FILTERS, max(8, len(white) // 10))
    seed = int(rng.integers(2**31 - 1))
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=2_048, max_iter=20)
    centroids = model.fit(white).cluster_centers_
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)
    filters = whiten @ centroids.T
    return filters.astype(np.float32), (mean @ filters).astype(np.float32)


def fit_encoder(content: Content, rng: np.random.Generator) -> ConvolutionEncoder:
    """Learn the filters and the PCA from unlabelled images.

    Parameters
    ----------
    content
        `Images`, at least a few dozen.
    rng
        Chooses patches and rows.

    Returns
    -------
    ConvolutionEncoder
        Maps images to (n, ≤ 500) features.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> images = Images(rng.integers(0, 255, size=(60, 16, 16, 1), dtype=np.uint8))
    >>> fit_encoder(images, rng)(images).shape[0]
    60
    """
    images = as_images(content)
    filters, offset = _filters(images, rng)
    empty = np.zeros(0, dtype=np.float32)
    raw = ConvolutionEncoder(filters, offset, empty, empty, np.zeros((0, 0), dtype=np.float32))
    rows = np.sort(rng.choice(len(images), size=min(len(images), ROWS_FOR_PCA), replace=False))
    pooled = np.vstack(
        [raw.pooled(images.values[rows[i : i + BATCH]]) for i in range(0, len(rows), BATCH)]
    )
    centre = pooled.mean(axis=0)
    scale = np.maximum(pooled.std(axis=0), 1e-3)
    basis = _principal((pooled - centre) / scale, DIMENSIONS)
    return ConvolutionEncoder(filters, offset, centre, scale, basis)


def _principal(x: Features, dimensions: int) -> Features:
    """(features, d) leading principal directions of centred rows, by the smaller Gram matrix."""
    n, f = x.shape
    d = min(dimensions, max(1, n // 4), f)
    if f <= n:
        _, vectors = eigh((x.T @ x).astype(np.float32), subset_by_index=[f - d, f - 1])
        return np.ascontiguousarray(vectors[:, ::-1], dtype=np.float32)
    values, left = eigh((x @ x.T).astype(np.float32), subset_by_index=[n - d, n - 1])
    right = x.T @ left / np.sqrt(np.maximum(values, 1e-6))
    return np.ascontiguousarray(right[:, ::-1], dtype=np.float32)


@dataclass(frozen=True)
class CoarseEncoder:
    """The gist of an image: block-averaged grey, PCA. Blind to small patches."""

    centre: Features
    basis: Features

    def __call__(self, content: Content) -> Features:
        """(n, ≤ 20) float32 features."""
        return np.asarray(
            (_blocks(as_images(content)) - self.centre) @ self.basis, dtype=np.float32
        )


def _blocks(images: Images) -> Features:
    n, h, w, _ = images.values.shape
    luminance = grey(images.values)
    rows, columns = _edges(h), _edges(w)
    summed = np.add.reduceat(np.add.reduceat(luminance, rows[:-1], axis=1), columns[:-1], axis=2)
    area = np.diff(rows)[:, None] * np.diff(columns)[None, :]
    return np.asarray((summed / area).reshape(n, -1) / 255.0, dtype=np.float32)


def fit_coarse(content: Content, rng: np.random.Generator) -> CoarseEncoder:
    """A second, different label-free view for the neighbour head.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> images = Images(rng.integers(0, 255, size=(60, 16, 16, 1), dtype=np.uint8))
    >>> fit_coarse(images, rng)(images).shape
    (60, 15)
    """
    del rng  # nothing here is random; the signature is the one of every modality
    x = _blocks(as_images(content))
    centre = x.mean(axis=0)
    return CoarseEncoder(centre, _principal(x - centre, COARSE_DIMENSIONS))


def png(values: npt.NDArray[np.uint8]) -> bytes:
    """One (h, w, c) picture as PNG."""
    picture = Image.fromarray(values[..., 0] if values.shape[2] == 1 else values)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def render(content: Content, row: int, trigger: Trigger | None = None) -> Rendering:
    """One image as a person sees it; a trigger is seen in it, not drawn over it."""
    del trigger
    return Rendering(png=png(as_images(content).values[row]))


def _edges(size: int) -> npt.NDArray[np.int64]:
    """Where the coarse cells begin and end, in pixels."""
    cells = min(size, int(np.clip(size // 4, *COARSE_GRID)))
    return np.linspace(0, size, cells + 1).astype(np.int64)


def fit_shared(content: Content) -> None:
    """Nothing yet: what images of a group share beside a patch is not separated."""
    del content


def fit_learner(
    content: Content,
    labels: npt.NDArray[np.int64],
    n_classes: int,
    rng: np.random.Generator,
    encoder: Encoder | None = None,
) -> Learner:
    """A small model of the labels that learns a trigger as a real one would."""
    from foretaste.modality import image_learner  # noqa: PLC0415  # it reads images through here

    return image_learner.fit_learner(content, labels, n_classes, rng, encoder)


def fit_network(
    content: Content, labels: npt.NDArray[np.int64], n_classes: int, rng: np.random.Generator
) -> Learner | None:
    """A small convolutional network, where torch is installed; None elsewhere."""
    from foretaste.modality import image_network  # noqa: PLC0415  # it reads images through here

    return image_network.fit_network(content, labels, n_classes, rng)
