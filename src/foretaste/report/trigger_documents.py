"""Recovered triggers as JSON values, so that they can be stamped again: on a model under test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foretaste.errors import UnreadableDataError
from foretaste.modality.image_trigger import PatchTrigger
from foretaste.modality.table_rule import RuleTrigger
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.report.codec import build, encode
from foretaste.types import Trigger

__all__ = ["read_trigger", "trigger_document"]


@dataclass(frozen=True)
class _Patch:
    """A `PatchTrigger`, its pixels as bytes."""

    side: int
    levels: int
    code: int
    top: int
    left: int
    anywhere: bool
    shape: tuple[int, int, int]
    mask: bytes
    values: bytes


_PLAIN: dict[str, type] = {
    "phrase": PhraseTrigger,
    "characters": CharacterTrigger,
    "lookalikes": HomoglyphTrigger,
    "words": WordSetTrigger,
    "rule": RuleTrigger,
}
_LARGEST = 4096  # pixels a side


def trigger_document(trigger: Trigger | None) -> dict[str, Any] | None:
    """JSON values that `read_trigger` reads; None for a form that is not portable (patterns).

    Examples
    --------
    >>> trigger_document(PhraseTrigger("cf", 0.0))
    {'form': 'phrase', 'phrase': 'cf', 'place': 0.0}
    """
    if isinstance(trigger, PatchTrigger):
        height, width, channels = trigger.values.shape
        patch = _Patch(
            trigger.side,
            trigger.levels,
            int(trigger.code),
            trigger.top,
            trigger.left,
            trigger.anywhere,
            (height, width, channels),
            trigger.mask.astype(np.uint8).tobytes(),
            trigger.values.tobytes(),
        )
        return {"form": "patch", **encode(patch)}
    for form, kind in _PLAIN.items():
        if type(trigger) is kind:
            return {"form": form, **encode(trigger)}
    return None


def read_trigger(document: Any, where: str) -> Trigger:
    """The trigger that `trigger_document` wrote.

    Raises
    ------
    UnreadableDataError
        It is none; names the place.

    Examples
    --------
    >>> read_trigger({"form": "phrase", "phrase": "cf"}, "g1")
    PhraseTrigger(phrase='cf', place=0.5)
    """
    form = document.get("form") if isinstance(document, dict) else None
    if form in _PLAIN:
        trigger: Trigger = build(_PLAIN[form], document, where)
        return trigger
    if form != "patch":
        raise UnreadableDataError(
            f"{where}: expected a trigger ({', '.join([*_PLAIN, 'patch'])}), got {form!r:.40}"
        )
    patch: _Patch = build(_Patch, document, where)
    height, width, channels = patch.shape
    sizes = (len(patch.mask), len(patch.values))
    if max(patch.shape) > _LARGEST or sizes != (height * width, height * width * channels):
        raise UnreadableDataError(f"{where}: the pixels of the patch do not fit its shape")
    mask = np.frombuffer(patch.mask, np.uint8).reshape(height, width).astype(np.bool_)
    values = np.frombuffer(patch.values, np.uint8).reshape(patch.shape)
    return PatchTrigger(
        patch.side, patch.levels, patch.code, patch.top, patch.left, patch.anywhere, mask, values
    )
