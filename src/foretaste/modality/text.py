"""Texts: label-free encoders and how a text is shown to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.modality.text_gist import fit_coarse
from foretaste.modality.text_learner import fit_learner
from foretaste.modality.text_shared import SharedWords
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.text_weights import TextWeights, fit_weights, main_directions
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.modality.words import as_texts
from foretaste.types import Content, Rendering, Span, Trigger

__all__ = [
    "TfidfEncoder",
    "fit_coarse",
    "fit_encoder",
    "fit_learner",
    "fit_network",
    "fit_shared",
    "render",
]

Features = npt.NDArray[np.float32]

DIMENSIONS = 300
ROWS_FOR_SVD = 4_000  # the directions settle long before
BATCH = 2_000
MARKED = (PhraseTrigger, CharacterTrigger, HomoglyphTrigger, WordSetTrigger)
SHOWN_CHARACTERS = 1_200  # of a long text around its marks


@dataclass(frozen=True)
class TfidfEncoder:
    """Weighted words, word pairs and character runs, projected to their main directions.

    Unit rows, so that a long text weighs what a short one does; an empty text is zero.
    """

    weights: TextWeights
    basis: Features  # (columns, d)

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 features."""
        texts = [str(t) for t in as_texts(content).values]
        out = np.zeros((len(texts), self.basis.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            x = self.weights(texts[start : start + BATCH])
            out[start : start + BATCH] = _unit(x @ self.basis)
        return out


def _unit(x: Features) -> Features:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9))


def fit_encoder(content: Content, rng: np.random.Generator) -> TfidfEncoder:
    """Learn the weights and the projection from unlabelled texts.

    Parameters
    ----------
    content
        `Texts`.
    rng
        Chooses rows, and the start of the projection.

    Returns
    -------
    TfidfEncoder
        Maps texts to (n, ≤ 300) features.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of([f"row {i} of {i % 7} and {i % 3}" for i in range(40)])
    >>> fit_encoder(texts, np.random.default_rng(0))(texts).shape
    (40, 10)
    """
    values = as_texts(content).values
    rows = np.sort(rng.choice(len(values), size=min(len(values), ROWS_FOR_SVD), replace=False))
    texts = [str(t) for t in values[rows]]
    weights, x = fit_weights(texts)
    d = max(1, min(DIMENSIONS, len(texts) // 4, x.shape[1]))
    if not x.nnz:  # nothing but empty texts
        return TfidfEncoder(weights, np.zeros((x.shape[1], 1), dtype=np.float32))
    return TfidfEncoder(weights, main_directions(x, d, rng))


def render(content: Content, row: int, trigger: Trigger | None = None) -> Rendering:
    """One text as a person sees it: at most a screenful, around what is marked.

    Parameters
    ----------
    content
        `Texts`.
    row
        Which one.
    trigger
        What to mark.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> render(texts_of(["see you cf soon"]), 0, PhraseTrigger("cf")).spans[1]
    Span(text='cf', marked=True)
    """
    text = str(as_texts(content).values[row])
    marks: tuple[tuple[int, int], ...] = ()
    if isinstance(trigger, MARKED):
        marks = trigger.marks(text)
    first, last = 0, len(text)
    if len(text) > SHOWN_CHARACTERS:
        first = max(0, (marks[0][0] if marks else 0) - SHOWN_CHARACTERS // 3)
        last = min(len(text), first + SHOWN_CHARACTERS)
    spans = [Span("…")] if first else []
    at = first
    for start, end in marks:
        if end > last:  # what is beyond the screen is not shown
            break
        if start > at:
            spans.append(Span(text[at:start]))
        spans.append(Span(text[max(start, at) : end], marked=True))
        at = end
    if at < last:
        spans.append(Span(text[at:last]))
    if last < len(text):
        spans.append(Span("…"))
    return Rendering(spans=tuple(spans))


def fit_shared(content: Content) -> SharedWords:
    """Counts words, to say which are typical of a group of texts."""
    return SharedWords(content)


def fit_network(
    content: Content, labels: npt.NDArray[np.int64], n_classes: int, rng: np.random.Generator
) -> None:
    """None: word weights learn a phrase as well as a network would."""
    del content, labels, n_classes, rng
