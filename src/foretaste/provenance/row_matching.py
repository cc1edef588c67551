"""Which rows of one sequence are which of another: kept, changed, removed, added, moved.

Rows are compared by digest, and counted: of two equal rows either may be the one that is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Matching", "match_rows"]

Alike = Callable[[int, int], bool]
_MAX_PAIRING = 200  # rows of a gap that are compared with each other


@dataclass
class Matching:
    """Row numbers: old ones of the signed rows, new ones of the rows as they are."""

    changed: list[tuple[int, int]] = field(default_factory=list)  # (old, new)
    removed: list[int] = field(default_factory=list)  # old
    added: list[int] = field(default_factory=list)  # new
    moved: list[int] = field(default_factory=list)  # new: equal to a signed row, elsewhere


def match_rows(old: Sequence[bytes], new: Sequence[bytes], alike: Alike) -> Matching:
    """Match two sequences of digests.

    Parameters
    ----------
    old, new
        Digests of the rows as signed and as they are.
    alike
        Whether signed row i and present row j have so much in common that one was made from the
        other; asked only where rows are gone and others have come at the same place.

    Examples
    --------
    >>> found = match_rows([b"a", b"b", b"c"], [b"a", b"x", b"c", b"c"], lambda i, j: True)
    >>> found.changed, found.removed, found.added, found.moved
    ([(1, 1)], [], [3], [])
    """
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    before, after = Counter(old[start:]), Counter(new[start:])
    return _walk(old, new, start, _Surplus(before - after, after - before), alike)


@dataclass
class _Surplus:
    """How many rows of each digest are too many on either side."""

    gone: Counter[bytes]
    come: Counter[bytes]


def _walk(
    old: Sequence[bytes],
    new: Sequence[bytes],
    start: int,
    surplus: _Surplus,
    alike: Alike,
) -> Matching:
    """Go through both sides at once, and say of each row that does not fit why."""
    found = Matching()
    gap_old, gap_new = list[int](), list[int]()
    ahead, behind = Counter[bytes](), Counter[bytes]()  # rows out of order, met on one side only
    known = set(old)
    i = j = start
    while i < len(old) or j < len(new):
        a = old[i] if i < len(old) else None
        b = new[j] if j < len(new) else None
        if a is not None and a == b:
            _close_gap(gap_old, gap_new, new, known, alike, found)
            i, j = i + 1, j + 1
        elif a is not None and surplus.gone[a]:
            surplus.gone[a] -= 1
            gap_old.append(i)
            i += 1
        elif b is not None and surplus.come[b]:
            surplus.come[b] -= 1
            gap_new.append(j)
            j += 1
        elif a is not None and ahead[a]:
            ahead[a] -= 1
            i += 1
        elif b is not None and behind[b]:
            behind[b] -= 1
            found.moved.append(j)
            j += 1
        else:  # both are kept, and elsewhere on the other side
            if a is not None:
                behind[a] += 1
                i += 1
            if b is not None:
                ahead[b] += 1
                found.moved.append(j)
                j += 1
    _close_gap(gap_old, gap_new, new, known, alike, found)
    return found


def _close_gap(
    gap_old: list[int],
    gap_new: list[int],
    new: Sequence[bytes],
    known: set[bytes],
    alike: Alike,
    found: Matching,
) -> None:
    """Between two kept rows: tell changed rows from removed and added ones."""
    if not gap_old and not gap_new:
        return
    copies = [j for j in gap_new if new[j] in known]  # of signed rows: these were not edited
    fresh = [j for j in gap_new if new[j] not in known]
    pairs = list(_pairs(gap_old, fresh, alike))
    found.changed += pairs
    paired_old, paired_new = {i for i, _ in pairs}, {j for _, j in pairs}
    found.removed += [i for i in gap_old if i not in paired_old]
    found.added += sorted([*copies, *(j for j in fresh if j not in paired_new)])
    gap_old.clear()
    gap_new.clear()


def _pairs(olds: list[int], news: list[int], alike: Alike) -> Iterable[tuple[int, int]]:
    """Rows that were made from each other, in order; all of them where none is over."""
    if len(olds) == len(news) and all(map(alike, olds, news)):
        yield from zip(olds, news, strict=True)
        return
    if max(len(olds), len(news)) > _MAX_PAIRING:
        return
    at = 0
    for i in olds:
        j = next((k for k in range(at, len(news)) if alike(i, news[k])), None)
        if j is not None:
            yield i, news[j]
            at = j + 1
