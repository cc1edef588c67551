"""Phrases and odd characters that go with one label although the rest of the rows does not.

Every run of one to four words and every odd character is a hypothesis. The models have learnt
the trigger from its other rows, so what they expect with one row left out is too friendly: the
most promising hypotheses are ranked by what is expected with all their rows left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.modality.text_grams import MIXED, Grams, mine_grams, odd_characters
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.words import as_texts
from foretaste.stats.excess import poisson_surprise
from foretaste.types import (
    Candidate,
    Family,
    Floats,
    Head,
    Ints,
    Layer,
    Modality,
    Need,
    Scores,
    Trigger,
    View,
)

__all__ = ["TextNgrams"]

MIN_SUPPORT = 5  # rows
MAX_SUPPORT = 0.25  # of all rows
POOL = 700  # hypotheses a screen passes on to leaving all their rows out
LARGEST_LEFT_OUT = 400  # rows; the cost grows with the square
KEEP = 80  # candidates whose rest speaks against the label
KEEP_PURE = 20  # candidates that only go with one label: clean-label phrases
SAME = 0.5  # Jaccard overlap above which two phrases are one hypothesis
SHARED = 0.95  # share of the rows that must have a word for it to belong to the phrase


@dataclass(frozen=True)
class _Item:
    """A gram (code >= 0) or an odd character, with the rows that contain it."""

    gram: int
    character: str
    length: int
    rows: Ints


@dataclass(frozen=True)
class _Guess:
    item: _Item
    label: int
    score: float  # nats, or a z-score for a guess that is only pure


class TextNgrams:
    """Finds groups of texts that share a phrase or an odd character.

    References
    ----------
    He, Xu, Wallace, et al. 2023, "Mitigating backdoor poisoning attacks through the lens of
    spurious correlation" (arXiv 2305.11596), section 4: z-scores of single features; here one
    of three screens, for runs of words.
    """

    name: ClassVar[str] = "text-ngrams"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> TextNgrams:
        """Nothing is learnt: the phrases of the scored view speak for themselves."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with triggers; a row's score is its best phrase's surprise in nats."""
        if view.content is None or not view.heads:
            msg = "text-ngrams needs content and heads"
            raise ValueError(msg)
        values = np.zeros(len(view))
        texts = [str(t) for t in as_texts(view.content).values]
        most = int(MAX_SUPPORT * len(texts))
        grams = mine_grams(texts, MIN_SUPPORT, most)
        odd = odd_characters(texts)
        odd = {c: r for c, r in odd.items() if MIN_SUPPORT <= len(r) <= most}
        considered = len(grams) + len(odd)
        items = _distinct(grams, odd)
        if not items:
            return Scores(values, (), considered)
        against, pure = _guesses(items, view.labels, view.heads)
        found: list[Candidate] = []
        taken: list[tuple[int, set[int]]] = []
        first = _merged(against, grams, taken, 2 * KEEP)
        first = [_by_all_heads(g, view.labels, view.heads) for g in first]
        first = sorted(first, key=lambda g: (-g.score, g.item.rows.tolist(), g.label))[:KEEP]
        for guesses in (first, _merged(pure, grams, taken, KEEP_PURE)):
            for g in guesses:
                found.append(Candidate(g.item.rows, _trigger(g.item, grams), g.label))
                if guesses is first:
                    values[g.item.rows] = np.maximum(values[g.item.rows], g.score)
        return Scores(values, tuple(found), considered)


def _distinct(grams: Grams, odd: dict[str, Ints]) -> list[_Item]:
    """One item for each set of rows: the longest run that has it."""
    held: dict[bytes, _Item] = {}
    for g in range(len(grams)):
        rows = grams.rows_with(g)
        held[rows.tobytes()] = _Item(g, "", int(grams.lengths[g]), rows)
    for c, rows in sorted(odd.items(), key=lambda o: o[0] == MIXED):  # says more than its letter
        held[rows.tobytes()] = _Item(-1, c, 0, rows)
    return list(held.values())


def _guesses(
    items: list[_Item], labels: Ints, heads: tuple[Head, ...]
) -> tuple[list[_Guess], list[_Guess]]:
    """Item and label pairs whose rest speaks against the label, and pairs that are only pure."""
    k = heads[0].leave_one_out().shape[1]
    prior = (np.bincount(labels, minlength=k) + 1.0) / (len(labels) + k)
    sizes = np.array([len(i.rows) for i in items])
    rows = np.concatenate([i.rows for i in items])
    begin = np.cumsum(sizes) - sizes
    observed = np.add.reduceat(np.eye(k)[labels[rows]], begin, axis=0)
    z = (observed / sizes[:, None] - prior) / np.sqrt(prior * (1.0 - prior) / sizes[:, None])
    z[observed < MIN_SUPPORT] = 0.0
    surprise = np.zeros_like(z)
    for head in heads:  # a head that is blind to the phrase is the one that is surprised
        expected = np.add.reduceat(head.leave_one_out()[rows], begin, axis=0)
        surprise = np.maximum(surprise, poisson_surprise(observed, expected))
    surprise[observed < MIN_SUPPORT] = 0.0
    # long runs that many rows share are rare in free writing: templates, planted sentences
    lengths = np.array([i.length for i in items])
    repeated = np.where((lengths == lengths.max())[:, None], observed, 0.0)
    pool: set[tuple[int, int]] = set()
    for screen in (surprise, z, repeated):
        for flat in np.argsort(-screen, axis=None, kind="stable")[:POOL].tolist():
            if screen.flat[flat] > 0 and observed.flat[flat] >= MIN_SUPPORT:
                pool.add((flat // k, flat % k))
    against = [
        guess
        for i in sorted({i for i, _ in pool})
        for guess in _left_out(
            items[i], [c for j, c in pool if j == i], labels, heads[0], prior, surprise[i]
        )
    ]
    pure = [
        _Guess(items[flat // k], flat % k, float(z.flat[flat]))
        for flat in np.argsort(-z, axis=None, kind="stable")[:POOL].tolist()
        if z.flat[flat] > 0
    ]
    return against, pure


def _left_out(
    item: _Item,
    labels_tried: Sequence[int],
    labels: Ints,
    head: Head,
    prior: Floats,
    surprise: npt.NDArray[np.float64],
) -> list[_Guess]:
    """The guesses that survive when the model has seen none of the rows."""
    if len(item.rows) > LARGEST_LEFT_OUT:
        return [_Guess(item, c, float(surprise[c])) for c in labels_tried if surprise[c] > 0]
    p = head.leave_out(item.rows)
    found = []
    for c in sorted(labels_tried):
        carries = labels[item.rows] == c
        odds = np.log((1.0 - p[carries, c]) / p[carries, c])
        # the rest of the rows must speak for other labels more than a random row does
        if odds.mean() <= np.log((1.0 - prior[c]) / prior[c]):
            continue
        score = float(poisson_surprise(int(carries.sum()), float(p[:, c].sum())))
        if score > 0:
            found.append(_Guess(item, c, score))
    return found


def _by_all_heads(guess: _Guess, labels: Ints, heads: tuple[Head, ...]) -> _Guess:
    """The guess with the surprise of the least surprised head that saw none of the rows."""
    rows = guess.item.rows
    if len(rows) > LARGEST_LEFT_OUT:
        return guess
    observed = int((labels[rows] == guess.label).sum())
    expected = max(float(h.leave_out(rows)[:, guess.label].sum()) for h in heads)
    return replace(guess, score=float(poisson_surprise(observed, expected)))


def _merged(
    guesses: list[_Guess], grams: Grams, taken: list[tuple[int, set[int]]], limit: int
) -> list[_Guess]:
    """The best guesses, grown to whole phrases, of which no two are about the same rows.

    Runs inside one planted sentence have about the same rows: the best stands for all.
    """
    kept: list[_Guess] = []
    ranked = sorted(
        guesses, key=lambda g: (-round(g.score, 6), -g.item.length, g.item.rows.tolist(), g.label)
    )
    for guess in ranked:
        if len(kept) == limit:
            break
        if _known(guess.label, guess.item.rows, taken):
            continue
        item = guess.item
        if item.gram >= 0:
            at, codes = grams.grown(item.gram, SHARED)
            item = replace(item, length=len(codes), rows=np.unique(grams.row_of[at]))
            if _known(guess.label, item.rows, taken):
                continue
        taken.append((guess.label, set(item.rows.tolist())))
        kept.append(replace(guess, item=item))
    return kept


def _known(label: int, rows: Ints, taken: list[tuple[int, set[int]]]) -> bool:
    own = set(rows.tolist())
    return any(c == label and len(own & s) > SAME * len(own | s) for c, s in taken)


def _trigger(item: _Item, grams: Grams) -> Trigger:
    if item.character == MIXED:
        return HomoglyphTrigger()
    if item.character:
        return CharacterTrigger(item.character)
    at, codes = grams.grown(item.gram, SHARED)
    phrase, place = grams.spelled(at, len(codes))
    return PhraseTrigger(phrase, place)
