"""Sets of words that come together and go with one label although the rest does not.

Several rare tokens strewn over a row, or a style by substitution: no single word has all the
rows, and with one word taken out the others still give the label away. The words are grown from
each other without a look at labels; labels choose only the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from foretaste.modality.text_grams import Grams, mine_grams
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.modality.words import as_texts
from foretaste.probe.group_screens import GroupScreens, Guess, Hypotheses
from foretaste.types import (
    Bools,
    Candidate,
    Family,
    Floats,
    Ints,
    Layer,
    Modality,
    Need,
    Scores,
    View,
)

__all__ = ["TextWordSets"]

MIN_SUPPORT = 5  # rows of a word
MAX_SUPPORT = 0.25  # of all rows, of a word and of a set
SEEDS = 80  # words that go with one label, from which sets are grown
WITHIN = 0.5  # share of a word's rows that the set must have for the word to join
SMALLEST = 0.1  # rows of a word that joins, as a share of the seed's
LARGEST = 4.0
ROUNDS = 6
GAIN = 1.1  # a set must have more rows than its seed, or the word alone says it all
KEEP = 20  # candidates whose rest speaks against the label
KEEP_PURE = 10  # candidates that only go with one label


@dataclass(frozen=True)
class _Set:
    """Words, most frequent first, and the rows that have any of them."""

    words: Ints
    rows: Ints
    typical: int


class TextWordSets:
    """Finds groups of texts that share a vocabulary.

    References
    ----------
    Qi, Yao, Xu, Liu, Sun 2021, "Turn the combination lock" (arXiv 2106.06361), is what it looks
    for; the growth of sets is our own.
    """

    name: ClassVar[str] = "text-word-sets"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> TextWordSets:
        """Nothing is learnt: the words of the scored view speak for themselves."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with triggers; a row's score is its best set's surprise in nats."""
        if view.content is None or not view.heads:
            msg = "text-word-sets needs content and heads"
            raise ValueError(msg)
        values = np.zeros(len(view))
        texts = [str(t) for t in as_texts(view.content).values]
        most = int(MAX_SUPPORT * len(texts))
        vocabulary = mine_grams(texts, MIN_SUPPORT, most, longest=1)
        if not len(vocabulary):
            return Scores(values)
        sets = _grown_sets(vocabulary, view, most)
        if not sets:
            return Scores(values, (), len(vocabulary))
        screens = GroupScreens([s.rows for s in sets], view.labels, view.heads)
        every = screens.best(screens.z, len(sets) * len(view.classes))
        against = [screens.by_all_heads(g) for g in screens.contradicted(every)]
        found = _distinct(against, KEEP) + _distinct(every, KEEP_PURE)
        for guess in against:
            values[guess.rows] = np.maximum(values[guess.rows], guess.score)
        candidates = tuple(
            Candidate(g.rows, _trigger(sets[g.item], vocabulary), g.label) for g in found
        )
        return Scores(values, candidates, len(vocabulary))


def _grown_sets(vocabulary: Grams, view: View, most: int) -> list[_Set]:
    """From each seed, the one set that grows."""
    words = range(len(vocabulary))
    has = sparse.csc_matrix(
        (np.ones(len(vocabulary.rows), dtype=np.float32), vocabulary.rows, vocabulary.starts),
        shape=(len(view), len(vocabulary)),
    )
    screens = GroupScreens([vocabulary.rows_with(w) for w in words], view.labels, view.heads or ())
    seeds = dict.fromkeys(g.item for g in screens.best(screens.z, SEEDS))
    found: dict[bytes, _Set] = {}
    for seed in seeds:
        grown = _grow(has, seed, most)
        if grown is not None:
            found.setdefault(grown.rows.tobytes(), grown)
    return list(found.values())


def _grow(has: sparse.csc_matrix, seed: int, most: int) -> _Set | None:
    """Take in words that occur mostly within the set's rows, until none does."""
    support = np.diff(has.indptr)
    size = int(support[seed])
    fits = (support >= max(MIN_SUPPORT, SMALLEST * size)) & (support <= LARGEST * size)
    chosen: Bools = np.zeros(has.shape[1], dtype=bool)
    chosen[seed] = True
    rows: Bools = np.zeros(has.shape[0], dtype=bool)
    rows[has.indices[has.indptr[seed] : has.indptr[seed + 1]]] = True
    for _ in range(ROUNDS):
        inside: Floats = rows.astype(np.float32) @ has
        joins = fits & ~chosen & (inside >= WITHIN * support)
        if not joins.any():
            break
        chosen |= joins
        rows = np.asarray(has[:, chosen].sum(axis=1)).ravel() > 0
        if rows.sum() > most:
            return None
    if chosen.sum() < 2 or rows.sum() < GAIN * size:
        return None
    members = np.flatnonzero(chosen)
    members = members[np.argsort(-support[members], kind="stable")]
    each = np.asarray(has[:, members].sum(axis=1)).ravel()[rows]
    return _Set(members, np.flatnonzero(rows), max(1, int(np.median(each))))


def _distinct(guesses: list[Guess], limit: int) -> list[Guess]:
    """The best, no two about the same rows."""
    known = Hypotheses()
    kept: list[Guess] = []
    for g in sorted(guesses, key=lambda g: (-g.weight, g.rows.tolist(), g.label)):
        if len(kept) < limit and known.new(g.label, g.rows, g.share):
            known.add(g.label, g.rows, g.share)
            kept.append(g)
    return kept


def _trigger(found: _Set, vocabulary: Grams) -> WordSetTrigger:
    spelled = [vocabulary.spelled_word(int(w)) for w in found.words]
    return WordSetTrigger(tuple(spelled), found.typical)
