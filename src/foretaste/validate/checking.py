"""Data against a schema: one pass over the rows, findings in order of importance."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from foretaste.data.rows import Rows
from foretaste.validate.cells import read_cells
from foretaste.validate.column_check import ColumnCheck, count_rules, finding
from foretaste.validate.document import digest_of
from foretaste.validate.drifting import Comparison, significant
from foretaste.validate.findings import Finding, Unchecked, Validation
from foretaste.validate.movement import compare, name_of
from foretaste.validate.opened import Opened, open_any
from foretaste.validate.priors import check_prior
from foretaste.validate.reading import read_schema
from foretaste.validate.repeats import MAX_ROWS, find_repeats
from foretaste.validate.schema import DEFAULT_SEVERITY, Column, Schema, Severity
from foretaste.validate.tally import MAX_NAMED, Tally

__all__ = ["check"]

_BLOCK_ROWS = 65536
_MAX_LABELS = 100_000  # different labels counted; more are no classes


def check(
    data: Any,
    schema: Schema | str | os.PathLike[str],
    *,
    environment: str | None = None,
    reference: Any = None,
    seed: int = 0,
) -> Validation:
    """Does the data keep to the schema; if not, which rows, columns and rules?

    Parameters
    ----------
    data
        Whatever `foretaste.open` takes, or what it returned. Nothing is asked of its values:
        rows without a label and damaged images are findings, not errors.
    schema
        A schema, or the path of its YAML file.
    environment
        One of the schema's environments; columns that are not in it may be missing.
    reference
        Data, or statistics from `summarise`, that the data is compared with: what moved is found
        by tests and effect sizes, see `drift`.
    seed
        Of the row samples that are compared.

    Returns
    -------
    Validation
        Outcome, findings in order of importance, what was not checked.

    Raises
    ------
    foretaste.errors.ForetasteError
        The data or the schema cannot be read.

    Examples
    --------
    >>> from foretaste.validate.schema import Column, Interval, Kind
    >>> schema = Schema("people", (Column("age", Kind.INTEGER, range=Interval(0, 120)),))
    >>> result = check({"age": [34, 260, 51]}, schema)
    >>> result.outcome.value, result.findings[0].rows, result.findings[0].value
    ('blocked', (1,), '260')
    """
    file = "" if isinstance(schema, Schema) else os.fspath(schema)
    if not isinstance(schema, Schema):
        schema = read_schema(schema)
    schema.check_environment(environment)
    opened = open_any(data)
    there = set(opened.rows.schema.names)
    due = [column for column in schema.columns if column.name in there]
    found = list(_about_columns(opened.rows, schema, environment))
    found += _about_cells(opened.rows, schema, due)
    unchecked = list(_unchecked(opened, schema, due))
    for column in due:
        if column.unique and opened.rows.n_rows <= MAX_ROWS:
            found += _about_repeats(opened.rows, column)
    tested: list[Comparison] = []
    if reference is not None:
        tested = compare(opened, reference, schema, seed=seed)
        found += significant(tested, schema)
    return Validation(
        name=opened.name,
        rows=opened.rows.n_rows,
        schema=schema.name,
        digest=digest_of(schema),
        file=str(file),
        environment=environment,
        reference=None if reference is None else name_of(reference),
        findings=tuple(sorted(found, key=lambda one: one.order)),
        unchecked=tuple(unchecked),
        checked=1 + sum(map(count_rules, schema.columns)) + _has_prior(schema),
        tests=len(tested),
    )


def _about_columns(rows: Rows, schema: Schema, environment: str | None) -> Iterator[Finding]:
    """Too few rows, columns that are missing, columns that nobody named."""
    there = rows.schema.names
    if rows.n_rows < schema.min_rows:
        told = f"{rows.n_rows:,} rows; expected at least {schema.min_rows:,}"
        yield _whole("rows", told, schema, count=rows.n_rows)
    for column in schema.columns:
        if column.name not in there and schema.due(column, environment):
            near = _same_but_for_case(column.name, there)
            hint = f"; there is {near!r}: was it renamed?" if near else ""
            yield Finding(
                rule="presence",
                column=column.name,
                severity=column.severity_of("presence"),
                message=f"column {column.name!r} is missing{hint}",
                expected="the column is there",
                owner=column.owner or schema.owner,
            )
    if not schema.other_columns:
        known = {column.name for column in schema.columns}
        for name in there:
            if name not in known:
                told = f"column {name!r} is not in the schema; describe it there, or drop it"
                yield _whole("columns", told, schema, column=name)


def _whole(rule: str, told: str, schema: Schema, *, column: str = "", count: int = 0) -> Finding:
    severity = DEFAULT_SEVERITY[rule]
    return Finding(rule, column, severity, told, count=count, owner=schema.owner)


def _same_but_for_case(name: str, there: list[str]) -> str | None:
    plain = "".join(filter(str.isalnum, name.casefold()))
    return next((n for n in there if "".join(filter(str.isalnum, n.casefold())) == plain), None)


def _about_cells(rows: Rows, schema: Schema, due: list[Column]) -> Iterator[Finding]:
    """One pass over all columns with rules."""
    checks = {column.name: ColumnCheck(column) for column in due}
    label = schema.label
    counted = label if label is not None and label.prior and label.column in checks else None
    labels: Counter[str] = Counter()
    for block in rows.blocks(_BLOCK_ROWS, list(checks)) if checks else ():
        for name, one in checks.items():
            one.add(block.column(name))
        if counted is not None and len(labels) <= _MAX_LABELS:
            labels.update(_labels(block.column(counted.column), schema))
    for one in checks.values():
        yield from one.findings()
    if counted is not None:
        yield from check_prior(counted, labels, schema)


def _labels(values: Any, schema: Schema) -> dict[str, int]:
    from foretaste.validate.frequent import Frequent  # noqa: PLC0415 - only with a prior

    column = schema.column(schema.label.column) if schema.label is not None else None
    cells = read_cells(values, column.kind) if column is not None else None
    if cells is None:
        return {}
    kept = cells.values.filter(cells.usable)
    return dict(Frequent.of(kept).counts)


def _about_repeats(rows: Rows, column: Column) -> Iterator[Finding]:
    repeats = find_repeats(rows, column.name, column.kind)
    if not len(repeats.rows):
        return
    tally = Tally()
    tally.count, tally.rows = len(repeats.rows), repeats.rows[:MAX_NAMED].tolist()
    tally.value = repeats.example[:80]
    told = "repeat a value of an earlier row"
    yield finding(column, "unique", tally, rows.n_rows, told, "no value twice")


def _unchecked(opened: Opened, schema: Schema, due: list[Column]) -> Iterator[Unchecked]:
    if opened.rows.n_rows == 0:
        yield Unchecked("rows", "", Severity.BLOCK, "there are no rows")
    for column in due:
        if column.unique and opened.rows.n_rows > MAX_ROWS:
            told = f"more than {MAX_ROWS:,} rows"
            yield Unchecked("unique", column.name, column.severity_of("unique"), told)
    label = schema.label
    if label is not None and label.prior and schema.column(label.column) is None:
        told = "the schema describes no such column"
        yield Unchecked("prior", label.column, DEFAULT_SEVERITY["prior"], told)


def _has_prior(schema: Schema) -> int:
    return int(schema.label is not None and bool(schema.label.prior))
