"""Combinations of cells that rows share, and that go with one label although the rest does not.

Items are values, absence and ranges; rules are up to four items together. Two ways to be
noticed: the items come together more often than their frequencies explain, and the rows carry
one label more often than models explain. Either is enough to be looked at properly.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.modality.cells import as_table
from foretaste.modality.table_items import collect_items
from foretaste.modality.table_rule import RuleTrigger
from foretaste.probe.group_screens import GroupScreens, Guess, Hypotheses
from foretaste.probe.rule_search import Rule, close_rules, find_rules, lift
from foretaste.types import Candidate, Family, Layer, Modality, Need, Scores, View

__all__ = ["TableRules"]

MIN_SUPPORT = 5  # rows
MAX_SUPPORT = 0.2  # of all rows, of a rule
MAX_ITEM = 0.6  # of all rows, of one of its items
POOL = 400  # rules each screen passes on to leaving all their rows out
KEEP = 60  # candidates whose rest speaks against the label
KEEP_PURE = 20  # candidates that only go with one label


class TableRules:
    """Finds groups of rows that share a combination of cells.

    References
    ----------
    Brin, Motwani, Silverstein 1997, "Beyond market baskets: generalizing association rules to
    correlations", section 2: what comes together more often than its parts explain. Pleiter et
    al. 2023, "Tabdoor" (arXiv 2311.07550), section 4: the triggers this is meant to find.
    """

    name: ClassVar[str] = "table-rules"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> TableRules:
        """Nothing is learnt: the cells of the scored view speak for themselves."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with `RuleTrigger`s; a row's score is its best rule's surprise in nats."""
        if view.content is None or not view.heads:
            msg = "table-rules needs content and heads"
            raise ValueError(msg)
        values = np.zeros(len(view))
        most = int(MAX_SUPPORT * len(view))
        frequent = int(MAX_ITEM * len(view))
        items = collect_items(as_table(view.content), MIN_SUPPORT, frequent)
        if not len(items):
            return Scores(values, (), 0)
        rules, considered = find_rules(items, view.labels, len(view.classes))
        groups = close_rules(items, view.labels, rules, most)
        if not groups:
            return Scores(values, (), considered)
        chosen, rows = list(groups), list(groups.values())
        screens = GroupScreens(rows, view.labels, view.heads)
        together = lift(items, chosen, [len(r) for r in rows])
        # what hardly ever comes together by chance, by the label that most of it has
        planted = np.where(
            screens.observed == screens.observed.max(axis=1, keepdims=True), together[:, None], 0.0
        )
        pool = [
            guess
            for screen in (screens.surprise, screens.z, planted)
            for guess in screens.best(screen, POOL)
        ]
        known = Hypotheses()
        first = _merged(screens.contradicted(pool), chosen, known, 2 * KEEP)
        first = [screens.by_all_heads(g) for g in first]
        first = sorted(first, key=lambda g: (-g.score, g.rows.tolist(), g.label))[:KEEP]
        for guess in first:
            values[guess.rows] = np.maximum(values[guess.rows], guess.score)
        pure = _merged(screens.best(screens.z, POOL), chosen, known, KEEP_PURE)
        found = [
            Candidate(
                g.rows, RuleTrigger(items.conditions(chosen[g.item], g.rows, view.labels)), g.label
            )
            for g in first + pure
        ]
        return Scores(values, tuple(found), considered)


def _merged(guesses: list[Guess], rules: list[Rule], known: Hypotheses, limit: int) -> list[Guess]:
    """The best guesses, of which no two are about the same rows."""
    kept: list[Guess] = []
    ranked = sorted(
        guesses, key=lambda g: (-g.weight, -len(rules[g.item]), g.rows.tolist(), g.label)
    )
    for guess in ranked:
        if len(kept) == limit:
            break
        if known.new(guess.label, guess.rows, guess.share):
            known.add(guess.label, guess.rows, guess.share)
            kept.append(guess)
    return kept
