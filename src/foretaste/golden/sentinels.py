"""Rows agreed with each source: a delivery that lacks or alters them was tampered with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretaste.data import Dataset
from foretaste.errors import UsageError
from foretaste.golden.content import content_digests
from foretaste.golden.manifest import Sentinel
from foretaste.golden.secret import Secret

__all__ = ["SentinelFault", "agreed", "check_sentinels"]


@dataclass(frozen=True)
class SentinelFault:
    """A sentinel that is not in the delivery as it was agreed."""

    source: str
    what: str  # missing, relabelled, altered
    sentence: str
    row: int | None = None


def agreed(dataset: Dataset, secret: Secret) -> tuple[Sentinel, ...]:
    """Sentinels from rows with a source column."""
    sources = dataset.sources()
    if sources is None:
        raise UsageError(
            f"{dataset.name}: sentinels need a source column, which says whose each row is; "
            "name it with --source"
        )
    codes, names = sources
    labels, classes = dataset.labels()
    ids = dataset.ids() if dataset.roles.id is not None else [""] * len(dataset)
    return tuple(
        Sentinel(names[code], digest.hex(), classes[label], str(known))
        for code, digest, label, known in zip(
            codes.tolist(), content_digests(dataset, secret), labels.tolist(), ids, strict=True
        )
    )


def check_sentinels(
    dataset: Dataset, sentinels: Sequence[Sentinel], secret: Secret
) -> tuple[SentinelFault, ...]:
    """Sentinels of the sources that have delivered, which are not there as agreed.

    A source that has delivered nothing owes nothing.
    """
    sources = dataset.sources()
    if not sentinels:
        return ()
    if sources is None:
        told = "rows carry no source, so that no sentinel can be looked for; name the source column"
        return (SentinelFault("", "missing", told),)
    codes, names = sources
    labels, classes = dataset.labels()
    place = {
        (names[code], digest.hex()): row
        for row, (code, digest) in enumerate(
            zip(codes.tolist(), content_digests(dataset, secret), strict=True)
        )
    }
    by_id = {str(known): row for row, known in enumerate(dataset.ids())} if dataset.roles.id else {}
    faults = []
    for sentinel in sentinels:
        if sentinel.source not in names:
            continue
        row = place.get((sentinel.source, sentinel.content))
        if row is None:
            faults.append(_lost(sentinel, by_id.get(sentinel.id) if sentinel.id else None))
        elif classes[int(labels[row])] != sentinel.label:
            faults.append(
                SentinelFault(
                    sentinel.source,
                    "relabelled",
                    f"sentinel row {row} of source {sentinel.source!r} is labelled "
                    f"{classes[int(labels[row])]!r}, agreed was {sentinel.label!r}: labels were "
                    "changed between the source and here",
                    row,
                )
            )
    return tuple(faults)


def _lost(sentinel: Sentinel, row: int | None) -> SentinelFault:
    source = sentinel.source
    if row is not None:
        told = f"sentinel row {row} (id {sentinel.id!r}) of source {source!r} was altered"
        return SentinelFault(
            source, "altered", f"{told}: the delivery is not what the source sent", row
        )
    told = f"a sentinel of source {source!r} is missing"
    return SentinelFault(
        source, "missing", f"{told}: rows were dropped or changed on the way; ask the source"
    )
