"""YAML as a tree of text, with line numbers and without tricks.

Nothing is guessed: a scalar stays the text it is (``no`` is no boolean, ``1.10`` keeps its zero)
until a rule says what it needs. Anchors and aliases (which can unfold to gigabytes), tags (which
can name code), directives, several documents and repeated keys are refused, as are files that are
too large or too deep. The text is parsed to events only; no YAML constructor ever runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from foretaste.errors import UsageError

__all__ = ["MAX_BYTES", "Entry", "parse_yaml"]

MAX_BYTES = 2 * 1024**2
_MAX_DEPTH = 12
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """A piece of YAML: text, a list of entries, or entries by key."""

    value: str | tuple[Entry, ...] | dict[str, Entry]
    line: int  # 1 is the first
    plain: bool = False  # a scalar without quotes


def parse_yaml(text: str, name: str) -> Entry:
    r"""The tree of one YAML document; `name` is what the file is called in errors.

    Raises
    ------
    UsageError
        With the line: not YAML, or YAML that is refused.

    Examples
    --------
    >>> tree = parse_yaml("type: integer  # whole\nof: [no, 1.10]", "a.yaml")
    >>> tree.value["type"].value, [item.value for item in tree.value["of"].value]
    ('integer', ['no', '1.10'])
    >>> parse_yaml("a: &x [1]\nb: *x", "a.yaml")
    Traceback (most recent call last):
        ...
    foretaste.errors.UsageError: a.yaml, line 1: anchors and aliases are refused; write it out
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise UsageError(f"{name}: a schema above {MAX_BYTES >> 20} MiB is refused; split it")
    try:
        events = _policed(yaml.parse(text, Loader=_PARSER), name)
        first = next(events, None)
        if first is None:
            raise UsageError(f"{name}: the file is empty; write one with foretaste schema infer")
        entry = _entry(first, events, name)
        if next(events, None) is not None:
            raise UsageError(f"{name}: more than one document; a file holds one schema")
    except yaml.YAMLError as error:
        raise UsageError(f"{name}{_place(error)}: not valid YAML ({_problem(error)})") from error
    return entry


def _policed(events: Iterator[Any], name: str) -> Iterator[Any]:
    """The events of content; refuses what a schema never needs."""
    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if event.tags or documents > 1:
                what = "tags" if event.tags else "several documents in one file"
                raise UsageError(f"{name}, line {line}: {what} are refused; leave one schema")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UsageError(f"{name}, line {line}: anchors and aliases are refused; write it out")
        tag = getattr(event, "tag", None)
        if tag:
            raise UsageError(f"{name}, line {line}: tags ({tag!r:.40}) are refused; remove it")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise UsageError(f"{name}, line {line}: nested deeper than {_MAX_DEPTH} levels")
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _entry(event: Any, events: Iterator[Any], name: str) -> Entry:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return Entry(event.value, line, plain=event.style in {None, ""})
    if isinstance(event, yaml.SequenceStartEvent):
        return Entry(tuple(_items(events, name)), line)
    return Entry(_members(events, name), line)


def _items(events: Iterator[Any], name: str) -> Iterator[Entry]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        yield _entry(event, events, name)


def _members(events: Iterator[Any], name: str) -> dict[str, Entry]:
    members: dict[str, Entry] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent):
            raise UsageError(f"{name}, line {line}: a key must be text; write key: value")
        if event.value in members:
            raise UsageError(f"{name}, line {line}: {event.value!r:.60} is there twice; remove one")
        members[event.value] = _entry(next(events), events, name)
    return members


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f", line {mark.line + 1}"


def _problem(error: yaml.YAMLError) -> str:
    told = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return " ".join(str(told).split())[:160]
