"""Quarantine: nothing is lost, everything has a reason, nothing can be rewritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretaste.errors import OutputError, UnreadableDataError, UsageError
from foretaste.store import Entry, HeldRow, Parcel, Place, Quarantine, open_place
from foretaste.store.entries import State, parse_record, record_bytes
from foretaste.store.sealing import Seal, make_key, recipient_of, unseal

ROWS = tuple(HeldRow(row, f"{row:064x}", "backdoor", "confirmed", "g1") for row in (3, 5, 8))
PARCEL = Parcel("mails.csv", "cd" * 32, ROWS, b"the rows", b"the findings")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "quarantine.key")
    return tmp_path / "quarantine.key"


@pytest.fixture
def seal(key: Path) -> Seal:
    return Seal((recipient_of(key),))


def test_rows_go_in_and_come_out(place: Place, key: Path, seal: Seal) -> None:
    quarantine = Quarantine(place)
    entry = quarantine.admit(PARCEL, seal)
    assert quarantine.entries() == [entry]
    assert quarantine.rows(entry.id[:6], key) == b"the rows"
    assert quarantine.findings(entry.id, key) == b"the findings"
    assert set(quarantine.states(entry.id).values()) == {State.HELD}
    assert place.names("intents") == []


def test_nothing_readable_is_at_rest(place: Place, seal: Seal) -> None:
    Quarantine(place).admit(PARCEL, seal)
    for below in ("objects", "quarantine"):
        for name in place.names(below):
            content = place.read(name) or b""
            assert b"the rows" not in content
            assert b"the findings" not in content


def test_taking_in_twice_is_taking_in_once(
    place: Place, seal: Seal, again: Callable[[Place], Place]
) -> None:
    first = Quarantine(place).admit(PARCEL, seal)
    assert Quarantine(again(place)).admit(PARCEL, seal) == first
    assert len(place.names("objects")) == 2


def test_release_needs_a_reason_and_covers_what_was_decided(place: Place, seal: Seal) -> None:
    quarantine = Quarantine(place)
    entry = quarantine.admit(PARCEL, seal)
    with pytest.raises(UsageError, match="reason"):
        quarantine.release(entry.id, reason=" ", by="ada")
    with pytest.raises(UsageError, match="row 4 is not held"):
        quarantine.release(entry.id, reason="checked", by="ada", rows=[4])
    event = quarantine.release(entry.id, reason="checked by hand", by="ada", rows=[5])
    assert (event.rows, event.by) == ((5,), "ada")
    assert quarantine.released() == {(ROWS[1].digest, "backdoor")}
    assert quarantine.states(entry.id) == {3: State.HELD, 5: State.RELEASED, 8: State.HELD}
    with pytest.raises(UsageError, match="row 5 is not held"):
        quarantine.release(entry.id, reason="checked", by="ada", rows=[5])
    quarantine.release(entry.id, reason="the rest too", by="bob")
    with pytest.raises(UsageError, match="no row is held"):
        quarantine.release(entry.id, reason="again", by="bob")
    assert [event.number for event in quarantine.events(entry.id)] == [1, 2]


def test_purge_deletes_rows_and_keeps_findings(place: Place, key: Path, seal: Seal) -> None:
    quarantine = Quarantine(place)
    entry = quarantine.admit(PARCEL, seal)
    quarantine.release(entry.id, reason="one is fine", by="ada", rows=[3])
    quarantine.purge(entry.id, reason="asked to forget", by="ada")
    assert len(place.names("objects")) == 1
    assert quarantine.findings(entry.id, key) == b"the findings"
    assert quarantine.states(entry.id) == {3: State.RELEASED, 5: State.PURGED, 8: State.PURGED}
    with pytest.raises(UsageError, match="were purged"):
        quarantine.rows(entry.id, key)
    with pytest.raises(UsageError, match="were purged"):
        quarantine.purge(entry.id, reason="once more", by="ada")
    assert quarantine.admit(PARCEL, seal) == entry
    assert len(place.names("objects")) == 1


@pytest.mark.parametrize("what", ["entry", "event", "first event gone"])
def test_a_rewritten_record_breaks_the_chain(place: Place, seal: Seal, what: str) -> None:
    quarantine = Quarantine(place)
    entry = quarantine.admit(PARCEL, seal)
    for row in (3, 5):
        quarantine.release(entry.id, reason="checked", by="ada", rows=[row])
    name = f"quarantine/{entry.id}/" + ("entry.json" if what == "entry" else "events/000001.json")
    content = place.read(name) or b""
    place.remove(name)
    if what != "first event gone":
        assert place.create(name, content.replace(b"mails", b"males").replace(b"ada", b"bob"))
    with pytest.raises(UnreadableDataError, match="was altered or removed"):
        quarantine.events(entry.id)


def test_lost_rows_are_told(place: Place, key: Path, seal: Seal) -> None:
    quarantine = Quarantine(place)
    entry = quarantine.admit(PARCEL, seal)
    for name in place.names("objects"):
        place.remove(name)
    with pytest.raises(UnreadableDataError, match="there is no object"):
        quarantine.rows(entry.id, key)
    with pytest.raises(UnreadableDataError, match="there is no object"):
        quarantine.admit(PARCEL, seal)


class Dying(BaseException):
    """The process ends here."""


class Mortal:
    """A place whose process dies before or after its nth write; a stand-in for SIGKILL.

    tests/gate kills real processes; this one tries every single step.
    """

    def __init__(self, place: Place, step: int, *, after: bool) -> None:
        self._place, self._left, self._after = place, step, after
        self.described, self.grace, self.read = place.described, place.grace, place.read
        self.names, self.alone = place.names, place.alone

    def create(self, name: str, content: bytes) -> bool:
        return bool(self._step(lambda: self._place.create(name, content)))

    def remove(self, name: str) -> None:
        self._step(lambda: self._place.remove(name))

    def _step(self, act: Callable[[], object]) -> object:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Dying
        result = act()
        if self._left == 0:
            raise Dying
        return result


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 10))
def test_death_at_any_step_of_taking_in(
    tmp_path: Path, key: Path, seal: Seal, step: int, after: bool
) -> None:
    place = open_place(str(tmp_path / "store"))
    try:
        Quarantine(Mortal(place, step, after=after)).admit(PARCEL, seal)
    except Dying:
        assert step <= 7  # intent, two objects, entry, both seen to be there, intent struck out
    Quarantine(place).recover()
    assert place.names("intents") == []
    assert len(place.names("objects")) == 2 * len(Quarantine(place).entries())
    entry = Quarantine(place).admit(PARCEL, seal)
    assert Quarantine(place).rows(entry.id, key) == b"the rows"
    assert len(place.names("objects")) == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 6))
def test_death_at_any_step_of_a_purge(
    tmp_path: Path, key: Path, seal: Seal, step: int, after: bool
) -> None:
    place = open_place(str(tmp_path / "store"))
    entry = Quarantine(place).admit(PARCEL, seal)
    try:
        Quarantine(Mortal(place, step, after=after)).purge(entry.id, reason="old", by="ada")
    except Dying:
        assert step <= 4  # intent, event, object, intent struck out
    quarantine = Quarantine(place)
    quarantine.recover()
    assert place.names("intents") == []
    if quarantine.events(entry.id):
        assert len(place.names("objects")) == 1
        assert quarantine.events(entry.id)[0].reason == "old"
    else:
        assert quarantine.rows(entry.id, key) == b"the rows"


class Keeping(Mortal):
    """A bucket with retention: evidence cannot be removed, by anybody."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, 0, after=False)

    def remove(self, name: str) -> None:
        if name.startswith("objects/"):
            raise OutputError("retention keeps it")
        super().remove(name)


def test_what_cannot_be_removed_is_not_called_purged(tmp_path: Path, key: Path, seal: Seal) -> None:
    quarantine = Quarantine(Keeping(open_place(str(tmp_path / "store"))))
    entry = quarantine.admit(PARCEL, seal)
    with pytest.raises(OutputError, match="retention"):
        quarantine.purge(entry.id, reason="request", by="ada")
    assert quarantine.events(entry.id) == ()
    assert quarantine.rows(entry.id, key) == b"the rows"
    quarantine.release(entry.id, reason="still at work", by="ada")


def test_in_a_bucket_only_old_intents_are_dead(bucket: str, key: Path, seal: Seal) -> None:
    assert key.exists()
    place = open_place(bucket)
    with pytest.raises(Dying):
        Quarantine(Mortal(place, 2, after=True)).admit(PARCEL, seal)
    assert Quarantine(place).recover() == 0  # the other may be at it
    later = Quarantine(place, lambda: datetime.now(UTC) + timedelta(hours=2))
    assert later.recover() == 1
    assert place.names("objects") == []


def test_an_unknown_entry_is_told(place: Place, seal: Seal) -> None:
    with pytest.raises(UsageError, match="there is no entry 'abc'"):
        Quarantine(place).entry("abc")
    Quarantine(place).admit(PARCEL, seal)
    with pytest.raises(UsageError, match=r"known: [0-9a-f]{16}"):
        Quarantine(place).entry("../../etc")


def test_keys(tmp_path: Path) -> None:
    key, other = tmp_path / "one.key", tmp_path / "other.key"
    recipient = make_key(key)
    make_key(other)
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OutputError, match="keys are never overwritten"):
        make_key(key)
    sealed = Seal((recipient,)).close(b"content")
    with pytest.raises(UnreadableDataError, match="sealed for another key"):
        unseal(sealed, other)
    with pytest.raises(UnreadableDataError):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), key)
    key.chmod(0o644)
    with pytest.raises(UsageError, match="others may read it"):
        unseal(sealed, key)
    for wrong in ((), ("age1nonsense",), ("",)):
        with pytest.raises(UsageError, match="recipient"):
            Seal(wrong)


def test_several_can_open(tmp_path: Path) -> None:
    keys = [tmp_path / "a.key", tmp_path / "b.key"]
    seal = Seal(tuple(make_key(key) for key in keys))
    assert [unseal(seal.close(b"content"), key) for key in keys] == [b"content"] * 2


def test_other_code_opens_it(tmp_path: Path) -> None:
    """The key file and the content are plain age: no code of ours is needed."""
    key = tmp_path / "a.key"
    sealed = Seal((make_key(key),)).close(b"content")
    secret = key.read_text().splitlines()[1]
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)]) == b"content"
    assert sealed.startswith(b"age-encryption.org/v1\n")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | st.from_regex(rb'\{"[a-z]+": ?[\[{"0-9].{0,60}\}', fullmatch=True))
def test_no_record_crashes_the_reader(content: bytes) -> None:
    with pytest.raises(UnreadableDataError):
        parse_record(Entry, content, "entry.json")


def test_a_record_comes_back_as_it_was() -> None:
    entry = Entry("a", "n", "d", "t", ROWS, "r", "f", ("age1x",))
    assert parse_record(Entry, record_bytes(entry), "entry.json") == entry
