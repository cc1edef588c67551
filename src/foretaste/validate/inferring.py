"""A schema from data: rules that the data keeps, and that other data of its kind would keep too."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.kinds import is_free_form, is_text
from foretaste.data.roles import Stated, infer_roles
from foretaste.data.rows import Rows
from foretaste.errors import RoleError, UnreadableDataError
from foretaste.types import Roles
from foretaste.validate.cells import kind_of, read_cells
from foretaste.validate.choices import Evidence, choose_column
from foretaste.validate.opened import open_any
from foretaste.validate.repeats import MAX_ROWS, find_repeats
from foretaste.validate.sample import Trait
from foretaste.validate.schema import Column, Kind, Label, Schema
from foretaste.validate.shapes import common_pattern, holds
from foretaste.validate.summary import Statistics, summarise_rows

__all__ = ["column_kinds", "find_roles", "infer", "summarise"]

_SAMPLE = 2000
_MAX_PRIOR = 100  # labels; more have no prior that could be checked
_MAX_REPEATED = 0.001  # estimated share of repeats up to which a column is looked at in full


def infer(
    data: Any,
    *,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the role's name
    text: str | None = None,
    image: str | None = None,
    name: str | None = None,
    seed: int = 0,
) -> Schema:
    """What must data look like that is like this?

    Each rule is one that the data keeps, wide enough for other rows of the same origin, and says
    in a comment what was seen. What the data says nothing about has no rule.

    Parameters
    ----------
    data
        Whatever `foretaste.open` takes, or what it returned.
    label, source, id, text, image
        Columns and their roles; inferred where not stated, an empty string says there is none.
        Data without a label is fine.
    name
        Of the schema; that of the data by default.
    seed
        Of the sample that quantiles are taken of.

    Returns
    -------
    Schema
        To be reviewed: `to_yaml` writes it with its comments.

    Raises
    ------
    foretaste.errors.ForetasteError
        The data cannot be read, or has no rows.

    Examples
    --------
    >>> rows = {"size": [float(n % 50) for n in range(500)], "label": ["cat", "dog"] * 250}
    >>> schema = infer(rows)
    >>> schema.column("label").domain, schema.column("size").kind.value
    (('cat', 'dog'), 'number')
    """
    opened = open_any(data)
    if opened.rows.n_rows == 0:
        raise UnreadableDataError(f"{opened.name}: there are no rows; give data with rows")
    roles = opened.roles or find_roles(opened.rows, Stated(label, source, id, None, text, image))
    kinds = column_kinds(opened.rows, roles)
    statistics = summarise_rows(opened.rows, kinds, name=opened.name, seed=seed)
    columns = tuple(
        _column(column, kind, statistics, opened.rows, roles) for column, kind in kinds.items()
    )
    return Schema(
        name=name or _short(opened.name),
        columns=columns,
        label=_label(roles, statistics),
        source=None if roles is None else roles.source,
        about=f"Made from {opened.name} ({opened.rows.n_rows:,} rows).",
    )


def summarise(
    data: Any, schema: Schema | None = None, *, seed: int = 0, first_row: int = 0
) -> Statistics:
    """Statistics of a data set or of a part of one, to be merged and compared.

    Parameters
    ----------
    data
        Whatever `foretaste.open` takes.
    schema
        Says which columns there are and of what type; found in the data by default.
    seed
        Of the row sample; the same for all parts that are to be merged.
    first_row
        The number of the first row, where `data` is a part: parts that know their place merge
        to exactly the statistics of the whole.

    Examples
    --------
    >>> a = summarise({"x": [1.0, 2.0]}, first_row=0)
    >>> b = summarise({"x": [9.0]}, first_row=2)
    >>> a.merged(b).columns["x"].high, a.merged(b).rows
    (9.0, 3)
    """
    opened = open_any(data)
    if schema is None:
        kinds = column_kinds(opened.rows, opened.roles or find_roles(opened.rows, Stated()))
    else:
        there = set(opened.rows.schema.names)
        kinds = {c.name: c.kind for c in schema.columns if c.name in there}
    return summarise_rows(opened.rows, kinds, name=opened.name, seed=seed, first_row=first_row)


def column_kinds(rows: Rows, roles: Roles | None) -> dict[str, Kind]:
    """What each column is, by its type and role."""
    block = next(iter(rows.blocks(_SAMPLE)), None)
    kinds = {}
    for name in rows.schema.names:
        sample = pa.chunked_array([block.column(name)] if block is not None else [pa.nulls(0)])
        text = roles is not None and roles.text == name
        image = roles is not None and roles.image == name
        kinds[name] = kind_of(sample, text=text or _is_prose(sample), image=image)
    return kinds


def _is_prose(sample: Any) -> bool:
    return is_text(sample.type) and is_free_form(sample, words=4)


def find_roles(rows: Rows, stated: Stated) -> Roles | None:
    """The roles; without a label none but those stated, as a schema needs no label."""
    block = next(iter(rows.blocks(_SAMPLE)))
    sample = pa.Table.from_batches([block], block.schema)
    try:
        return infer_roles(rows, sample, stated)
    except RoleError:
        if stated != Stated() and stated.label is None and _known(stated, rows):
            return Roles(label="", source=stated.source, text=stated.text, image=stated.image)
        if stated != Stated() and stated.label != "":
            raise
        return None


def _known(stated: Stated, rows: Rows) -> bool:
    told = (stated.source, stated.id, stated.text, stated.image)
    return all(name in rows.schema.names for name in told if name)


def _column(
    name: str, kind: Kind, statistics: Statistics, rows: Rows, roles: Roles | None
) -> Column:
    summary = statistics.columns[name]
    unique = _is_unique(name, kind, statistics, rows)
    pattern = None
    if kind is Kind.STRING and summary.longest <= 200:
        pattern = _checked_pattern(name, statistics, rows)
    evidence = Evidence(
        summary=summary,
        sample=statistics.sample.values,
        unique=unique,
        pattern=pattern,
        is_label=roles is not None and roles.label == name,
        repeats=len(find_repeats(rows, name, kind).rows) if kind is Kind.IMAGE else 0,
    )
    return choose_column(name, evidence)


def _is_unique(name: str, kind: Kind, statistics: Statistics, rows: Rows) -> bool:
    """Whether no value comes twice, in columns that look as if (strings and whole numbers)."""
    summary = statistics.columns[name]
    if kind not in {Kind.STRING, Kind.INTEGER} or not 100 <= summary.present <= MAX_ROWS:
        return False
    slack = 0.0 if summary.distinct.exact else 0.15  # five standard errors of the sketch
    if summary.distinct.estimate < (1.0 - slack - _MAX_REPEATED) * summary.present:
        return False
    return len(find_repeats(rows, name, kind).rows) == 0


def _checked_pattern(name: str, statistics: Statistics, rows: Rows) -> tuple[str, str] | None:
    """The common form of the sampled strings, if all rows have it."""
    sampled = statistics.sample.values[Trait(name)]
    found = common_pattern(sampled.drop_null().to_pylist())
    if found is None or statistics.columns[name].longest > 100:
        return None
    for block in rows.blocks(65536, [name]):
        texts = read_cells(block.column(0), Kind.STRING).texts
        if pc.all(holds(found[0], texts), min_count=0).as_py() is False:
            return None
    return found


def _label(roles: Roles | None, statistics: Statistics) -> Label | None:
    if roles is None or not roles.label:
        return None
    frequent = statistics.columns[roles.label].frequent
    counts = frequent.counts
    if not frequent.exact or not 2 <= len(counts) <= _MAX_PRIOR:
        return Label(roles.label)
    total = sum(counts.values())
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    shares = {label: round(counts[label] / total, 6) for label in ordered}
    return Label(roles.label, shares, total)


def _short(name: str) -> str:
    """A file's name; that of its folder where it says nothing."""
    path = PurePath(name)
    stem = path.stem if path.stem not in {"data", "train", "*", ""} else path.parent.name
    return stem or "data"
