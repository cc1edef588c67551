"""Phrases and odd characters that go with one label although the rest of the rows does not.

Every run of one to four words and every odd character is a hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from foretaste.modality.text_grams import MIXED, Grams, mine_grams, odd_characters
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.words import as_texts
from foretaste.probe.group_screens import GroupScreens, Guess, Hypotheses
from foretaste.types import Candidate, Family, Ints, Layer, Modality, Need, Scores, Trigger, View

__all__ = ["TextNgrams"]

MIN_SUPPORT = 5  # rows
MAX_SUPPORT = 0.25  # of all rows
POOL = 700  # hypotheses each screen passes on to leaving all their rows out
KEEP = 80  # candidates whose rest speaks against the label
KEEP_PURE = 20  # candidates that only go with one label: clean-label phrases
SHARED = 0.95  # share of the rows that must have a word for it to belong to the phrase


@dataclass(frozen=True)
class _Item:
    """A gram (code >= 0) or an odd character, with the rows that contain it."""

    gram: int
    character: str
    length: int
    rows: Ints


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
        screens = GroupScreens([i.rows for i in items], view.labels, view.heads)
        # long runs that many rows share are rare in free writing: templates, planted sentences
        lengths = np.array([i.length for i in items])
        repeated = np.where((lengths == lengths.max())[:, None], screens.observed, 0.0)
        ranked = (screens.surprise, screens.z, repeated)
        pool = [g for screen in ranked for g in screens.best(screen, POOL)]
        known = Hypotheses()
        first = _merged(screens.contradicted(pool), items, grams, known, 2 * KEEP)
        first = [(screens.by_all_heads(g), item) for g, item in first]
        first = sorted(first, key=lambda f: (-f[0].score, f[0].rows.tolist(), f[0].label))[:KEEP]
        for guess, _ in first:
            values[guess.rows] = np.maximum(values[guess.rows], guess.score)
        pure = _merged(screens.best(screens.z, POOL), items, grams, known, KEEP_PURE)
        found = [Candidate(g.rows, _trigger(i, grams), g.label) for g, i in first + pure]
        return Scores(values, tuple(found), considered)


def _distinct(grams: Grams, odd: dict[str, Ints]) -> list[_Item]:
    """One item for each set of rows: the longest run that has it."""
    held: dict[bytes, _Item] = {}
    for g in range(len(grams)):
        rows = grams.rows_with(g)
        held[rows.tobytes()] = _Item(g, "", int(grams.lengths[g]), rows)
    mixed = odd.get(MIXED, np.zeros(0, dtype=np.int64))
    for c, rows in odd.items():
        if c == MIXED or not np.isin(rows, mixed).all():  # says more than each of its letters
            held[rows.tobytes()] = _Item(-1, c, 0, rows)
    return list(held.values())


def _merged(
    guesses: list[Guess], items: list[_Item], grams: Grams, known: Hypotheses, limit: int
) -> list[tuple[Guess, _Item]]:
    """The best guesses, grown to whole phrases, of which no two are about the same rows.

    Runs inside one planted sentence have about the same rows: the best stands for all.
    """
    kept: list[tuple[Guess, _Item]] = []
    ranked = sorted(
        guesses,
        key=lambda g: (-g.weight, -items[g.item].length, g.rows.tolist(), g.label),
    )
    for guess in ranked:
        if len(kept) == limit:
            break
        if not known.new(guess.label, guess.rows, guess.share):
            continue
        item = items[guess.item]
        if item.gram >= 0:
            at, codes = grams.grown(item.gram, SHARED)
            item = replace(item, length=len(codes), rows=np.unique(grams.row_of[at]))
            if not known.new(guess.label, item.rows, guess.share):
                continue
        known.add(guess.label, item.rows, guess.share)
        kept.append((replace(guess, rows=item.rows), item))
    return kept


def _trigger(item: _Item, grams: Grams) -> Trigger:
    if item.character == MIXED:
        return HomoglyphTrigger()
    if item.character:
        return CharacterTrigger(item.character)
    at, codes = grams.grown(item.gram, SHARED)
    phrase, place = grams.spelled(at, len(codes))
    return PhraseTrigger(phrase, place)
