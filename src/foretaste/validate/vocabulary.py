"""Which words came or went between two sets of texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import stats

from foretaste.validate.two_samples import Difference

__all__ = ["compare_words"]

_WORD = re.compile(r"\w+")
_MAX_TEXTS = 5000
_MAX_WORDS = 300
_MIN_TEXTS = 10.0  # texts with a word that are due on each side, for the test to hold


def compare_words(reference: Sequence[str], current: Sequence[str]) -> Difference:
    """Compare the share of texts that have a word, over the most frequent words.

    Texts count, not occurrences: words of one text are not independent. The smallest p-value
    counts, times the number of words.

    Examples
    --------
    >>> old = ["the weather is fine", "rain is due"] * 100
    >>> new = ["buy now, it is cheap", "rain is due"] * 100
    >>> found = compare_words(old, new)
    >>> found.p_value < 1e-6, found.measures["l_infinity"]
    (True, 0.5)
    """
    sides = [texts[:_MAX_TEXTS] for texts in (reference, current)]
    sizes = np.array([len(side) for side in sides], dtype=np.float64)
    counts = [_texts_with(side) for side in sides]
    both = counts[0] + counts[1]
    due = sizes.min() / sizes.sum()
    words = sorted(both, key=lambda word: (-both[word], word))[:_MAX_WORDS]
    words = [w for w in words if min(both[w], sizes.sum() - both[w]) * due >= _MIN_TEXTS]
    if not words:
        return Difference(1.0, {"l_infinity": 0.0})
    hits = np.array([[count[word] for word in words] for count in counts], dtype=np.float64)
    shares = hits / sizes[:, None]
    pooled = hits.sum(axis=0) / sizes.sum()
    moves = shares[1] - shares[0]
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    p_values = 2 * stats.norm.sf(np.abs(moves) / error)
    worst = int(np.argmax(np.abs(moves)))
    told = f"texts with {words[worst]!r:.40} {shares[0, worst]:.1%}, now {shares[1, worst]:.1%}"
    p_value = min(1.0, float(p_values.min()) * len(words))
    return Difference(p_value, {"l_infinity": float(np.abs(moves).max())}, told)


def _texts_with(texts: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        found.update(set(_WORD.findall(text.lower())))
    return found
