"""What every peer is shown of a set: features and probabilities of one reference model.

The model is the victim of the modality. Features come from a model trained on all rows, as in
the papers (image: its last hidden layer; text and table have none, so label-free features stand
in). Probabilities are out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from foretaste.attack.contract import Sample
from foretaste.attack.victim import Victim, train
from foretaste.attack.victim_image import LinearVictim, NetworkVictim, as_batch
from foretaste.attack.victim_table import TableVictim
from foretaste.attack.victim_text import TextVictim
from foretaste.types import Content, Images, Table, Texts

__all__ = ["Seen", "probabilities", "see"]

Floats = npt.NDArray[np.float64]
FOLDS = 3
TEXT_DIMENSIONS = 64


@dataclass(frozen=True)
class Seen:
    """All that a peer gets.

    Attributes
    ----------
    sample
        n rows, k classes; the poison rate is unknown.
    features
        (n, d), standardised for tables.
    out_of_fold
        (n, k) probabilities by models that did not train on the row.
    model
        Trained on all rows.
    rate
        The true share of poison, for the setting "told the rate"; None otherwise.
    """

    sample: Sample
    features: Floats
    out_of_fold: Floats
    model: Victim
    rate: float | None = None

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(n,) class codes."""
        return self.sample.labels

    def predict(self, content: Content) -> Floats:
        """(m, k) probabilities by the model trained on all rows."""
        return probabilities(self.model, content, len(self.sample.classes))


def see(sample: Sample, model: Victim, seed: int) -> Seen:
    """Features by `model`, a victim trained on `sample`, and probabilities out of fold."""
    return Seen(sample, features(sample.content, model), out_of_fold(sample, seed), model)


def out_of_fold(sample: Sample, seed: int) -> Floats:
    """(n, k) probabilities from three models, each trained on two thirds of the rows."""
    k = len(sample.classes)
    told = np.zeros((len(sample), k))
    # rare classes: a fold may hold none of their rows, which no rule here depends on
    rare = np.bincount(sample.labels, minlength=k)[sample.labels] < FOLDS
    strata = np.where(rare, -1, sample.labels)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for learn, held in folds.split(strata, strata):
        model = train(sample.take(learn), seed)
        told[held] = probabilities(model, sample.content.take(held), k)
    return told


def probabilities(model: Victim, content: Content, k: int) -> Floats:
    """(m, k) class probabilities of a victim; classes it never saw get zero."""
    if isinstance(model, NetworkVictim) and isinstance(content, Images):
        import torch  # noqa: PLC0415  # optional

        with torch.no_grad():
            blocks = torch.split(as_batch(content.values), 500)
            logits = torch.cat([model.network(block) for block in blocks])
            return np.asarray(logits.softmax(dim=1).numpy(), dtype=np.float64)
    told, codes = _told(model, content)
    full = np.zeros((len(content), k))
    full[:, codes] = told
    return full


def _told(model: Victim, content: Content) -> tuple[Floats, Any]:
    if isinstance(model, TextVictim) and isinstance(content, Texts):
        return model.model.predict_proba(content.values), model.model.classes_
    if isinstance(model, TableVictim) and isinstance(content, Table):
        return model.model.predict_proba(content.values), model.model.classes_
    if isinstance(model, LinearVictim):  # no torch: distances to planes, as a softmax
        margin = np.atleast_2d(model.model.decision_function(model.features(content)))
        if margin.shape[0] == 1:
            margin = np.column_stack([-margin[0], margin[0]])
        told = np.exp(margin - margin.max(axis=1, keepdims=True))
        return told / told.sum(axis=1, keepdims=True), model.model.classes_
    raise TypeError(f"no probabilities of {type(model).__name__} on {type(content).__name__}")


def features(content: Content, model: Victim) -> Floats:
    """(n, d): the last hidden layer of a network; words in 64 dimensions; standardised cells."""
    if isinstance(content, Images):
        return _hidden(content, model)
    if isinstance(content, Texts):
        words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(content.values)
        few = min(TEXT_DIMENSIONS, words.shape[1] - 1)
        return np.asarray(TruncatedSVD(few, random_state=0).fit_transform(words))
    filled = SimpleImputer(strategy="median", add_indicator=True).fit_transform(content.values)
    return np.asarray(StandardScaler().fit_transform(filled))


def _hidden(content: Images, model: Victim) -> Floats:
    if isinstance(model, LinearVictim):
        return model.features(content).astype(np.float64)
    import torch  # noqa: PLC0415  # optional

    assert isinstance(model, NetworkVictim)
    body = model.network[:-1]
    with torch.no_grad():
        blocks = torch.split(as_batch(content.values), 500)
        return np.concatenate([body(block).numpy() for block in blocks]).astype(np.float64)
