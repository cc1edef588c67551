"""Schemas as YAML: what is written reads back, and tricks are refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste.errors import OutputError, UnreadableDataError, UsageError
from foretaste.validate import (
    Column,
    DriftLimits,
    Interval,
    Kind,
    Label,
    Picture,
    Schema,
    Severity,
    digest_of,
    parse_schema,
    read_schema,
    to_yaml,
    write_schema,
)

HEAD = "schema: foretaste/schema/v1\n"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
shares = st.floats(0, 1)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    ends = sorted(draw(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=2)))
    return Interval(draw(st.sampled_from([None, ends[0]])), draw(st.sampled_from([None, ends[1]])))


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    kind = draw(st.sampled_from([Kind.INTEGER, Kind.NUMBER, Kind.STRING, Kind.IMAGE]))
    string, image = kind is Kind.STRING, kind is Kind.IMAGE
    number = not string and not image
    values = st.integers().map(str) if number else words
    domain = draw(st.none() | st.lists(values, max_size=9, unique=True).map(tuple))
    picture = Picture(width=draw(intervals()), modes=("L", "RGB"), duplicates=draw(shares))
    return Column(
        name,
        kind,
        required=draw(st.booleans()),
        not_in=draw(st.sampled_from([(), ("serving",)])),
        missing=draw(st.none() | shares),
        unique=draw(st.booleans()),
        domain=None if image else domain,
        others=draw(shares) if domain is not None and not image else 0.0,
        range=draw(intervals()) if number else None,
        outside=draw(shares) if number else 0.0,
        pattern=draw(st.sampled_from([None, r"[0-9]{3}", '"\\\\:# ']) if string else st.none()),
        marks={"zero-width": draw(shares)} if string else {},
        picture=picture if image else None,
        drift=draw(st.sampled_from([None, DriftLimits(psi=0.3)])),
        severity=draw(st.sampled_from([None, Severity.WARN])),
        severities={"missing": Severity.INFO, "text:empty": Severity.WARN},
        owner=draw(words),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(words, max_size=4, unique=True))
    return Schema(
        name=draw(words),
        columns=tuple(draw(columns(name)) for name in names),
        label=draw(st.sampled_from([None, Label("y", {"no": 0.25, "1.10": 0.75}, 40, 0.1)])),
        source=draw(st.none() | words),
        environments=("training", "serving"),
        min_rows=draw(st.integers(0, 1000)),
        other_columns=draw(st.booleans()),
        about=draw(words),
    )


@given(schemas())
def test_what_is_written_reads_back(schema: Schema) -> None:
    text = to_yaml(schema)
    read = parse_schema(text)
    assert read == schema
    assert digest_of(read) == digest_of(schema)


@given(schemas())
def test_the_same_schema_gives_the_same_text(schema: Schema) -> None:
    bare = parse_schema(to_yaml(schema))
    assert to_yaml(parse_schema(to_yaml(bare))) == to_yaml(bare)


def test_words_that_other_readers_turn_into_booleans_stay_words() -> None:
    text = HEAD + "columns: {country: {type: string, domain: [no, yes, 1.10, 012, ~]}}"
    column = parse_schema(text).column("country")
    assert column is not None
    assert column.domain == ("no", "yes", "1.10", "012", "~")


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\n" + HEAD
REFUSED = [
    ("anchor", BOMB, "line 1: anchors and aliases"),
    ("merge", HEAD + "columns: {a: {<<: *x, type: text}}", "anchors and aliases"),
    ("tag", HEAD + "name: !!python/object/apply:os.system [id]", "tags"),
    ("own tag", HEAD + "name: !thing x", "tags"),
    ("directive", "%TAG ! tag:evil,2000:\n---\n" + HEAD, "tags"),
    ("two documents", HEAD + "---\n" + HEAD, "several documents"),
    ("twice", HEAD + "name: a\nname: b\n", "line 3: 'name' is there twice"),
    ("depth", HEAD + "columns: " + "[" * 5000 + "]" * 5000, "nested deeper"),
    ("size", HEAD + "name: " + "x" * 3_000_000, "above 2 MiB"),
    ("no yaml", HEAD + "name: [a", "not valid YAML"),
    ("control", HEAD + "name: \x00", "not valid YAML"),
    ("empty", "", "the file is empty"),
    ("list", "- a", "must be a mapping"),
    ("format", "schema: foretaste/schema/v9", "must be a schema of format"),
    ("no format", "columns: {}", "got 'none'"),
    ("unknown rule", HEAD + "colums: {}", "line 2: colums is no rule here"),
    ("type", HEAD + "columns: {a: {type: int}}", "must be one of integer"),
    ("no type", HEAD + "columns: {a: {missing: 0}}", "columns.a must say its type"),
    ("share", HEAD + "columns: {a: {type: text, missing: 2}}", "a share from 0 to 1, got 2"),
    ("nan", HEAD + "columns: {a: {type: number, range: {min: nan}}}", "must be a number"),
    ("down", HEAD + "columns: {a: {type: number, range: {min: 2, max: 1}}}", "must go up"),
    ("pattern", HEAD + "columns: {a: {type: string, pattern: '('}}", "a regular expression"),
    ("lookahead", HEAD + "columns: {a: {type: string, pattern: '(?=a)'}}", "RE2"),
    ("misfit", HEAD + "columns: {a: {type: string, range: {min: 1}}}", "no rule for a column"),
    ("prior", HEAD + "label: {column: y, prior: {a: 0.2}}", "must add up to 1, got 0.2"),
    ("environment", HEAD + "columns: {a: {type: text, not_in: [serving]}}", "not listed under"),
    ("mark", HEAD + "columns: {a: {type: text, text: {zero_width: 0}}}", "known are empty"),
    ("words", HEAD + "columns: {a: {type: integer, domain: [1, b]}}", "its domain has 'b'"),
    ("flag", HEAD + "other_columns: no", "must be true or false, got 'no'"),
]


@pytest.mark.parametrize(("text", "told"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_one_clear_error(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_schema(text, "people.yaml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("people.yaml")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin1")))
def test_any_text_is_a_schema_or_one_error(text: str) -> None:
    for whole in (text, HEAD + text, HEAD + "columns:\n  a: " + text):
        try:
            parse_schema(whole)
        except UsageError as error:
            assert "\n" not in str(error).rstrip("\n") or len(str(error)) < 2000  # noqa: PT017


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    schema = Schema("people", (Column("age", Kind.INTEGER, range=Interval(0, 120)),))
    write_schema(schema, file)
    assert read_schema(file) == schema
    assert [p.name for p in tmp_path.iterdir()] == ["people.yaml"]
    with pytest.raises(OutputError, match="cannot write"):
        write_schema(schema, tmp_path / "no" / "people.yaml")
    with pytest.raises(UnreadableDataError, match="no such file"):
        read_schema(tmp_path / "missing.yaml")
    file.write_bytes(b"schema: \xff")
    with pytest.raises(UsageError, match="byte 8 is not UTF-8"):
        read_schema(file)


def test_the_example_of_the_format_is_one() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "formats" / "schema-v1.md"
    text = page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    schema = parse_schema(text)
    country = schema.column("country")
    assert country is not None
    assert country.domain == ("de", "fr", "no")
    assert parse_schema(to_yaml(schema)) == schema
