"""Is a log what it was? Entries, hashes, checkpoint, and the copies of it kept elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.log import Log, checkpoint_objection
from foretaste.provenance.log_copies import CopiedPart, Where, read_copies, where
from foretaste.provenance.merkle import RootBuilder, leaf_hash, leaf_hashes
from foretaste.provenance.tiles import WIDTH
from foretaste.provenance.trust import Trust

__all__ = ["check_log"]


def check_log(
    log: Log,
    trust: Trust,
    copies: Sequence[Where] = (),
    *,
    at: dt.datetime | None = None,
) -> tuple[Change, ...]:
    """Read the whole log and say what does not hold.

    Parameters
    ----------
    log
        As `open_log` gives it.
    trust
        Whose checkpoints count.
    copies
        Places that `copy_log` wrote. Without them, a log that was rewritten by whoever holds its
        key cannot be told from an honest one.
    at
        The moment of verification; now by default.

    Returns
    -------
    tuple of Change
        Empty if everything holds.
    """
    moment = at or dt.datetime.now(dt.UTC)
    changes = list[Change]()
    objection = log.objection(trust, moment)
    if objection is not None:
        changes.append(_log(f"the signature of the checkpoint does not count: {objection}"))
    entries, problem = _entries(log)
    changes += [problem] if problem is not None else []
    rewritten, hashes = _rewritten(log, entries)
    changes += [_log(f"entry {index} of the log was rewritten") for index in rewritten]
    changes += [hashes] if hashes is not None else []
    if problem is hashes is None and not rewritten:
        builder = RootBuilder()
        builder.extend(leaf_hashes(entries))
        if builder.root() != log.checkpoint.root:
            changes.append(_log("the entries do not have the root that the checkpoint signs"))
    for copy in copies:
        changes += _against(log, entries, copy, trust, moment)
    return tuple(changes)


def _entries(log: Log) -> tuple[list[bytes], Change | None]:
    """The entries that can be read, and what is wrong with the first that cannot."""
    entries = list[bytes]()
    try:
        for entry in log.raw_entries():
            entries.append(entry)
    except InvalidProvenanceError as error:
        first, last = len(entries), log.size - 1
        sentence = f"the log was cut: entries {first} to {last} cannot be read ({error})"
        return entries, _log(sentence)
    return entries, None


def _rewritten(log: Log, entries: Sequence[bytes]) -> tuple[list[int], Change | None]:
    """Entries without the hash that was kept for them, and whether hashes cannot be read."""
    rewritten = list[int]()
    for start in range(0, len(entries), WIDTH):
        try:
            kept = log.tiles.hashes(0, start // WIDTH, min(WIDTH, log.size - start))
        except InvalidProvenanceError as error:
            return rewritten, _log(f"hashes of the log cannot be read: {error}")
        pairs = zip(entries[start : start + WIDTH], kept, strict=False)
        rewritten += [
            start + at for at, (entry, held) in enumerate(pairs) if leaf_hash(entry) != held
        ]
    return rewritten, None


def _against(
    log: Log,
    entries: Sequence[bytes],
    copy: Where,
    trust: Trust,
    at: dt.datetime,
) -> Iterator[Change]:
    """What a copy remembers otherwise."""
    folder, parts = where(copy).described, list[CopiedPart]()
    try:
        for part in read_copies(copy):
            objection = checkpoint_objection(part.note, part.checkpoint, trust, at)
            if objection is not None:
                size = part.checkpoint.size
                yield _log(f"the copy of {size} entries in {folder} does not count: {objection}")
                return
            parts.append(part)
    except InvalidProvenanceError as error:
        yield _log(f"the copy cannot be used: {error}")
        return
    if not parts:
        yield _log(f"there is no copy of the log in {folder}")
        return
    copied = [entry for part in parts for entry in part.entries]
    if len(copied) > log.size:
        yield _log(
            f"the log was truncated: it has {log.size} entries, "
            f"the copy in {folder} has {len(copied)}"
        )
    for index, (mine, theirs) in enumerate(zip(entries, copied, strict=False)):
        if mine != theirs:
            yield _log(f"entry {index} of the log was rewritten: the copy in {folder} differs")


def _log(sentence: str) -> Change:
    return Change(ChangeKind.LOG, sentence)
