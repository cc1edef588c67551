"""How often each label comes, against how often it is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.validate.findings import Finding
from foretaste.validate.schema import Label, Schema, Severity

__all__ = ["check_prior"]

Floats = npt.NDArray[np.float64]

_ERROR = 0.001
_MIN_EXPECTED = 5.0  # rows of a label below which it is pooled with others


def check_prior(label: Label, labels: Mapping[str, int], schema: Schema) -> Iterator[Finding]:
    """Shares that moved further than the tolerance, and further than chance explains.

    Chi-square of homogeneity with the rows that the prior was taken of, or of fit where the
    prior is exact. A label that the prior does not have is told as well.
    """
    total = sum(labels.values())
    if not total:
        return
    shares = {name: labels.get(name, 0) / total for name in {*labels, *label.prior}}
    moves = {name: share - label.prior.get(name, 0.0) for name, share in shares.items()}
    name = max(moves, key=lambda one: (abs(moves[one]), one))
    if abs(moves[name]) <= label.tolerance:
        return
    p_value = _p_value(label, labels, total)
    if p_value > _ERROR:
        return
    column = schema.column(label.column)
    due = label.prior.get(name, 0.0)
    yield Finding(
        rule="prior",
        column=label.column,
        severity=Severity.WARN if column is None else column.severity_of("prior"),
        message=(
            f"label {name!r:.60} has {shares[name]:.1%} of {total:,} rows; expected {due:.1%}, "
            f"give or take {label.tolerance:.1%}"
        ),
        count=labels.get(name, 0),
        total=total,
        value=name[:80],
        expected=f"{due:.1%} ± {label.tolerance:.1%}",
        owner=schema.owner if column is None else column.owner or schema.owner,
        measures={"l_infinity": abs(moves[name])},
        p_value=p_value,
    )


def _p_value(label: Label, labels: Mapping[str, int], total: int) -> float:
    names = sorted({*labels, *label.prior})
    seen = np.array([labels.get(name, 0) for name in names], dtype=np.float64)
    due = np.array([label.prior.get(name, 0.0) for name in names])
    if label.rows:
        table = np.stack([seen, np.rint(due * label.rows)])
        pooled = table.sum(axis=0) * min(total, label.rows) / (total + label.rows)
        table = _pooled(table, pooled >= _MIN_EXPECTED)
        if table.shape[1] < 2:
            return 1.0
        return float(stats.chi2_contingency(table, correction=False).pvalue)
    if seen[due == 0].sum():
        return 0.0  # a label that cannot be
    table = _pooled(np.stack([seen, due * total]), due * total >= _MIN_EXPECTED)
    if table.shape[1] < 2:
        return 1.0
    return float(stats.chisquare(table[0], table[1] * table[0].sum() / table[1].sum()).pvalue)


def _pooled(table: Floats, common: npt.NDArray[np.bool_]) -> Floats:
    """The columns of rare labels as one."""
    rest = table[:, ~common].sum(axis=1, keepdims=True)
    kept = table[:, common]
    return np.hstack([kept, rest]) if rest.sum() else kept
