"""Canaries: rows planted upstream whose fate is known. Does the gate hold the bad ones, only them?

Bad canaries are copies of real rows with a trigger and a false label, as the red team plants them.
Clean canaries are golden rows. Their ids look like any id of the data; the gate knows them by keyed
digests of their content, and takes both kinds out again before anything is trained on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.attack.contract import Attack, Sample
from foretaste.attack.image_patch import ImagePatch
from foretaste.attack.table_value_combination import TableValueCombination
from foretaste.attack.text_sentence import TextSentence
from foretaste.data import Dataset, open_dataset
from foretaste.data.fixed_roles import fixed
from foretaste.data.rows import pick
from foretaste.errors import UsageError
from foretaste.golden.content import as_columns
from foretaste.golden.exclusion import Excluded, Leak
from foretaste.golden.making import Keeper
from foretaste.golden.manifest import CanaryPlan
from foretaste.golden.pool import GoldenPool, parquet, publish
from foretaste.golden.secret import Secret
from foretaste.golden.trigger_probes import content_name
from foretaste.store.sealing import Seal
from foretaste.types import Modality

__all__ = ["CanaryFate", "fate_of", "plant"]

Ints = npt.NDArray[np.int64]
_MOST_DAYS = 3650.0


@dataclass(frozen=True)
class CanaryFate:
    """What became of the canaries in one data set."""

    planned_bad: int
    planned_clean: int
    held_bad: tuple[int, ...]  # rows
    missed_bad: tuple[int, ...]
    held_clean: tuple[int, ...]
    passed_clean: tuple[int, ...]

    @property
    def arrived(self) -> int:
        """Canaries that are in the data set."""
        parts = (self.held_bad, self.missed_bad, self.held_clean, self.passed_clean)
        return sum(map(len, parts))

    @property
    def missing(self) -> int:
        """Canaries that were planted and are not there."""
        return max(0, self.planned_bad + self.planned_clean - self.arrived)


def fate_of(plan: CanaryPlan, leaks: Sequence[Leak], held: Collection[int]) -> CanaryFate:
    """What became of planted canaries.

    Parameters
    ----------
    leaks
        Rows of the data set that are on the exclusion list.
    held
        Rows that the gate accuses.
    """
    bad = [leak.row for leak in leaks if leak.kind is Excluded.BAD_CANARY]
    clean = [leak.row for leak in leaks if leak.kind is Excluded.CLEAN_CANARY]
    return CanaryFate(
        plan.bad,
        plan.clean,
        tuple(row for row in bad if row in held),
        tuple(row for row in bad if row not in held),
        tuple(row for row in clean if row in held),
        tuple(row for row in clean if row not in held),
    )


def plant(
    pool: GoldenPool,
    keeper: Keeper,
    data: Dataset,
    *,
    bad: int = 40,
    clean: int = 20,
    valid_days: float = 30.0,
) -> tuple[pa.Table, GoldenPool]:
    """Plant canaries in a data set, at places and with ids that the secret decides.

    Parameters
    ----------
    data
        The data set upstream, in which they are planted; it is not changed.
    bad, clean
        How many of each kind.
    valid_days
        After them the canaries are stale, and the gate closes until new ones are planted.

    Returns
    -------
    table
        The data with the canaries in it, the columns as they were.
    pool
        Which now knows them; earlier canaries are forgotten.
    """
    if not 0 < valid_days <= _MOST_DAYS:
        raise UsageError(f"canaries: expected 0 to {_MOST_DAYS:g} days, got {valid_days}")
    if tuple(sorted(_names(data))) != pool.manifest.columns:
        raise UsageError(
            f"{data.name}: has the columns {', '.join(sorted(_names(data))[:8])}, the golden set "
            f"{', '.join(pool.manifest.columns[:8])}; plant canaries in data of the same columns"
        )
    purpose = f"canaries {pool.manifest.period} {data.digest}"
    schema = data.rows.schema
    wrong = _bad_rows(data, bad, keeper.secret.generator(purpose))
    honest = _clean_rows(pool, data, clean, keeper.secret.generator(f"clean {purpose}"))
    planted = pa.concat_tables([wrong, honest])
    planted = _with_ids(planted, data, keeper.secret, purpose)
    kinds = [Excluded.BAD_CANARY] * wrong.num_rows + [Excluded.CLEAN_CANARY] * honest.num_rows
    known = pool.exclusion(keeper.secret).with_old_canaries()
    listed = known.with_rows(open_dataset(planted, **fixed(data.roles)), kinds)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    plan = CanaryPlan(
        data.name, now, pool.manifest.period, wrong.num_rows, honest.num_rows, valid_days
    )
    told = planted.append_column("foretaste_canary", pa.array([kind.value for kind in kinds]))
    parts = {
        "exclusion": (listed.to_parquet(), len(listed.digests)),
        "canaries": (Seal(keeper.recipients).close(parquet(told)), planted.num_rows),
    }
    manifest = replace(pool.manifest, canaries=plan, made=now)
    whole = pa.concat_tables([pick(data.rows, np.arange(len(data))).cast(schema), planted])
    # at random places among the others, which keep their order
    places = keeper.secret.generator(f"places {purpose}").uniform(0, len(data), planted.num_rows)
    order = np.argsort(np.r_[np.arange(len(data)), places], kind="stable")
    return whole.take(order), publish(pool.folder, manifest, parts, keeper.key, pool.manifest)


def _names(data: Dataset) -> tuple[str, ...]:
    if data.modality is Modality.TABLE:
        return data.roles.features
    return (content_name(data),)


def _bad_rows(data: Dataset, count: int, rng: np.random.Generator) -> pa.Table:
    """Copies of rows with the trigger, labelled as the target: written as the data has them."""
    labels, classes = data.labels()
    target = int(np.bincount(labels).argmax())
    available = int((labels != target).sum())
    if len(classes) < 2 or available < count:
        raise UsageError(
            f"canaries: {count} bad ones need as many rows of other classes than "
            f"{classes[target]!r}, there are {available}; plant fewer"
        )
    sample = Sample(data.content(), labels, classes)
    planted = _attack(data, count / len(data), target).poison(sample, rng)
    rows = np.flatnonzero(planted.truth)
    columns = as_columns(planted.sample.content.take(rows), content_name(data))
    return _written(data, rows, columns, [classes[target]] * len(rows))


def _attack(data: Dataset, rate: float, target: int) -> Attack:
    """A backdoor as the scan is measured against."""
    if data.modality is Modality.TEXT:
        return TextSentence(rate=rate, target=target)
    if data.modality is Modality.IMAGE:
        return ImagePatch(rate=rate, target=target)
    # the rest of a row must still speak against the false label, else nothing could be held
    columns = min(4, max(2, len(data.roles.features) // 4), len(data.roles.features))
    return TableValueCombination(rate=rate, target=target, columns=columns)


def _clean_rows(pool: GoldenPool, data: Dataset, count: int, rng: np.random.Generator) -> pa.Table:
    """Golden rows, in the columns of the data; what the golden set lacks comes from its rows."""
    golden = pool.dataset()
    rows = np.sort(rng.permutation(len(golden))[:count])
    labels, classes = golden.labels()
    columns = as_columns(golden.content().take(rows), content_name(golden))
    strange = set(np.array(classes)[labels[rows]].tolist()) - set(data.labels()[1])
    if strange:
        raise UsageError(f"canaries: the golden set has a class that {data.name} lacks: {strange}")
    borrowed = rng.integers(0, len(data), len(rows))
    return _written(data, borrowed, columns, [classes[code] for code in labels[rows].tolist()])


def _written(
    data: Dataset, rows: Ints, columns: dict[str, pa.Array], labels: Sequence[str]
) -> pa.Table:
    """Rows of the data with other content and labels, in its own types."""
    table = pick(data.rows, rows)
    spelled = _spellings(data)
    columns = {**columns, data.roles.label: pa.array([spelled[label] for label in labels])}
    for name, values in columns.items():
        at = table.schema.get_field_index(name)
        field = table.schema.field(at)
        try:
            table = table.set_column(at, field, values.cast(field.type))
        except pa.ArrowException as error:
            raise UsageError(
                f"canaries: column {name!r} of {data.name} cannot hold them "
                f"({str(error).splitlines()[0][:120]}); plant them in a table, texts or encoded "
                "images"
            ) from error
    return table.cast(data.rows.schema)


def _spellings(data: Dataset) -> dict[str, Any]:
    """A label as the data writes it, by its class name."""
    codes, classes = data.labels()
    column = pick(data.rows, np.unique(codes, return_index=True)[1], [data.roles.label])
    return dict(zip(classes, column.column(0).to_pylist(), strict=True))


def _with_ids(planted: pa.Table, data: Dataset, secret: Secret, purpose: str) -> pa.Table:
    if data.roles.id is None:
        return planted
    taken = set(data.ids().tolist())
    examples = [str(known) for known in data.ids()[:500].tolist()]
    made: list[str] = []
    number = 0
    while len(made) < planted.num_rows:
        candidate = secret.id_like(examples, purpose, number)
        number += 1
        if candidate not in taken:
            taken.add(candidate)
            made.append(candidate)
        elif number > 100 * planted.num_rows:  # every id of this look is in use
            made.append(str(max(map(len, examples)) * "9") + str(number))
    at = planted.schema.get_field_index(data.roles.id)
    field = planted.schema.field(at)
    return planted.set_column(at, field, pa.array(made).cast(field.type))
