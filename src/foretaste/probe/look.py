"""From a data set to a view: encode without labels, put exact heads on top."""

from __future__ import annotations

from collections.abc import Callable

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
    tools = tools_of(content.modality)
    stage("encoding")
    encoder = tools.fit_encoder(content, rng)
    features = encoder(content)
    coarse = tools.fit_coarse(content, rng)
    gist = coarse(content)
    stage("probing")
    k = len(classes)
    heads: list[RidgeHead | NeighbourHead] = [
        RidgeHead(features, labels, k, encoder=encoder, name="detail")
    ]
    for i in range(1, details):
        further = tools.fit_encoder(content, rng)
        heads.append(
            RidgeHead(further(content), labels, k, encoder=further, name=f"detail {i + 1}")
        )
    embedding = dataset.embedding()
    if embedding is not None:
        heads.append(_own(embedding, labels, k, "own embedding"))
    if own is not None:
        heads.append(_own(own(content), labels, k, "own encoder", own))
    heads.append(NeighbourHead(gist, labels, k, encoder=coarse, name="gist", rng=rng))
    opinions: list[Opinion] = [*heads, *further_opinions(content, labels, k, rng)]
    sources = dataset.sources()
    return View(
        modality=content.modality,
        labels=labels,
        classes=classes,
        ids=dataset.ids(),
        content=content,
        features=_frozen(features),
        encoder=encoder,
        heads=tuple(heads),
        opinions={CONSENSUS: form_consensus(opinions, labels, k)},
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
