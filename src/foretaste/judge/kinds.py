"""What an opened group is an instance of, and what to do about it.

The same rows can be an attack, a habit or a slip. Each kind is given where the evidence tells it
from the others, and only there: flips that have a direction or a source are called flips, flips
that have neither are called mislabels, since carelessness and a careful attacker look the same.
"""

from __future__ import annotations

import numpy as np

from foretaste.judge.hypotheses import Hypothesis
from foretaste.types import Ints, Kind, View

__all__ = ["advice_for", "planted_kind"]

MARKED = 0.9  # share of a source's rows that have a mark which is the source's own

ADVICE = {
    Kind.BACKDOOR: (
        "Keep these rows out of training and ask their source; a model trained on them may "
        "answer {target!r} wherever the trigger appears."
    ),
    Kind.CLEAN_LABEL: (
        "Keep these rows out of training, or the trigger out of the rows; a model trained on them "
        "may answer {target!r} wherever the trigger appears, although every label is right."
    ),
    Kind.HARMFUL_SHORTCUT: (
        "Take the mark out of the rows, or collect rows of other labels with it; a model trained "
        "on them may answer {target!r} wherever the mark appears, though nobody meant harm."
    ),
    Kind.LABEL_FLIP: "Keep the listed rows out of training, and ask who labelled them.",
    Kind.MISLABEL: "Relabel or drop the listed rows; look at more labels if the share matters.",
}


def advice_for(kind: Kind, target: str = "") -> str:
    """What to do next, in one sentence or two.

    Examples
    --------
    >>> advice_for(Kind.LABEL_FLIP)
    'Keep the listed rows out of training, and ask who labelled them.'
    """
    return ADVICE[kind].format(target=target)


def planted_kind(view: View, hypothesis: Hypothesis) -> Kind:
    """Of a group that its labels or its trigger gave away."""
    if hypothesis.foreign is None or hypothesis.test.against > 0:
        return Kind.BACKDOOR
    marked = _mark_of_a_source(view, hypothesis.test.rows)
    return Kind.HARMFUL_SHORTCUT if marked else Kind.CLEAN_LABEL


def _mark_of_a_source(view: View, rows: Ints) -> bool:
    """Whether each source of the rows has the mark on nearly all that it delivers.

    A hospital's stamp is on every picture of the hospital; who plants, chooses rows.
    """
    if view.sources is None:
        return False
    mine = np.bincount(view.sources[rows], minlength=len(view.source_names))
    every = np.bincount(view.sources, minlength=len(view.source_names))
    return bool((mine[mine > 0] >= MARKED * every[mine > 0]).all() and (mine == 0).any())
