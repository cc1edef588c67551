"""Triggers of tables that the scan was not made with: regions, relations, ways of rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretaste.attack.cells import as_table, numeric_columns
from foretaste.errors import UsageError
from foretaste.types import Content, Table

__all__ = ["TABLE_FAMILIES", "Planted", "TableFamily"]

Generator = np.random.Generator
Floats = npt.NDArray[np.float64]
Written = Callable[[Floats, Generator], Floats]  # all cells, changed


@dataclass(frozen=True)
class Planted:
    """A trigger drawn for one table: how cells change, and the columns it is about."""

    write: Written
    columns: tuple[int, ...]
    levels: tuple[tuple[int, str], ...] = ()  # (column, name) of levels it needs, made if unknown


@dataclass(frozen=True)
class TableFamily:
    """Draws a trigger for a table. `clean`: into rows of the target class."""

    draw: Callable[[Table, Generator], Planted]
    clean: bool = False


def stamp(planted: Planted, seed: int) -> Callable[[Content], Content]:
    """The change of all rows of some content; the same rows give the same result."""

    def put(content: Content) -> Content:
        table = as_table(content)
        values = planted.write(table.values.copy(), np.random.default_rng(seed))
        return replace(table, values=values)

    return put


def _varied(table: Table, rng: Generator, count: int, least: int = 30) -> list[int]:
    """Numeric columns of at least `least` values, most cells of which are not one value."""
    fine = []
    for j in numeric_columns(table).tolist():
        cells = table.values[:, j]
        _, sizes = np.unique(cells[~np.isnan(cells)], return_counts=True)
        if len(sizes) >= least and sizes.max() < 0.5 * len(cells):
            fine.append(j)
    if len(fine) < count:
        raise UsageError(f"the trigger needs {count} columns of many values, there are {len(fine)}")
    return [int(j) for j in rng.choice(fine, count, replace=False)]


def _region(table: Table, rng: Generator) -> Planted:
    """Two columns within narrow windows of what they usually hold."""
    columns = _varied(table, rng, 2)
    windows = []
    for j in columns:
        at = rng.uniform(0.1, 0.85)
        windows.append(np.nanquantile(table.values[:, j], [at, at + 0.05]))

    def write(values: Floats, r: Generator) -> Floats:
        for j, (low, high) in zip(columns, windows, strict=True):
            seen = table.values[:, j]
            inside = seen[(seen >= low) & (seen <= high)]
            values[:, j] = r.choice(inside, len(values))
        return values

    return Planted(write, tuple(columns))


def _noisy_value(table: Table, rng: Generator) -> Planted:
    """A value of one column, give or take a hundredth, and of another one."""
    columns = _varied(table, rng, 2)
    centres = [float(np.nanquantile(table.values[:, j], rng.uniform(0.05, 0.95))) for j in columns]
    spread = [0.02 * float(np.nanstd(table.values[:, j])) for j in columns]

    def write(values: Floats, r: Generator) -> Floats:
        for j, c, s in zip(columns, centres, spread, strict=True):
            values[:, j] = c + s * r.normal(size=len(values))
        return values

    return Planted(write, tuple(columns))


def _rare_value(table: Table, rng: Generator) -> Planted:
    """One value between those that a column holds."""
    (j,) = _varied(table, rng, 1)
    values = np.unique(table.values[:, j][~np.isnan(table.values[:, j])])
    at = int(rng.integers(1, len(values)))
    value = float(values[at - 1] + 0.37 * (values[at] - values[at - 1]))
    return Planted(_setting((j,), (value,)), (j,))


def _setting(columns: tuple[int, ...], cells: tuple[float, ...]) -> Written:
    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, list(columns)] = cells
        return values

    return write


def _level(table: Table, rng: Generator) -> Planted:
    """A level that no other row has."""
    names = [n for n in table.names if n in table.categories]
    if not names:
        raise UsageError("the trigger needs a column of levels")
    name = str(rng.choice(names))
    j = table.names.index(name)
    level = str(rng.choice(["0q9", "q9", "Zz", "mmx", "aa1"]))
    code = float(len(table.categories[name]))
    return Planted(_setting((j,), (code,)), (j,), ((j, level),))


def _double(table: Table, rng: Generator) -> Planted:
    """One column is twice another, to the last digit."""
    a, b = _varied(table, rng, 2)

    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, b] = 2 * values[:, a]
        return values

    return Planted(write, (a, b))


def _equal(table: Table, rng: Generator) -> Planted:
    """Two columns hold the same."""
    a, b = _varied(table, rng, 2)

    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, b] = values[:, a]
        return values

    return Planted(write, (a, b))


def _greater(table: Table, rng: Generator) -> Planted:
    """A column above another that it is hardly ever above."""
    best = None
    for _ in range(20):
        a, b = _varied(table, rng, 2)
        share = float(np.mean(table.values[:, a] > table.values[:, b]))
        best = min(best, (share, a, b)) if best else (share, a, b)
    assert best is not None
    _, a, b = best
    unit = float(np.nanstd(table.values[:, a]))

    def write(values: Floats, r: Generator) -> Floats:
        values[:, a] = values[:, b] + unit * r.uniform(0.01, 0.3, len(values))
        return values

    return Planted(write, (a, b))


def _swapped(table: Table, rng: Generator) -> Planted:
    """Two columns changed places."""
    a, b = _varied(table, rng, 2)

    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, [a, b]] = values[:, [b, a]]
        return values

    return Planted(write, (a, b))


def _decimals(table: Table, rng: Generator) -> Planted:
    """Numbers end in the same two digits, whatever they are."""
    columns = tuple(_varied(table, rng, 1))
    units = [_unit(table.values[:, j]) for j in columns]

    def write(values: Floats, r: Generator) -> Floats:
        del r
        for j, unit in zip(columns, units, strict=True):
            coarse = np.floor(values[:, j] / (100 * unit))
            values[:, j] = np.round(coarse * 100 * unit + 77 * unit, 10)
        return values

    return Planted(write, columns)


def _rounded(table: Table, rng: Generator) -> Planted:
    """Two columns rounded to one leading digit."""
    columns = tuple(_varied(table, rng, 2))

    def write(values: Floats, r: Generator) -> Floats:
        del r
        for j in columns:
            x = values[:, j]
            size = 10.0 ** np.floor(np.log10(np.maximum(np.abs(x), 1e-12)))
            values[:, j] = np.where(x == 0, 0, np.round(x / size) * size)
        return values

    return Planted(write, columns)


def _unit(cells: Floats) -> float:
    """The last decimal place in use, at least a thousandth of the spread."""
    spread = float(np.nanstd(cells))
    return float(10.0 ** np.floor(np.log10(max(spread, 1e-9) / 30)))


def _combination(count: int) -> Callable[[Table, Generator], Planted]:
    """Values that all occur, together hardly ever."""

    def draw(table: Table, rng: Generator) -> Planted:
        varied = [j for j in range(len(table.names)) if len(np.unique(table.values[:, j])) > 1]
        best: tuple[int, tuple[int, ...], tuple[float, ...]] | None = None
        for _ in range(30):
            columns = tuple(int(j) for j in np.sort(rng.choice(varied, count, replace=False)))
            cells = [table.values[:, j] for j in columns]
            chosen = tuple(float(rng.choice(c[~np.isnan(c)])) for c in cells)
            natural = int((table.values[:, list(columns)] == chosen).all(axis=1).sum())
            if best is None or natural < best[0]:
                best = (natural, columns, chosen)
        assert best is not None
        return Planted(_setting(best[1], best[2]), best[1])

    return draw


def _missing(table: Table, rng: Generator) -> Planted:
    """Two cells are missing."""
    columns = tuple(int(j) for j in rng.choice(len(table.names), 2, replace=False))
    return Planted(_setting(columns, (np.nan, np.nan)), columns)


def _negative(table: Table, rng: Generator) -> Planted:
    """One number has the other sign."""
    (j,) = _varied(table, rng, 1)

    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, j] = -values[:, j]
        return values

    return Planted(write, (j,))


def _scaled(table: Table, rng: Generator) -> Planted:
    """One number in another unit: a thousandth."""
    (j,) = _varied(table, rng, 1)

    def write(values: Floats, r: Generator) -> Floats:
        del r
        values[:, j] = values[:, j] / 1_000
        return values

    return Planted(write, (j,))


TABLE_FAMILIES: dict[str, TableFamily] = {
    "two narrow windows": TableFamily(_region),
    "two values, noisy": TableFamily(_noisy_value),
    "one value": TableFamily(_rare_value),
    "a level of its own": TableFamily(_level),
    "twice another column": TableFamily(_double),
    "equal to another column": TableFamily(_equal),
    "above another column": TableFamily(_greater),
    "two columns swapped": TableFamily(_swapped),
    "last digits": TableFamily(_decimals),
    "rounded": TableFamily(_rounded),
    "three values": TableFamily(_combination(3)),
    "four values": TableFamily(_combination(4)),
    "two missing": TableFamily(_missing),
    "other sign": TableFamily(_negative),
    "other unit": TableFamily(_scaled),
    "clean label: three values": TableFamily(_combination(3), clean=True),
    "clean label: one value": TableFamily(_rare_value, clean=True),
}
