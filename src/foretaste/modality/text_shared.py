"""What the texts of a group share beside their trigger, to see what is left of each alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from foretaste.modality import Blankable
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.modality.words import as_texts, words
from foretaste.types import Content, Ints, Trigger

__all__ = ["SharedWords", "WithoutShared"]

OFTEN = 0.25  # share of the group's texts that have a shared word
LEAST = 3  # texts; a word of two may be theirs by chance
LIFT = 2.0  # times as often as in all texts


@dataclass(frozen=True)
class WithoutShared:
    """Takes a trigger out, and with it the words that its rows share.

    Of "what is the fear of heights" only "heights" is left: the frame that makes such questions
    alike, and unlike others with their label, is gone. Of texts into which a phrase was planted
    all is left, since they share nothing else; of texts in a planted style, what is not style.
    """

    trigger: Trigger
    words: WordSetTrigger

    def stamp(self, content: Content) -> Content:
        """The texts with the trigger, as it stamps them."""
        return self.trigger.stamp(content)

    def remove(self, content: Content) -> Content:
        """The texts without the trigger and without the shared words."""
        return self.words.remove(self.trigger.remove(content))

    def blank(self, content: Content) -> Content:
        """The same with gaps in their places."""
        trigger = self.trigger
        out = trigger.blank(content) if isinstance(trigger, Blankable) else trigger.remove(content)
        return self.words.blank(out)


class SharedWords:
    """Knows how often each word is in all texts, and so what is typical of a group.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.text_trigger import PhraseTrigger
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of([f"fear of {x}" for x in "abcd"] + list("efghijkl"))
    >>> rest = SharedWords(texts)(np.arange(4), PhraseTrigger("fear"))
    >>> rest.remove(texts.take(np.arange(2))).values.tolist()
    ['a', 'b']
    """

    def __init__(self, content: Content) -> None:
        self._texts = as_texts(content).values
        self._all = Counter(w for t in self._texts for w in set(words(str(t))))

    def __call__(self, rows: Ints, trigger: Trigger) -> WithoutShared:
        """For one group."""
        mine = Counter(w for r in rows for w in set(words(str(self._texts[r]))))
        scale = LIFT * len(rows) / max(1, len(self._texts))
        shared = [
            w
            for w, k in sorted(mine.items(), key=lambda item: (-item[1], item[0]))
            if k >= max(LEAST, OFTEN * len(rows)) and k >= scale * self._all[w]
        ]
        return WithoutShared(trigger, WordSetTrigger(tuple(shared), typical=1))
