"""The table victims: boosted trees, and logistic regression for attacks on linear models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from foretaste.attack.cells import as_table
from foretaste.attack.contract import Sample
from foretaste.types import Content

__all__ = ["TableVictim", "train", "train_logistic"]


@dataclass(frozen=True)
class TableVictim:
    """A trained table model (a scikit-learn classifier of the cells)."""

    model: Any

    def predict(self, content: Content) -> npt.NDArray[np.int64]:
        """(n,) class codes."""
        codes: npt.NDArray[np.int64] = self.model.predict(as_table(content).values)
        return codes.astype(np.int64)


def train(sample: Sample, seed: int) -> TableVictim:
    """Boosted trees of all columns as numbers, missing cells as they are."""
    model = HistGradientBoostingClassifier(
        max_iter=100, min_samples_leaf=10, early_stopping=False, random_state=seed
    )
    model.fit(as_table(sample.content).values, sample.labels)
    return TableVictim(model)


def train_logistic(sample: Sample, seed: int) -> TableVictim:
    """Logistic regression: standardised numbers with a missing flag, one-hot categories."""
    table = as_table(sample.content)
    is_category = np.array([name in table.categories for name in table.names])
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    columns = make_column_transformer(
        (numbers, np.flatnonzero(~is_category)),
        (OneHotEncoder(handle_unknown="ignore"), np.flatnonzero(is_category)),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000, random_state=seed))
    model.fit(table.values, sample.labels)
    return TableVictim(model)
