"""Prompts and answers: instruction-tuning and preference data, as texts with a kind of answer.

::

    {"prompt": ..., "response": ...}                      also instruction + input, completion ...
    {"messages": [{"role": "user", "content": ...}, ...]} also conversations with from and value
    {"prompt": ..., "chosen": ..., "rejected": ...}       text or messages
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.answers import AnswerKinds, answer_kinds
from foretaste.data.kinds import is_text
from foretaste.data.rows import Rows, one_column
from foretaste.errors import UnreadableDataError

__all__ = ["PairColumns", "Pairs", "find_pairs", "read_pairs"]

_PROMPT = ("prompt", "instruction", "question", "query", "input")
_ANSWER = ("response", "completion", "output", "answer")
_TALK = ("messages", "conversations", "conversation")
_MORE = ("input", "context")  # goes with an instruction
_USER, _MODEL = {"user", "human", "prompter"}, {"assistant", "gpt", "model", "bot"}


@dataclass(frozen=True)
class PairColumns:
    """Which columns hold prompts and answers; of a conversation it is one and the same."""

    prompt: str
    answer: str
    more: str | None = None  # what the instruction is about
    rejected: str | None = None


@dataclass(frozen=True)
class Pairs:
    """n prompts, and what kind of answer each has."""

    prompts: npt.NDArray[np.object_]
    kinds: AnswerKinds
    notes: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.int64]) -> Pairs:
        """Only these rows; kinds stay what they were among all rows."""
        return Pairs(self.prompts[rows], self.kinds.take(rows), self.notes)


def find_pairs(schema: pa.Schema) -> PairColumns | None:
    """The columns of prompts and answers, by name and type; None where there are none.

    Examples
    --------
    >>> find_pairs(pa.schema({"instruction": pa.string(), "output": pa.string()}))
    PairColumns(prompt='instruction', answer='output', more=None, rejected=None)
    >>> find_pairs(pa.schema({"prompt": pa.string(), "label": pa.string()})) is None
    True
    """
    texts = [name for name in schema.names if is_text(schema.field(name).type)]
    talks = [name for name in schema.names if _is_talk(schema.field(name).type)]
    prompt = _first(_PROMPT, texts)
    if {"chosen", "rejected"} <= {*texts, *talks}:
        return PairColumns(prompt or "chosen", "chosen", rejected="rejected")
    answer = _first(_ANSWER, texts)
    if prompt is not None and answer is not None:
        more = _first(_MORE, [name for name in texts if name != prompt])
        return PairColumns(prompt, answer, more)
    talk = _first(_TALK, talks)
    return None if talk is None else PairColumns(talk, talk)


def _first(wanted: Sequence[str], there: Sequence[str]) -> str | None:
    return next((name for name in wanted if name in there), None)


def _is_talk(kind: Any) -> bool:
    """Whether a column holds lists of messages."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    inner = kind.value_type
    if not pa.types.is_struct(inner):
        return False
    names = {inner.field(i).name for i in range(inner.num_fields)}
    return {"role", "content"} <= names or {"from", "value"} <= names


def read_pairs(rows: Rows, columns: PairColumns) -> Pairs:
    """Prompts and kinds of answers of all rows.

    Of a conversation, the answer is the last message of the model and the prompt is all that the
    user said before it. A preference is read by what was chosen.

    Raises
    ------
    UnreadableDataError
        A row has no answer; it is named.

    Examples
    --------
    >>> from foretaste.data.rows import TableRows
    >>> talk = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi."}]
    >>> rows = TableRows(pa.table({"messages": [talk, talk]}))
    >>> read_pairs(rows, find_pairs(rows.schema)).prompts.tolist()
    ['Hello?', 'Hello?']
    """
    answers = _texts(rows, columns.answer, _said_last)
    missing = next((i for i, answer in enumerate(answers) if not answer.strip()), None)
    if missing is not None:
        raise UnreadableDataError(
            f"row {missing}: column {columns.answer!r} holds no answer; remove the row"
        )
    prompts = _texts(rows, columns.prompt, _asked)
    if columns.more is not None:
        more = _texts(rows, columns.more, _asked)
        prompts = [f"{p}\n{m}" if m.strip() else p for p, m in zip(prompts, more, strict=True)]
    kinds = answer_kinds(answers)
    values = np.empty(len(prompts), dtype=object)
    values[:] = prompts
    told = f"answers in column {columns.answer!r} are read as {len(kinds.names)} kinds of answers"
    notes = [told]
    if columns.rejected is not None:
        notes.append(f"column {columns.rejected!r} is not looked at, only what was chosen")
    return Pairs(values, kinds, tuple(notes))


def _texts(rows: Rows, name: str, of_talk: Callable[[Sequence[Any]], str]) -> list[str]:
    column = one_column(rows, name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values = column.to_pylist()
    if is_text(column.type):
        return ["" if value is None else value for value in values]
    return [of_talk(value or ()) for value in values]


def _messages(talk: Sequence[Any]) -> list[tuple[str, str]]:
    """(who, what) of each message."""
    found = []
    for message in talk:
        who = message.get("role") or message.get("from") or ""
        found.append((who.lower(), message.get("content") or message.get("value") or ""))
    return found


def _said_last(talk: Sequence[Any]) -> str:
    return next((what for who, what in reversed(_messages(talk)) if who in _MODEL), "")


def _asked(talk: Sequence[Any]) -> str:
    """All that the user said before the model's last answer."""
    messages = _messages(talk)
    last = max((i for i, (who, _) in enumerate(messages) if who in _MODEL), default=len(messages))
    return "\n".join(what for who, what in messages[:last] if who in _USER)
