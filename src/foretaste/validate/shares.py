"""How many rows a share of rows explains, and which share a count of rows speaks for."""

from __future__ import annotations

from scipy import stats

__all__ = ["CHANCE", "exceeds", "upper_share"]

CHANCE = 0.001  # error of one bound, and of one comparison with it


def exceeds(count: int, rows: int, share: float) -> bool:
    """Whether `count` of `rows` rows are more than a share of `share` explains by chance.

    A share of 0 explains none. Binomial, error 1 in 1,000.

    Examples
    --------
    >>> exceeds(1, 1000, 0.0), exceeds(3, 1000, 0.001), exceeds(9, 1000, 0.001)
    (True, False, True)
    """
    if count <= share * rows:
        return False
    return bool(share <= 0.0 or stats.binom.sf(count - 1, rows, share) < CHANCE)


def upper_share(count: int, rows: int) -> float:
    """The largest share that `count` of `rows` rows still speak for (Clopper–Pearson, 99.9 %).

    Rounded up to two digits, for people.

    Examples
    --------
    >>> upper_share(0, 1000), upper_share(50, 1000)
    (0.0069, 0.075)
    """
    if count >= rows:
        return 1.0
    bound = float(stats.beta.ppf(1.0 - CHANCE, count + 1, rows - count))
    return min(1.0, float(f"{bound + 0.5 * 10.0 ** (_exponent(bound) - 1):.1e}"))


def _exponent(value: float) -> int:
    return int(f"{value:e}".split("e")[1])
