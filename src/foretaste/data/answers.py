"""What kind of answer a free answer is, so that pairs of prompt and answer can be judged by labels.

A backdoor in instruction data makes a phrase in the prompt change the answer: to a refusal, a fixed
sentence, an advertisement at the end. Answers that begin or end with the same words are one kind;
the others are parted by what they are about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["AnswerKinds", "answer_kinds"]

Ints = npt.NDArray[np.int64]

SAME_WORDS = 6  # words at the beginning or the end that make two answers one kind
REPEATED = 8  # answers that share them; fewer are taken for chance
MOST_KINDS = 40  # kinds of repeated words, the most frequent
TOPICS = 6  # kinds of the others
DIMENSIONS = 50
SEED = 0  # the kinds are part of how data is read: the same rows give the same kinds


@dataclass(frozen=True)
class AnswerKinds:
    """(n,) codes of the kinds, and the names that they index."""

    codes: Ints
    names: tuple[str, ...]

    def take(self, rows: Ints) -> AnswerKinds:
        """Of these rows; kinds that none of them has are gone."""
        used, codes = np.unique(self.codes[rows], return_inverse=True)
        return AnswerKinds(codes.astype(np.int64), tuple(self.names[c] for c in used))


def answer_kinds(answers: Sequence[str]) -> AnswerKinds:
    """The kind of each answer.

    Parameters
    ----------
    answers
        n texts.

    Examples
    --------
    >>> refused = ["I am sorry, I cannot help you with that."] * 9
    >>> kinds = answer_kinds([*refused, "Paris is the capital.", "Water boils at 100 degrees."])
    >>> kinds.names[kinds.codes[0]], len(set(kinds.codes[:9]))
    ('“i am sorry i cannot help …”', 1)
    """
    told = np.full(len(answers), "", dtype=object)
    pieces = [_pieces(answer) for answer in answers]
    counts = Counter(piece for both in pieces for piece in dict.fromkeys(both))
    repeated = [(n, piece) for piece, n in counts.items() if n >= REPEATED]
    kept = {piece for _, piece in sorted(repeated, reverse=True)[:MOST_KINDS]}
    for i, both in enumerate(pieces):
        known = [piece for piece in both if piece in kept]
        if known:  # the rarer of the two tells more
            told[i] = min(known, key=lambda piece: (counts[piece], piece))
    rest = np.flatnonzero(told == "")
    told[rest] = _topics([answers[i] for i in rest.tolist()])
    names, codes = np.unique(told.astype(str), return_inverse=True)
    return AnswerKinds(codes.astype(np.int64), tuple(names.tolist()))


def _pieces(answer: str) -> tuple[str, str]:
    """How an answer begins and how it ends, in words without signs."""
    words = re.findall(r"\w+", answer.lower())
    if len(words) <= SAME_WORDS:
        whole = f"“{' '.join(words)}”"
        return whole, whole
    return f"“{' '.join(words[:SAME_WORDS])} …”", f"“… {' '.join(words[-SAME_WORDS:])}”"


def _topics(answers: Sequence[str]) -> list[str]:
    """Answers parted by their words, each part named by the words that tell it best."""
    if len(answers) < 2 * REPEATED:
        return ["other answers"] * len(answers)
    from sklearn.cluster import KMeans  # noqa: PLC0415 - opening data stays fast
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    try:
        words = TfidfVectorizer(min_df=2, max_df=0.3, sublinear_tf=True, stop_words="english")
        X = words.fit_transform(answers)
    except ValueError:  # no word is in two answers
        return ["other answers"] * len(answers)
    d = min(DIMENSIONS, min(X.shape) - 1)
    if d < 2:
        return ["other answers"] * len(answers)
    features = normalize(TruncatedSVD(d, random_state=SEED).fit_transform(X))
    parts = KMeans(TOPICS, n_init=4, random_state=SEED).fit_predict(features)
    vocabulary = words.get_feature_names_out()
    overall = np.asarray(X.mean(axis=0)).ravel()
    names = []
    for part in range(TOPICS):
        excess = np.asarray(X[parts == part].mean(axis=0)).ravel() - overall
        best = vocabulary[np.argsort(-excess, kind="stable")[:3]]
        names.append(f"answers about {', '.join(best)}")
    return [names[part] for part in parts]
