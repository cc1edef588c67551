"""The text victim: TF-IDF of words, word pairs and short character runs, logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from foretaste.attack.contract import Sample
from foretaste.attack.wording import as_texts
from foretaste.types import Content

__all__ = ["TextVictim", "train"]


@dataclass(frozen=True)
class TextVictim:
    """A trained text model. Character runs stand in for subword pieces of larger models."""

    model: Pipeline

    def predict(self, content: Content) -> npt.NDArray[np.int64]:
        """(n,) class codes."""
        codes: npt.NDArray[np.int64] = self.model.predict(as_texts(content).values)
        return codes.astype(np.int64)


def train(sample: Sample, seed: int) -> TextVictim:
    """Fit the text victim; `seed` is kept for the shared signature, the fit is deterministic."""
    words = TfidfVectorizer(
        ngram_range=(1, 2), tokenizer=str.split, token_pattern=None, sublinear_tf=True
    )
    model = make_pipeline(
        make_union(
            words,
            TfidfVectorizer(ngram_range=(1, 3), analyzer="char", sublinear_tf=True, min_df=2),
        ),
        LogisticRegression(C=20.0, max_iter=300, random_state=seed),
    )
    model.fit(as_texts(sample.content).values, sample.labels)
    return TextVictim(model)
