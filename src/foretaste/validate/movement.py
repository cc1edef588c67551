"""What moved from one data set to another: the entrance to `drifting`."""

from __future__ import annotations

from typing import Any

from foretaste.data.roles import Stated
from foretaste.validate.document import digest_of
from foretaste.validate.drifting import Comparison, compare_statistics, significant
from foretaste.validate.findings import Finding, Validation
from foretaste.validate.inferring import column_kinds, find_roles, summarise
from foretaste.validate.opened import Opened, open_any
from foretaste.validate.schema import DEFAULT_SEVERITY, Column, DriftLimits, Label, Schema
from foretaste.validate.summary import Statistics

__all__ = ["compare", "drift", "name_of"]


def drift(
    current: Any,
    reference: Any,
    *,
    label: str | None = None,
    source: str | None = None,
    limits: DriftLimits | None = None,
    seed: int = 0,
) -> Validation:
    """What moved since `reference`: which columns, labels and sources, and by how much?

    Parameters
    ----------
    current, reference
        Whatever `foretaste.open` takes: two data sets, two batches, training and serving.
    label, source
        Columns whose values part the rows; inferred where not stated. Each label and each source
        is compared with its like as well.
    limits
        From which effect on a significant difference is told.
    seed
        Of the row samples.

    Returns
    -------
    Validation
        A finding for every difference that is both significant (family-wise 1 % over all
        comparisons) and large; columns that only one of them has are told, too.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> old = {"x": rng.normal(size=1000), "label": rng.integers(0, 2, 1000)}
    >>> new = {"x": rng.normal(0.5, size=1000), "label": rng.integers(0, 2, 1000)}
    >>> [finding.column for finding in drift(new, old).findings]
    ['x']
    """
    old, new = open_any(reference), open_any(current)
    schema = _bare_schema(old, label, source, limits)
    comparisons = compare(new, old, schema, seed=seed)
    found = [*significant(comparisons, schema), *_columns(new, old)]
    return Validation(
        name=new.name,
        rows=new.rows.n_rows,
        schema=schema.name,
        digest=digest_of(schema),
        reference=old.name,
        findings=tuple(sorted(found, key=lambda one: one.order)),
        tests=len(comparisons),
    )


def compare(current: Any, reference: Any, schema: Schema, *, seed: int = 0) -> list[Comparison]:
    """All comparisons of two data sets (or of data with `Statistics`) of one schema."""
    label = None if schema.label is None else schema.label.column
    old, new = (
        one if isinstance(one, Statistics) else summarise(one, schema, seed=seed)
        for one in (reference, current)
    )
    return compare_statistics(old, new, label=label, source=schema.source)


def name_of(data: Any) -> str:
    """What a data set, or statistics of one, is called."""
    return data.name if isinstance(data, Statistics) else open_any(data).name


def _bare_schema(
    old: Opened, label: str | None, source: str | None, limits: DriftLimits | None
) -> Schema:
    """The columns of the reference with their types, and no rules."""
    roles = old.roles or find_roles(old.rows, Stated(label=label, source=source))
    kinds = column_kinds(old.rows, roles)
    return Schema(
        name=old.name,
        columns=tuple(Column(name, kind) for name, kind in kinds.items()),
        label=Label(roles.label) if roles is not None and roles.label else None,
        source=None if roles is None else roles.source,
        drift=limits or DriftLimits(),
    )


def _columns(new: Opened, old: Opened) -> list[Finding]:
    """Columns that only one of the data sets has."""
    names = {"reference": old.rows.schema.names, "data": new.rows.schema.names}
    gone = [name for name in names["reference"] if name not in names["data"]]
    fresh = [name for name in names["data"] if name not in names["reference"]]
    told = [(name, "presence", f"column {name!r} is gone") for name in gone]
    told += [(name, "columns", f"column {name!r} is new") for name in fresh]
    return [Finding(rule, name, DEFAULT_SEVERITY[rule], message) for name, rule, message in told]
