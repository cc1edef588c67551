"""Golden pools are made and rotated: rows once shown are never hidden again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data import Dataset
from foretaste.data.rows import pick
from foretaste.errors import NotAssessableError, UsageError
from foretaste.golden.content import as_columns
from foretaste.golden.exclusion import Excluded, ExclusionList
from foretaste.golden.manifest import GoldenManifest
from foretaste.golden.pool import GoldenPool, parquet, publish
from foretaste.golden.secret import Secret
from foretaste.golden.sentinels import agreed
from foretaste.golden.trigger_probes import content_name, library, stamped_rows
from foretaste.provenance import SigningKey
from foretaste.store.sealing import Seal
from foretaste.types import Modality

__all__ = ["Keeper", "Made", "make_golden", "rotate", "with_probes"]

LEAST = 60  # trusted rows without which there is no golden set
_TURNED = 0.25  # of the hidden half, shown at a rotation

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Keeper:
    """Who keeps golden rows: the secret, the key that signs, who can open the hidden half."""

    secret: Secret
    key: SigningKey
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """A pool, and the trusted rows that did not go into it."""

    pool: GoldenPool
    disputed: int = 0  # their two labels differ
    trained: int = 0  # they, or near copies of them, are in the training data


def make_golden(
    trusted: Dataset,
    folder: Path,
    keeper: Keeper,
    *,
    slices: Sequence[str] = (),
    second_label: str | None = None,
    apart_from: Dataset | None = None,
    sentinels: Dataset | None = None,
    seed: int = 0,
) -> Made:
    """Make a pool of trusted rows; half of it is hidden.

    Parameters
    ----------
    trusted
        Rows that people have checked and that were never trained on.
    slices
        Columns by whose values models are compared; classes always are.
    second_label
        A column with the label that somebody else gave: rows on which the two differ stay out.
    apart_from
        Training data: rows that stand in it, or nearly so, stay out.
    sentinels
        Rows agreed with each source, which is a column.
    seed
        Of the library triggers.
    """
    for column in (*slices, *([second_label] if second_label else [])):
        if column not in trusted.columns:
            known = ", ".join(trusted.columns[:20])
            raise UsageError(f"slice: there is no column {column!r}; there are: {known}")
    roles = trusted.roles
    if second_label:  # no model reads it
        roles = replace(roles, features=tuple(f for f in roles.features if f != second_label))
        trusted = replace(trusted, roles=roles)
    disputed, rows = _agreed(trusted, second_label)
    copies, rows = _apart(trusted, rows, apart_from, keeper.secret)
    if len(rows) < LEAST:
        raise NotAssessableError(
            f"{trusted.name}: {len(rows)} trusted rows are left, a golden set needs {LEAST} "
            f"({disputed} had two labels, {copies} were in the training data); check more rows"
        )
    golden = trusted.take(rows)
    order = keeper.secret.generator(f"halves {golden.digest}").permutation(len(golden))
    half = len(golden) // 2
    manifest = GoldenManifest(
        name=trusted.name,
        made=_now(),
        period=1,
        secret=keeper.secret.fingerprint,
        modality=trusted.modality,
        roles=roles,
        classes=trusted.labels()[1],
        slices=(roles.label, *(name for name in slices if name != roles.label)),
        columns=_content_columns(trusted),
        sentinels=() if sentinels is None else agreed(sentinels, keeper.secret),
        recipients=keeper.recipients,
    )
    shown = golden.take(np.sort(order[half:]))
    parts = {
        "exclusion": (ExclusionList.of(golden, keeper.secret).to_parquet(), len(golden)),
        **_halves(golden, np.sort(order[half:]), np.sort(order[:half]), keeper),
        **_triggers(shown, seed),
    }
    return Made(publish(folder, manifest, parts, keeper.key), disputed, copies)


def rotate(
    pool: GoldenPool, keeper: Keeper, opens: Path, fresh: Dataset | None = None, seed: int = 0
) -> GoldenPool:
    """Show a quarter of the hidden half, retire as many of the rows shown longest, take fresh ones.

    Retired rows stay on the exclusion list for ever. Canaries planted before count no more.

    Parameters
    ----------
    opens
        The key that opens the hidden half.
    fresh
        Trusted rows, of the same columns, that become hidden. Without them the hidden half shrinks.

    Raises
    ------
    NotAssessableError
        The hidden half would become too small.
    UsageError
        A fresh row was in the set before, or has a class that it does not have.
    """
    hidden, shown = pool.table("hidden", opens), pool.table("golden")
    period = pool.manifest.period + 1
    order = keeper.secret.generator(f"rotate {period}").permutation(hidden.num_rows)
    turned = max(1, round(_TURNED * hidden.num_rows))
    newest = hidden.take(order[:turned])
    rest = hidden.take(np.sort(order[turned:]))
    excluded = pool.exclusion(keeper.secret)
    if fresh is not None:
        added = pool.as_dataset(pick(fresh.rows, np.arange(len(fresh)), shown.column_names))
        _refuse_known(added, excluded, pool.manifest.classes)
        excluded = excluded.with_rows(added, [Excluded.GOLDEN] * len(added))
        rest = pa.concat_tables([rest, _cast(added, rest.schema)])
    if rest.num_rows < LEAST // 2:
        raise NotAssessableError(
            f"{pool.folder}: {rest.num_rows} rows would stay hidden, at least {LEAST // 2} must; "
            "give fresh trusted rows with --fresh"
        )
    kept = pa.concat_tables([newest, shown]).slice(0, max(shown.num_rows, turned))
    manifest = replace(
        pool.manifest,
        made=_now(),
        period=period,
        champion="",
        parts=tuple(p for p in pool.manifest.parts if p.kind != "probes"),
    )
    parts = {
        "exclusion": (excluded.to_parquet(), len(excluded.digests)),
        "golden": (parquet(kept), kept.num_rows),
        "hidden": (Seal(keeper.recipients).close(parquet(rest)), rest.num_rows),
        **_triggers(pool.as_dataset(kept), seed),
    }
    return publish(pool.folder, manifest, parts, keeper.key, pool.manifest)


def with_probes(
    pool: GoldenPool, key: SigningKey, champion: str, answers: Sequence[str]
) -> GoldenPool:
    """The pool with what a champion says of its shown rows, fixed and signed."""
    shown = pool.dataset()
    if len(answers) != len(shown):
        raise UsageError(f"champion: gave {len(answers)} answers for {len(shown)} rows")
    columns = as_columns(shown.content(), content_name(shown))
    table = pa.table({**columns, "foretaste_answer": pa.array(list(answers), pa.string())})
    manifest = replace(pool.manifest, champion=champion, made=_now())
    return publish(
        pool.folder, manifest, {"probes": (parquet(table), len(shown))}, key, pool.manifest
    )


def _refuse_known(added: Dataset, excluded: ExclusionList, classes: tuple[str, ...]) -> None:
    """What was shown once is never hidden again, also not as a fresh row."""
    known = excluded.find(added, near=False)
    if known:
        raise UsageError(
            f"fresh: row {known[0].row} is a {known[0].kind} already ({len(known)} of {len(added)} "
            "rows are): somebody may have seen it; give rows that were never in the golden set"
        )
    strange = sorted(set(added.labels()[1]) - set(classes))
    if strange:
        raise UsageError(
            f"fresh: class {strange[0]!r:.60} is not in the golden set; make a new one for it"
        )


def _agreed(trusted: Dataset, second: str | None) -> tuple[int, Ints]:
    """Rows whose two labels are the same."""
    every = np.arange(len(trusted))
    if second is None:
        return 0, every
    both = pick(trusted.rows, every, [trusted.roles.label, second])
    one, other = (both.column(name).to_pylist() for name in (trusted.roles.label, second))
    same = np.array([a is not None and str(a) == str(b) for a, b in zip(one, other, strict=True)])
    return int((~same).sum()), np.flatnonzero(same)


def _apart(
    trusted: Dataset, rows: Ints, training: Dataset | None, secret: Secret
) -> tuple[int, Ints]:
    """Rows that neither stand in the training data nor are nearly there; and no row twice."""
    left = trusted.take(rows)
    listed = ExclusionList.of(left, secret)
    counts = Counter(listed.digests)
    first = {digest: at for at, digest in reversed(list(enumerate(listed.digests)))}
    dropped = {at for at, d in enumerate(listed.digests) if counts[d] > 1 and first[d] != at}
    taken: set[int] = set()
    if training is not None:
        known = ExclusionList.of(training, secret)
        taken = {leak.row for leak in known.find(left)}
    keep = [at for at in range(len(left)) if at not in dropped and at not in taken]
    return len(taken), rows[keep]


def _halves(
    golden: Dataset, shown: Ints, hidden: Ints, keeper: Keeper
) -> dict[str, tuple[bytes, int]]:
    sealed = Seal(keeper.recipients).close(parquet(pick(golden.rows, hidden)))
    return {
        "golden": (parquet(pick(golden.rows, shown)), len(shown)),
        "hidden": (sealed, len(hidden)),
    }


def _triggers(shown: Dataset, seed: int) -> dict[str, tuple[bytes, int]]:
    stamps = library(shown, seed)
    if not stamps:
        return {}
    table = stamped_rows(shown, stamps, seed)
    return {"triggers": (parquet(table), table.num_rows)}


def _cast(dataset: Dataset, schema: pa.Schema) -> pa.Table:
    table = pick(dataset.rows, np.arange(len(dataset)), schema.names)
    return table.cast(schema)


def _content_columns(dataset: Dataset) -> tuple[str, ...]:
    if dataset.modality is Modality.TABLE:
        return tuple(sorted(dataset.roles.features))
    return (content_name(dataset),)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
