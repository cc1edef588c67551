"""A schema as YAML for people: stable order, one rule a line, each choice explained beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from foretaste.errors import OutputError
from foretaste.validate.moments import moment_text
from foretaste.validate.schema import FORMAT, Column, DriftLimits, Interval, Kind, Label, Schema

__all__ = ["digest_of", "to_yaml", "write_schema"]

_HEAD = """\
# What the data must look like; every line is a rule. Review it, change it, keep it in version
# control beside the data's code: foretaste schema check DATA --schema THIS_FILE
"""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_LONG = 6  # more values than this stand one a line


def to_yaml(schema: Schema) -> str:
    """The schema as YAML text, with comments; `parse_schema` reads it back.

    Examples
    --------
    >>> from foretaste.validate.schema import Column, Interval, Kind, Schema
    >>> age = Column("age", Kind.INTEGER, range=Interval(0, 120), why={"range": "seen: 17 to 90"})
    >>> print(to_yaml(Schema("people", (age,))).split("columns:")[1].rstrip())
    <BLANKLINE>
      age:
        type: integer
        range: {min: 0, max: 120}  # seen: 17 to 90
    """
    lines = [_HEAD.rstrip()]
    lines += [f"# {_one_line(schema.about)}"] if schema.about else []
    lines += [f"schema: {FORMAT}", f"name: {_text(schema.name)}"]
    lines += [f"owner: {_text(schema.owner)}"] if schema.owner else []
    lines += [f"environments: {_flow(schema.environments)}"] if schema.environments else []
    lines += [f"min_rows: {schema.min_rows}"] if schema.min_rows != 1 else []
    if not schema.other_columns:
        lines.append("other_columns: false  # a column without rules is told")
    lines += [f"source: {_text(schema.source)}"] if schema.source is not None else []
    lines += _label(schema.label) if schema.label is not None else []
    lines += _drift(schema.drift, "")
    lines.append("columns:" if schema.columns else "columns: {}")
    for column in schema.columns:
        lines.append(f"  {_text(column.name)}:")
        lines += [f"    {line}" for line in _column(column)]
    return "\n".join(lines) + "\n"


def write_schema(schema: Schema, path: str | os.PathLike[str]) -> None:
    """Write the schema as YAML, whole or not at all.

    Raises
    ------
    OutputError
        It cannot be written; what was there before stays.
    """
    file = Path(path)
    aside = file.with_name(f".{file.name}.part")
    try:
        aside.write_text(to_yaml(schema), encoding="utf-8")
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True) if aside.parent.is_dir() else None
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {file}: {reason}; name another file") from error


def digest_of(schema: Schema) -> str:
    """Hex SHA-256 of what the schema says: comments and their like do not count.

    Examples
    --------
    >>> from foretaste.validate.schema import Schema
    >>> digest_of(Schema("a", ())) == digest_of(Schema("a", (), about="made today"))
    True
    """
    bare = tuple(dataclasses.replace(column, why={}) for column in schema.columns)
    said = to_yaml(dataclasses.replace(schema, columns=bare, about=""))
    return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()


def _label(label: Label) -> Iterator[str]:
    yield "label:"
    yield f"  column: {_text(label.column)}"
    if label.prior:
        yield f"  tolerance: {_number(label.tolerance)}  # a share may move by this much"
        if label.rows:
            yield f"  rows: {label.rows}  # of which the prior was taken"
        yield "  prior:"
        yield from (f"    {_text(name)}: {_number(share)}" for name, share in label.prior.items())


def _column(column: Column) -> Iterator[str]:
    """One line a rule, in the order in which they are read; marks and images nest."""
    for rule, value in _plain_rules(column).items():
        if value is not None:
            yield _said(rule, value, column.why)
        elif rule == "domain" and column.domain is not None:
            yield from _listed("domain", column.domain, column.why)
    yield from _marks(column)
    yield from _images(column)
    if column.drift is not None:
        yield from _drift(column.drift, "")
    if column.severity is not None:
        yield _said("severity", column.severity.value, column.why)
    if column.severities:
        yield "severities:"
        yield from (f"  {_key(rule)}: {s.value}" for rule, s in column.severities.items())
    if column.owner:
        yield _said("owner", _text(column.owner), column.why)


def _plain_rules(column: Column) -> dict[str, str | None]:
    """Rule to value; None where it is not there. The place of `domain` is kept."""
    few = column.domain is not None and len(column.domain) <= _LONG
    moment, limits, length = column.kind is Kind.TIME, column.range, column.length
    return {
        "type": column.kind.value,
        "required": None if column.required else "false",
        "not_in": _flow(column.not_in) if column.not_in else None,
        "missing": None if column.missing is None else _number(column.missing),
        "unique": "true" if column.unique else None,
        "domain": _flow(column.domain or ()) if few else None,
        "others": _number(column.others) if column.others else None,
        "range": None if limits is None else _interval(limits, moment=moment),
        "outside": _number(column.outside) if column.outside else None,
        "finite": None if column.finite else "false",
        "length": None if length is None else _interval(length),
        "pattern": None if column.pattern is None else _quoted(column.pattern),
    }


def _marks(column: Column) -> Iterator[str]:
    if column.marks:
        yield _said("text", "", column.why)
        yield from (f"  {mark}: {_number(share)}" for mark, share in column.marks.items())


def _images(column: Column) -> Iterator[str]:
    picture = column.picture
    if picture is None:
        return
    yield _said("image", "", column.why)
    for side in ("width", "height"):
        interval = getattr(picture, side)
        if interval is not None:
            yield f"  {side}: {_interval(interval)}"
    if picture.modes is not None:
        yield f"  modes: {_flow(picture.modes)}"
    if picture.aspect is not None:
        yield f"  aspect: {_number(picture.aspect)}  # longer side over shorter side, at most"
    if picture.duplicates is not None:
        yield f"  duplicates: {_number(picture.duplicates)}  # share that repeats an image"


def _drift(limits: DriftLimits, indent: str) -> Iterator[str]:
    if limits == DriftLimits():
        return
    yield f"{indent}drift:"
    for field in dataclasses.fields(limits):
        yield f"{indent}  {field.name}: {_number(getattr(limits, field.name))}"


def _said(rule: str, value: str, why: Mapping[str, str]) -> str:
    """A rule and, after it, why it is so."""
    line = f"{rule}: {value}".rstrip()
    return f"{line}  # {_one_line(why[rule])}" if why.get(rule) else line


def _listed(rule: str, values: tuple[str, ...], why: Mapping[str, str]) -> Iterator[str]:
    yield _said(rule, "", why)
    yield from (f"  - {_quoted(value)}" for value in values)


def _flow(values: tuple[str, ...]) -> str:
    return f"[{', '.join(_quoted(value) for value in values)}]"


def _interval(interval: Interval, *, moment: bool = False) -> str:
    write = moment_text if moment else _number
    ends = {"min": interval.low, "max": interval.high}
    return f"{{{', '.join(f'{k}: {write(v)}' for k, v in ends.items() if v is not None)}}}"


def _number(value: float) -> str:
    """Without loss; whole numbers without a point."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def _text(text: str) -> str:
    """Plain where that is safe in every YAML reader, else quoted."""
    plain = _PLAIN.match(text) and text.lower() not in _WORDS
    return text if plain else _quoted(text)


def _key(rule: str) -> str:
    return f'"{rule}"' if ":" in rule else rule


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _one_line(text: str) -> str:
    """A comment can hold no line break and nothing that a terminal acts on."""
    return "".join(c if c.isprintable() else "·" for c in " ".join(text.split()))[:160]
