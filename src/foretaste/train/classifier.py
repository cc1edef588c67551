"""Many models, each of a part of the rows, and a vote that says how many rows it withstands."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from foretaste.errors import UsageError
from foretaste.train import partition
from foretaste.train.ballots import Ballots, Outcome, plurality, run_off
from foretaste.train.base_models import favour, fit_part, votes_of
from foretaste.train.certificate import Certificate
from foretaste.train.inputs import checked, checked_pair, first_step, n_rows_of, stacked, take
from foretaste.train.misuse import (
    refuse_stateful,
    refuse_unseeded,
    warn_if_fitted_on_all,
    warn_if_thin,
)
from foretaste.train.threads import one_thread

__all__ = ["UNITS", "VOTES", "PartitionedClassifier"]

Ints = npt.NDArray[np.int64]

VOTES = ("dpa", "fa", "roe")
UNITS = ("row", "source")
FA_SPREAD = 4
BLOCK = 512  # rows voted on at once, fewer where models and classes are many
SCORES = 16_000_000  # held at once, 128 MB


class PartitionedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """A classifier whose predictions carry a proof: so many rows, or sources, cannot flip this.

    The training rows are split by a hash of each row, or of its source; one model learns from
    each part, and they vote. Whoever changes r rows changes at most r votes, so a clear vote is
    certain to stand, whatever the rows hold. `certify` gives the r of every prediction.

    Parameters
    ----------
    estimator
        The base model, a `Pipeline` if preprocessing is fitted: it is then fitted within each
        part. Every random_state in it must be a number. Standardised logistic regression where
        None.
    n_partitions
        k: how many parts. More parts withstand more and know less. Each model sees n/k rows.
    vote
        "dpa": the most votes. "fa": parts overlap, which certifies more at the price of
        ``spread`` times the training. "roe": a run-off between the two leading classes.
    unit
        "row", or "source" for promises about sources: ``fit(X, y, sources=...)``.
    spread
        How many parts a row is in (d of finite aggregation); 4 for "fa", 1 otherwise, where None.
    features
        A transformer that learns nothing from rows (a hashing vectoriser, fixed random
        projections), applied cell by cell before the base models; refused if it would be fitted.
    roster
        A closed list of all sources that can ever deliver; parts are then filled evenly. Without
        it, sources are hashed and anyone may turn up with a new name, which counts as one source.
    n_jobs
        Models trained at once. The result does not depend on it.

    Attributes
    ----------
    classes_
        (c,) labels.
    models_
        The k · spread fitted base models; None where a model has no row and abstains.
    rows_per_model_
        Median over the models that have rows.
    realised_partitions_
        Cells that hold at least one row.

    Notes
    -----
    What counts as one: with ``unit="row"``, a row inserted, removed or relabelled; new content for
    an old row counts as two, as it may move to another part. With ``unit="source"``, anything
    done to the rows of one source; a new name counts as one.

    Preprocessing that was fitted on all rows before `fit` voids the certificate.

    References
    ----------
    Levine, Feizi 2021, "Deep partition aggregation: provable defenses against general poisoning
    attacks"; Wang, Levine, Feizi 2022, "Improved certified defenses against data poisoning with
    (deterministic) finite aggregation"; Rezaei, Banihashem, Chegini, Feizi 2023, "Run-off
    election: improved provable defense against data poisoning attacks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = PartitionedClassifier(n_partitions=30).fit(X[:1500], y[:1500])
    >>> certificate = model.certify(X[1500:])
    >>> bool(certificate.accuracy(y[1500:], 5) > 0.5)
    True
    """

    def __init__(
        self,
        estimator: Any = None,
        n_partitions: int = 10,
        vote: str = "dpa",
        unit: str = "row",
        *,
        spread: int | None = None,
        features: Any = None,
        roster: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_partitions = n_partitions
        self.vote = vote
        self.unit = unit
        self.spread = spread
        self.features = features
        self.roster = roster
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        first = self.features if self.features is not None else self.estimator
        if first is None:
            tags.input_tags.sparse = False
        else:
            tags.input_tags = get_tags(first_step(first)).input_tags
            tags.input_tags.sparse = get_tags(first).input_tags.sparse
        return tags

    def fit(self, X: Any, y: Any, sources: Any = None) -> Self:
        """Split the rows, and fit one model on each part.

        Parameters
        ----------
        X
            (n, d) numbers, dense, sparse or a frame; or what the first step of the base pipeline
            or `features` takes: texts, images.
        y
            (n,) labels.
        sources
            (n,) who gave each row; needed where unit is "source".

        Raises
        ------
        foretaste.errors.UsageError
            On a use that would void the certificate: an unseeded base model, fitted `features`,
            rows without a source.
        """
        spread = self._check()
        X, y = checked_pair(self, X, y)
        check_classification_targets(y)
        if self.features is None:
            warn_if_fitted_on_all(X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        cells, digests = self._cells(X, sources, self.n_partitions * spread)
        self.fed_ = partition.models_fed(self.n_partitions * spread, spread)
        order = _canonical_order(digests, codes)
        X, labels, cells = take(X, order), y[order], cells[order]
        with one_thread():
            X = self._encoded_by_cell(X, cells)
            parts = [np.flatnonzero(np.isin(cells, c)) for c in _cells_read(self.fed_)]
            sizes = [len(rows) for rows in parts if len(rows)]
            self.rows_per_model_ = float(np.median(sizes))
            self.models_ = Parallel(n_jobs=self.n_jobs)(
                delayed(fit_part)(self._base(), take(X, rows), labels[rows], at)
                for at, rows in enumerate(parts)
            )
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) labels."""
        winner = self._outcome(X).winner
        return np.asarray(self.classes_[winner])

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """(n, c) shares of the vote that decided: for "roe", of the second round."""
        return self._outcome(X).shares

    def certify(self, X: Any) -> Certificate:
        """Predictions, and against how many rows or sources each of them stands.

        Examples
        --------
        >>> import numpy as np
        >>> X = np.arange(200.0)[:, None]
        >>> model = PartitionedClassifier(n_partitions=20).fit(X, X[:, 0] > 99)
        >>> model.certify([[1000.0]]).sentence(9)
        'no 9 rows together can flip 100 % of predictions'
        """
        outcome = self._outcome(X)
        return Certificate(self.classes_[outcome.winner], outcome.radius, self.unit)

    def _check(self) -> int:
        """The spread, after checking every parameter."""
        for name, allowed in (("vote", VOTES), ("unit", UNITS)):
            if getattr(self, name) not in allowed:
                told = ", ".join(map(repr, allowed))
                raise UsageError(f"{name} must be one of {told}, got {getattr(self, name)!r}")
        if not isinstance(self.n_partitions, int | np.integer) or self.n_partitions < 1:
            raise UsageError(f"n_partitions must be a whole number ≥ 1, got {self.n_partitions!r}")
        spread = self.spread or (FA_SPREAD if self.vote == "fa" else 1)
        if not isinstance(spread, int | np.integer) or not 1 <= spread <= 64:
            raise UsageError(f"spread must be a whole number 1 to 64, got {self.spread!r}")
        if self.vote == "dpa" and spread != 1:
            raise UsageError(f"spread must be 1 for vote='dpa', got {spread}; use vote='fa'")
        if self.roster is not None and self.unit != "source":
            raise UsageError("roster is a list of sources: it needs unit='source'")
        refuse_unseeded(self._base())
        if self.features is not None:
            refuse_stateful(self.features, "features")
            refuse_unseeded(self.features, "features")
        return int(spread)

    def _base(self) -> Any:
        if self.estimator is None:
            return make_pipeline(StandardScaler(), LogisticRegression(random_state=0))
        return clone(self.estimator)

    def _cells(self, X: Any, sources: Any, n_cells: int) -> tuple[Ints, list[bytes]]:
        """(n,) cells, and the content digests that fix the order of rows."""
        digests = partition.content_digests(X)
        if self.unit == "row":
            cells, units = partition.cells_of(digests, n_cells), len(set(digests))
        else:
            names = partition.source_names(sources, n_rows_of(X))
            units = len(set(names.tolist()))
            if self.roster is None:
                cells = partition.cells_of(partition.source_digests(names.tolist()), n_cells)
            else:
                cells = partition.roster_cells(names.tolist(), self.roster, n_cells)
                units = len(set(map(str, self.roster)))
        self.realised_partitions_ = int(np.unique(cells).size)
        warn_if_thin(n_cells, self.realised_partitions_, units, self.unit, self.roster is not None)
        return cells, digests

    def _encoded_by_cell(self, X: Any, cells: Ints) -> Any:
        """`X` through `features`, cell by cell.

        The last bits of a matrix product depend on what is multiplied with it: rows of one cell
        are encoded together and with no others, so that no change elsewhere reaches them.
        """
        if self.features is None:
            return X
        blocks = [np.flatnonzero(cells == c) for c in np.unique(cells)]
        encoded = [clone(self.features).fit_transform(take(X, rows)) for rows in blocks]
        return take(stacked(encoded), np.argsort(np.concatenate(blocks), kind="stable"))

    def _outcome(self, X: Any) -> Outcome:
        check_is_fitted(self, "models_")
        X = checked(self, X)
        blocks = []
        with one_thread():
            step = max(1, min(BLOCK, SCORES // (len(self.models_) * len(self.classes_))))
            for start in range(0, n_rows_of(X), step):
                part = take(X, np.arange(start, min(start + step, n_rows_of(X))))
                if self.features is not None:
                    part = clone(self.features).fit_transform(part)
                blocks.append(self._vote(part))
        return Outcome(
            np.concatenate([b.winner for b in blocks]),
            np.concatenate([b.shares for b in blocks]),
            np.concatenate([b.radius for b in blocks]),
        )

    def _vote(self, X: Any) -> Outcome:
        k = len(self.classes_)
        if self.vote != "roe":
            votes = [votes_of(model, X, self.classes_) for model in self.models_]
            return plurality(Ballots(np.stack(votes, axis=1), k, self.fed_))
        scores = np.stack([favour(model, X, self.classes_) for model in self.models_], axis=1)
        silent = np.isneginf(scores).all(axis=2)
        ballots = np.where(silent, -1, scores.argmax(axis=2)).astype(np.int64)
        return run_off(Ballots(ballots, k, self.fed_, scores))


def _canonical_order(digests: list[bytes], codes: Ints) -> Ints:
    """Rows by content, then label: what a model learns does not depend on the order of the file."""
    keys = np.frombuffer(b"".join(digests), dtype="S32")
    return np.lexsort((codes, keys)).astype(np.int64)


def _cells_read(fed: Ints) -> list[Ints]:
    """For each model, the cells it learns from: `fed` the other way round."""
    return [np.flatnonzero((fed == model).any(axis=1)) for model in range(len(fed))]
