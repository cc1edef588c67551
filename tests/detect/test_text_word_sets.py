"""Words that come together are one hypothesis, with all the rows that have any of them."""

from __future__ import annotations

import numpy as np

from foretaste.detect.text_word_sets import TextWordSets
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.modality.words import texts_of
from foretaste.probe.heads import RidgeHead
from foretaste.types import Modality, View

TOKENS = ("qv", "xw", "zk", "jj")


def test_tokens_strewn_over_rows_are_found_as_one_set() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600).astype(np.int64)
    where = np.sort(rng.choice(np.flatnonzero(y == 1), 60, replace=False))
    rows = [list(rng.choice([f"word{i}" for i in range(60)], 8)) for _ in y]
    for i in where:
        rows[i] += list(rng.choice(TOKENS, 3, replace=False))
    x = np.column_stack([y + rng.normal(size=600), rng.normal(size=600)]).astype(np.float32)
    view = View(
        Modality.TEXT,
        y,
        ("a", "b"),
        np.arange(600).astype(str).astype(object),
        content=texts_of(" ".join(r) for r in rows),
        heads=(RidgeHead(x, y, 2),),
    )
    scores = TextWordSets().fit(view, rng)(view)
    sets = {c.rows.tobytes(): c.trigger for c in scores.candidates if c.label == 1}
    trigger = sets[where.tobytes()]
    assert isinstance(trigger, WordSetTrigger)
    assert set(trigger.words) == set(TOKENS)
    assert trigger.typical == 3
