"""What all views of a row say of its label, joined; doubtful labels no longer teach others.

The views err for different reasons. How far each is to be trusted is learnt from the labels
themselves: flips that ignore the views cannot favour one of them.

Joined once, the views say how many labels contradict even the clearest rows, and which become
which. Given these shares, each label has a probability of being right, and counts by it when all
views are asked again. Where nothing contradicts clear rows the first answer stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from foretaste.probe.tree_votes import TreeVotes
from foretaste.probe.word_evidence import WordCounts, WordPlanes, word_rows
from foretaste.stats.clear_rows import rank_evidence
from foretaste.stats.label_noise import fit_label_noise
from foretaste.types import Content, Floats, Head, Ints, Table, Texts, View

__all__ = ["CONSENSUS", "Opinion", "consensus_of", "form_consensus", "further_opinions"]

CONSENSUS = "consensus"  # its name in `View.opinions`
LEAST = 1e-3  # no view is surer than that against a class
PULL = 0.01  # towards equal say for all views; keeps separable classes finite
DOUBT = 0.005  # share of the prior mixed in: nobody is ever certain of a single row
LEAST_SHARE = 0.01  # of contradicted clear rows of a class below which nobody is asked again
UNTAUGHT = 0.02  # labels less likely right than that teach nothing


@runtime_checkable
class Opinion(Protocol):
    """A model of the label that can be told how much each row counts."""

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by the model that never saw that row."""

    def reweighted(self, weights: Floats) -> Floats:
        """(n, k) the same, where each row counts by its weight (n,), 0 to 1."""


def further_opinions(
    content: Content, labels: Ints, n_classes: int, rng: np.random.Generator
) -> list[Opinion]:
    """Opinions beside the heads: two forests for tables, all words for texts; none for images."""
    if n_classes < 2:
        return []
    if isinstance(content, Table) and content.names:
        return [TreeVotes(content, labels, n_classes, rng, greedy=g) for g in (False, True)]
    if isinstance(content, Texts):
        rows = word_rows(content, labels, n_classes)
        return [WordCounts(rows), WordPlanes(rows, rng)] if rows.values.nnz else []
    return []


def form_consensus(
    opinions: Sequence[Opinion], labels: Ints, n_classes: int, workers: int = 1
) -> Floats:
    """All opinions joined, asked twice where labels are in doubt.

    Parameters
    ----------
    opinions
        At least one.
    labels
        (n,) class codes.
    n_classes
        k.
    workers
        Opinions that are asked at the same time.

    Returns
    -------
    ndarray
        (n, k) probabilities of each row's class by models that never saw the row.

    References
    ----------
    Wolpert 1992, "Stacked generalization", for learning from left-out predictions how to join
    them.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.probe.heads import RidgeHead
    >>> x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    >>> y = (x[:, 0] > 0).astype(np.int64)
    >>> form_consensus([RidgeHead(x, y, 2)], y, 2).shape
    (200, 2)
    """
    with ThreadPoolExecutor(workers) as pool:
        first = join(list(pool.map(lambda o: o.leave_one_out(), opinions)), labels)
        weights = _worth(first, labels, n_classes)
        if weights is None:
            return first
        second = join(list(pool.map(lambda o: o.reweighted(weights), opinions)), labels)
    # the second answer is better where flips are many, the first where honest rows are odd
    both = np.sqrt(first * second)
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def _worth(first: Floats, labels: Ints, n_classes: int) -> Floats | None:
    """(n,) how much each label is to teach; None where the first answer stands."""
    if n_classes < 2:
        return None
    noise = fit_label_noise(rank_evidence(first), labels, n_classes)
    if noise.changed.sum(axis=1).max() < LEAST_SHARE:
        return None
    weights = noise.right(first, labels)
    weights[weights < UNTAUGHT] = 0.0
    if (np.bincount(labels, weights, minlength=n_classes) < 1.0).any():
        return None  # a class that hardly anybody believes in cannot be learnt again
    return weights


def consensus_of(view: View) -> Floats:
    """(n, k) the consensus of `view`; where it has none, what its heads say joined."""
    if CONSENSUS in view.opinions:
        return view.opinions[CONSENSUS]
    heads: tuple[Head, ...] = view.heads or ()
    return join([h.leave_one_out() for h in heads] + list(view.opinions.values()), view.labels)


def join(probabilities: Sequence[Floats], labels: Ints) -> Floats:
    """Weighted product of opinions; weights and class biases by the likelihood of `labels`.

    Parameters
    ----------
    probabilities
        (n, k) each, by models that never saw the row.
    labels
        (n,) class codes.
    """
    logs = np.stack([np.log(np.clip(p, LEAST, 1.0)) for p in probabilities])
    m, n, k = logs.shape
    rows = np.arange(n)
    middle = np.r_[np.full(m, -np.log(m)), np.zeros(k)]

    def loss(theta: Floats) -> tuple[float, Floats]:
        say = np.exp(theta[:m])
        log_p = log_softmax(np.tensordot(say, logs, axes=1) + theta[m:], axis=1)
        wrong = np.exp(log_p)
        wrong[rows, labels] -= 1.0
        pull = theta - middle
        value = -float(log_p[rows, labels].mean()) + 0.5 * PULL * float(pull @ pull)
        slope = np.r_[say * np.tensordot(logs, wrong, axes=2), wrong.sum(axis=0)] / n
        return value, slope + PULL * pull

    theta = minimize(loss, middle, jac=True, method="L-BFGS-B").x
    p = softmax(np.tensordot(np.exp(theta[:m]), logs, axes=1) + theta[m:], axis=1)
    prior = (np.bincount(labels, minlength=k) + 1.0) / (n + k)
    return np.asarray((1.0 - DOUBT) * p + DOUBT * prior, dtype=np.float64)
