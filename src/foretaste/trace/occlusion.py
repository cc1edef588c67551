"""What in an incident makes it kin to the rows that caused it: left out piece by piece.

Words, cells or squares of pixels are taken out of the first incidents, one at a time; those
without which the kinship falls most are marked, in the incidents and in the rows (Zeiler and
Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.linalg import cho_solve

from foretaste.influence.fingerprint import Fingerprint
from foretaste.modality import tools_of
from foretaste.modality.cells import as_table, cell_text
from foretaste.modality.words import GAP, WORD, as_texts, texts_of
from foretaste.report.trace_findings import Cause
from foretaste.trace.incidents import Asked
from foretaste.types import Content, Field, Floats, Images, Modality, Rendering, Span

__all__ = ["Marks", "find_marks"]

ASKED = 3  # incidents that are taken apart
WORDS = 80  # different words of an incident that are tried
MOST = 5  # pieces that are marked
NEAR = 0.5  # of the largest fall: what falls less is not marked
ROWS = 20  # strongest rows that kinship is measured to
GRID = 7  # squares a side of an image
DRAWN = 128  # pixels of the longer side
RED = (214, 40, 40)


@dataclass(frozen=True)
class Marks:
    """Pieces that matter: lower-case words, columns, or boxes (top, left, bottom, right)."""

    words: frozenset[str] = frozenset()
    columns: frozenset[int] = frozenset()
    boxes: tuple[tuple[int, int, int, int], ...] = ()

    def render(self, content: Content, row: int) -> Rendering:
        """One row for a person, the pieces marked where it has them."""
        if isinstance(content, Images):
            return Rendering(png=_framed(content.values[row], self.boxes))
        if content.modality is Modality.TEXT and self.words:
            return Rendering(spans=_spans(str(as_texts(content).values[row]), self.words))
        if content.modality is Modality.TABLE:
            table = as_table(content)
            order = sorted(range(len(table.names)), key=lambda j: j not in self.columns)
            cells = [(j, cell_text(table, j, float(table.values[row, j]))) for j in order]
            return Rendering(
                fields=tuple(Field(table.names[j], text, j in self.columns) for j, text in cells)
            )
        return tools_of(content.modality).render(content, row)


def find_marks(prints: Fingerprint, asked: Asked, cause: Cause) -> Marks:
    """The pieces of the incidents of `cause` that tie them to its strongest rows.

    Empty where the features come from a model that is not at hand here.
    """
    if prints.encoder is None or not cause.rows:
        return Marks()
    rows = np.array([row.row for row in cause.rows[:ROWS]])
    head = prints.head
    common = head.standardised(head.features[rows]).mean(axis=0)
    toward = cho_solve(head.factor(), common)
    encoder = prints.encoder

    def kinship(content: Content) -> Floats:
        return np.asarray(head.standardised(encoder(content)) @ toward)

    first = asked.content.take(np.array(cause.incidents[:ASKED]))
    if isinstance(first, Images):
        return _squares(first, kinship)
    return _words(first, kinship) if first.modality is Modality.TEXT else _cells(first, kinship)


Kinship = Callable[[Content], Floats]


def _chosen(falls: Floats) -> list[int]:
    """Indices of the largest falls."""
    order = np.argsort(-falls, kind="stable")[:MOST]
    return [int(i) for i in order if falls[i] > 0 and falls[i] >= NEAR * falls.max()]


def _words(texts: Content, kinship: Kinship) -> Marks:
    total: dict[str, float] = {}
    for text in as_texts(texts).values:
        held = [m.group().lower() for m in WORD.finditer(str(text))]
        known = list(dict.fromkeys(held))[:WORDS]
        variants = [str(text), *(_without(str(text), word) for word in known)]
        value = kinship(texts_of(variants))
        for word, fall in zip(known, value[0] - value[1:], strict=True):
            total[word] = total.get(word, 0.0) + float(fall)
    names = list(total)
    if not names:
        return Marks()
    return Marks(words=frozenset(names[i] for i in _chosen(np.array(list(total.values())))))


def _without(text: str, word: str) -> str:
    return WORD.sub(lambda m: GAP if m.group().lower() == word else m.group(), text)


def _spans(text: str, words: frozenset[str]) -> tuple[Span, ...]:
    spans, at = [], 0
    for found in WORD.finditer(text):
        if found.group().lower() in words:
            if found.start() > at:
                spans.append(Span(text[at : found.start()]))
            spans.append(Span(found.group(), marked=True))
            at = found.end()
    if at < len(text):
        spans.append(Span(text[at:]))
    return tuple(spans)


def _cells(content: Content, kinship: Kinship) -> Marks:
    table = as_table(content)
    before, falls = kinship(table), np.zeros(len(table.names))
    for column in range(len(table.names)):
        values = table.values.copy()
        # a cell that is missing can matter too: there, something is put in
        values[:, column] = np.where(np.isnan(values[:, column]), 0.0, np.nan)
        falls[column] = float((before - kinship(replace(table, values=values))).mean())
    return Marks(columns=frozenset(_chosen(falls)))


def _squares(images: Images, kinship: Kinship) -> Marks:
    height, width = images.values.shape[1:3]
    rows = np.linspace(0, height, min(GRID, height) + 1).astype(int)
    columns = np.linspace(0, width, min(GRID, width) + 1).astype(int)
    boxes = [
        (int(a), int(c), int(b), int(d)) for a, b in pairwise(rows) for c, d in pairwise(columns)
    ]
    before, falls = kinship(images), np.zeros(len(boxes))
    grey = images.values.mean(axis=(1, 2), keepdims=True).astype(np.uint8)
    for i, (top, left, bottom, right) in enumerate(boxes):
        values = images.values.copy()
        values[:, top:bottom, left:right] = grey
        falls[i] = float((before - kinship(replace(images, values=values))).mean())
    return Marks(boxes=tuple(boxes[i] for i in _chosen(falls)))


def _framed(values: npt.NDArray[np.uint8], boxes: tuple[tuple[int, int, int, int], ...]) -> bytes:
    """A picture as PNG, enlarged in whole steps, a frame around every box."""
    factor = max(1, DRAWN // max(values.shape[:2]))
    large = values.repeat(factor, axis=0).repeat(factor, axis=1)
    picture = Image.fromarray(large[..., 0] if large.shape[2] == 1 else large).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for top, left, bottom, right in boxes:
        corner = (left * factor, top * factor, right * factor - 1, bottom * factor - 1)
        pen.rectangle(corner, outline=RED, width=2)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
