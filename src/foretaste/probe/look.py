"""From a data set to a view: encode without labels, put exact heads on top."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from foretaste.data import Dataset
from foretaste.modality import tools_of
from foretaste.probe.consensus import CONSENSUS, Opinion, form_consensus, further_opinions
from foretaste.probe.heads import RidgeHead
from foretaste.probe.neighbours import NeighbourHead
from foretaste.types import Encoder, View

__all__ = ["look"]

Stage = Callable[[str], None]


def look(
    dataset: Dataset,
    rng: np.random.Generator,
    stage: Stage = lambda _: None,
    *,
    details: int = 1,
    own: Encoder | None = None,
    workers: int = 1,
) -> View:
    """Everything a detector may ask for, about the rows of `dataset`.

    Parameters
    ----------
    dataset
        Opened rows with a label role; at least two classes.
    rng
        For the encoders.
    stage
        Called with a word for each step begun.
    details
        Detailed views to make, each with an encoder of its own; a group must surprise them all.
    own
        The user's encoder: a further view.
    workers
        Encoders and heads that work at the same time.

    Returns
    -------
    View
        With a detailed and a coarse head, in this order; between them a column of embeddings,
        where the data set has one, and the user's encoder, never the only views. Its opinions
        hold the consensus of these and of further ones.
    """
    labels, classes = dataset.labels()
    stage("reading")
    content = dataset.content()
    tools, k = tools_of(content.modality), len(classes)

    def coarser() -> tuple[Encoder, npt.NDArray[np.float32]]:
        coarse = tools.fit_coarse(content, rng)
        return coarse, coarse(content)

    def others() -> tuple[list[RidgeHead | NeighbourHead], list[Opinion]]:
        heads: list[RidgeHead | NeighbourHead] = []
        for i in range(1, details):
            further = tools.fit_encoder(content, rng)
            name = f"detail {i + 1}"
            heads.append(RidgeHead(further(content), labels, k, encoder=further, name=name))
        embedding = dataset.embedding()
        if embedding is not None:
            heads.append(_own(embedding, labels, k, "own embedding"))
        if own is not None:
            heads.append(_own(own(content), labels, k, "own encoder", own))
        heads.append(NeighbourHead(gist, labels, k, encoder=coarse, name="gist", rng=rng))
        return heads, further_opinions(content, labels, k, rng)

    # of what is done at the same time one task alone draws random numbers, so that they are the
    # same whatever the number of workers
    with ThreadPoolExecutor(workers) as pool:
        stage("encoding")
        encoder = tools.fit_encoder(content, rng)
        encoded, gists = pool.submit(encoder, content), pool.submit(coarser)
        features, (coarse, gist) = encoded.result(), gists.result()
        stage("probing")
        detail = pool.submit(RidgeHead, features, labels, k, encoder=encoder, name="detail")
        (further_heads, opinions) = pool.submit(others).result()
        heads = (detail.result(), *further_heads)
    sources = dataset.sources()
    return View(
        modality=content.modality,
        labels=labels,
        classes=classes,
        ids=dataset.ids(),
        content=content,
        features=_frozen(features),
        encoder=encoder,
        heads=heads,
        opinions={CONSENSUS: form_consensus((*heads, *opinions), labels, k, workers)},
        sources=None if sources is None else sources[0],
        source_names=() if sources is None else sources[1],
        times=dataset.times(),
    )


def _own(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    k: int,
    name: str,
    encoder: Encoder | None = None,
) -> RidgeHead:
    return RidgeHead(features, labels, k, encoder=encoder, name=name, foreign=encoder is not None)


def _frozen(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    x.setflags(write=False)
    return x
