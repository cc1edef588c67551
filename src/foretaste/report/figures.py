"""Numbers as people read them: counts, shares, p-values, times."""

from __future__ import annotations

import math

__all__ = ["count", "number", "p_value", "plural", "seconds", "share"]

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def count(value: float) -> str:
    """A whole number with thin groups of three.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return f"{round(value):,}" if math.isfinite(value) else "unknown"


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    Examples
    --------
    >>> plural(1, "row"), plural(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def number(value: float) -> str:
    """A quantity with as many digits as help.

    Examples
    --------
    >>> number(9.31), number(0.034), number(1520.4), number(float("nan"))
    ('9.3', '0.034', '1,520', 'unknown')
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else "∞"
    size = abs(value)
    if size >= 100 or value == round(value):
        return count(value)
    if size >= 1:
        return f"{value:.1f}"
    return f"{value:.2g}" if size >= 0.001 else f"{value:.0e}"


def share(value: float) -> str:
    """A share of one as a percentage; nothing that is not zero reads as zero.

    Examples
    --------
    >>> share(0.1234), share(0.0004), share(0.0), share(0.00001), share(0.9999)
    ('12.3 %', '0.04 %', '0 %', '< 0.01 %', '> 99.9 %')
    """
    if not math.isfinite(value):
        return "unknown"
    percent = 100 * value
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    if percent in {0.0, 100.0}:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.2g} %"


def p_value(value: float) -> str:
    """A p-value; powers of ten are written out.

    Examples
    --------
    >>> p_value(0.034), p_value(3.2e-9), p_value(0.0)
    ('0.034', '3.2 × 10⁻⁹', '< 10⁻³⁰⁰')
    """
    if math.isnan(value):
        return "unknown"
    if value >= 0.001:
        return f"{value:.2g}"
    if value < 1e-300:
        return "< 10⁻³⁰⁰"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} × 10{str(int(exponent)).translate(_RAISED)}"


def seconds(value: float) -> str:
    """A duration.

    Examples
    --------
    >>> seconds(0.004), seconds(3.21), seconds(754)
    ('< 0.1 s', '3.2 s', '12 min 34 s')
    """
    if not math.isfinite(value):
        return "unknown"
    if value < 0.1:
        return "< 0.1 s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"
