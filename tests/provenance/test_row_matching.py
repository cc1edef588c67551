"""Matching of rows: what was done to a sequence is what is told, and all rows are accounted for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from foretaste.provenance.row_matching import Matching, match_rows

few = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=12)
distinct = st.lists(st.binary(min_size=1, max_size=3), min_size=2, max_size=20, unique=True)


def match(old: list[bytes], new: list[bytes]) -> Matching:
    return match_rows(old, new, lambda _i, _j: True)


@given(few, few)
def test_every_row_is_accounted_for(old: list[bytes], new: list[bytes]) -> None:
    found = match(old, new)
    gone = {i for i, _ in found.changed} | set(found.removed)
    come = {j for _, j in found.changed} | set(found.added)
    assert len(gone) == len(found.changed) + len(found.removed)
    assert len(come) == len(found.changed) + len(found.added)
    kept_old = [row for i, row in enumerate(old) if i not in gone]
    kept_new = [row for j, row in enumerate(new) if j not in come]
    assert Counter(kept_old) == Counter(kept_new)
    assert not come & set(found.moved)
    assert (kept_old != kept_new) == bool(found.moved)


@given(few)
def test_the_same_rows_have_no_changes(rows: list[bytes]) -> None:
    assert match(rows, list(rows)) == Matching()


@given(distinct, st.data())
def test_one_row_gone(rows: list[bytes], draw: st.DataObject) -> None:
    row = draw.draw(st.integers(0, len(rows) - 1))
    assert match(rows, rows[:row] + rows[row + 1 :]) == Matching(removed=[row])


@given(distinct, st.data())
def test_one_row_come(rows: list[bytes], draw: st.DataObject) -> None:
    row = draw.draw(st.integers(0, len(rows)))
    assert match(rows, [*rows[:row], b"new row", *rows[row:]]) == Matching(added=[row])


@given(distinct, st.data())
def test_one_row_changed(rows: list[bytes], draw: st.DataObject) -> None:
    row = draw.draw(st.integers(0, len(rows) - 1))
    assert match(rows, [*rows[:row], b"new row", *rows[row + 1 :]]) == Matching(
        changed=[(row, row)]
    )


@given(distinct, st.data())
def test_two_rows_swapped(rows: list[bytes], draw: st.DataObject) -> None:
    one, other = sorted(
        draw.draw(st.sampled_from([(i, j) for i in range(len(rows)) for j in range(i)]))
    )
    swapped = list(rows)
    swapped[one], swapped[other] = rows[other], rows[one]
    assert match(rows, swapped) == Matching(moved=[one, other])


@given(distinct, st.data())
def test_a_copy_put_anywhere(rows: list[bytes], draw: st.DataObject) -> None:
    """Beside its original either of the two is the copy; elsewhere there is no doubt."""
    row, place = (draw.draw(st.integers(0, len(rows) - n)) for n in (1, 0))
    found = match(rows, [*rows[:place], rows[row], *rows[place:]])
    assert (found.removed, found.changed, found.moved) == ([], [], [])
    assert found.added == [row + 1 if place == row else place]


def test_rows_that_have_nothing_in_common_are_not_changed_ones() -> None:
    found = match_rows([b"a", b"b"], [b"a", b"x"], lambda _i, _j: False)
    assert (found.changed, found.removed, found.added) == ([], [1], [1])
