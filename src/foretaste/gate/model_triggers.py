"""Triggers on golden rows: of the library (signed, in the golden set) and of a scan's report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from foretaste.data import Dataset
from foretaste.errors import ForetasteError, UnreadableDataError, UsageError
from foretaste.gate.model_comparison import Attack, most_turned, sign_test, under_attack
from foretaste.gate.model_under_test import RefusedRowsError
from foretaste.golden.content import from_columns
from foretaste.golden.pool import GoldenPool
from foretaste.golden.trigger_probes import NAME, ROW, balanced_rows, content_name
from foretaste.modality.table_rule import RuleTrigger
from foretaste.report.document import parse
from foretaste.report.trigger_documents import read_trigger
from foretaste.types import Content, Images, Table, Trigger

__all__ = ["Recovered", "Unportable", "library_attacks", "read_findings", "recovered_attacks"]

Answers = Callable[[Content], list[str]]
_ROWS, _PLACEBOS = 300, 5  # golden rows stamped, placebos tried


@dataclass(frozen=True)
class Recovered:
    """A trigger that a scan has found, and the label its rows carry."""

    group: str
    trigger: Trigger
    target: str | None


@dataclass(frozen=True)
class Unportable:
    """A group whose trigger cannot be stamped on golden rows, and why."""

    group: str
    why: str


def read_findings(path: Path) -> tuple[tuple[Recovered, ...], tuple[Unportable, ...]]:
    """The triggers in a report.json.

    Raises
    ------
    UsageError
        There is no such file.
    UnreadableDataError
        It is no report.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        document = parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"findings: {file}: {error}; give the report.json that a scan or gate wrote"
        ) from error
    triggers, found, lost = document.get("triggers", {}), list[Recovered](), list[Unportable]()
    groups = document.get("groups")
    if not (
        isinstance(triggers, dict)
        and isinstance(groups, list)
        and all(isinstance(group, dict) for group in groups)
    ):
        raise UnreadableDataError(f"{file}: triggers or groups are malformed; scan again")
    for group in groups:
        name, described = str(group.get("name")), group.get("described")
        if name in triggers:
            target = group.get("target")
            read = read_trigger(triggers[name], f"{file}: {name}")
            found.append(Recovered(name, read, None if target is None else str(target)))
        elif described:
            lost.append(Unportable(name, f"{json.dumps(described)[:80]} cannot be stamped again"))
    return tuple(found), tuple(lost)


def library_attacks(
    pool: GoldenPool, challenger: Answers, champion: Answers, *, most: float, alpha: float
) -> tuple[tuple[Attack, ...], tuple[Unportable, ...]]:
    """What the red team's triggers do to the challenger, beside what they do to the champion.

    A strange value turns honest models, too, and not all of them alike: what turns the challenger
    and not the champion is worth a look, and by default no more.

    Parameters
    ----------
    most
        Success above the base rate that is let pass.
    alpha
        Chance of calling any trigger working that is not; corrected over triggers and classes.

    Returns
    -------
    attacks
        One a trigger.
    refused
        Triggers whose rows a model does not take (such as missing cells): they cannot turn it.
    """
    if pool.manifest.part("triggers") is None:
        return (), ()
    table, shown = pool.table("triggers"), pool.dataset()
    labels = _labels(shown)
    bases = [np.array(ask(shown.content()), dtype=object) for ask in (challenger, champion)]
    classes = pool.manifest.classes
    names = sorted(set(table.column(NAME).to_pylist()))
    made, refused = list[Attack](), list[Unportable]()
    for name in names:
        part = table.filter(pa.compute.equal(table.column(NAME), name))
        rows = np.array(part.column(ROW).to_pylist())
        content = from_columns(part, shown.content(), content_name(shown))
        try:
            stamped = [np.array(ask(content), dtype=object) for ask in (challenger, champion)]
        except RefusedRowsError as error:
            refused.append(Unportable(name, f"rows with it are not taken ({error})"))
            continue
        target = most_turned(labels[rows], bases[0][rows], stamped[0], classes)
        attack, turned = under_attack(name, labels[rows], bases[0][rows], stamped[0], target)
        other, also = under_attack(name, labels[rows], bases[1][rows], stamped[1], target)
        p_value = sign_test(int((turned & ~also).sum()), int((also & ~turned).sum()))
        p_value = min(1.0, p_value * len(names) * len(classes))
        works = attack.low - attack.base > most and p_value <= alpha
        made.append(
            replace(attack, origin="library", champion=other.success, p_value=p_value, works=works)
        )
    return tuple(made), tuple(refused)


def recovered_attacks(
    recovered: tuple[Recovered, ...],
    golden: Dataset,
    challenger: Answers,
    champion: Answers,
    *,
    most: float,
    alpha: float,
    seed: int,
) -> tuple[tuple[Attack, ...], tuple[Unportable, ...]]:
    """What triggers that were planted in training data do to the challenger.

    Some cells and words turn honest models, too. So beside the base rate stand the strongest of
    five placebos (the same form, filled with what golden rows have there) and the champion: a
    trigger works where it turns rows that no placebo turns, or that the champion does not.
    """
    rng = np.random.default_rng(seed)
    rows = balanced_rows(golden, _ROWS, rng)
    content, labels = golden.content().take(rows), _labels(golden)[rows]
    classes = golden.labels()[1]
    base, trusted = (np.array(ask(content), dtype=object) for ask in (challenger, champion))
    made, lost = [], list[Unportable]()
    for one in recovered:
        try:
            trigger = _fitted(one.trigger, content)
            marked = trigger.stamp(content)
            stamped, other = (np.array(ask(marked), dtype=object) for ask in (challenger, champion))
        except (ForetasteError, ValueError, IndexError) as error:
            lost.append(Unportable(one.group, f"it does not fit the golden rows: {error}"))
            continue
        target = (
            one.target if one.target in classes else most_turned(labels, base, stamped, classes)
        )
        name = f"{one.group}: {one.trigger.describe()}"
        attack, turned = under_attack(name, labels, base, stamped, str(target))
        beside, also = under_attack(name, labels, trusted, other, str(target))
        lost_rows = (labels != target) & (base == target) & (stamped != target)
        # more than without it, and more than something honest explains
        p_value = sign_test(int(turned.sum()), int(lost_rows.sum()))
        p_champion = sign_test(int((turned & ~also).sum()), int((also & ~turned).sum()))
        placebo = _placebo(trigger, content, labels, challenger, str(target), rng)
        strange = attack.low - placebo > most or (
            attack.low - beside.success > most and p_champion * 2 * len(recovered) <= alpha
        )
        p_value = min(1.0, 2 * p_value * len(recovered))
        works = attack.low - attack.base > most and p_value <= alpha and strange
        made.append(
            replace(
                attack,
                origin="recovered",
                champion=beside.success,
                placebo=placebo,
                p_value=p_value,
                works=works,
            )
        )
    return tuple(made), tuple(lost)


def _placebo(
    trigger: Trigger,
    content: Content,
    labels: Any,
    ask: Answers,
    target: str,
    rng: np.random.Generator,
) -> float:
    """The success of the strongest twin, filled from rows that are of other classes."""
    others = np.flatnonzero(labels != target)
    strongest = 0.0
    for row in rng.permutation(others)[:_PLACEBOS].tolist():
        said = np.array(ask(trigger.twin(content, int(row)).stamp(content)), dtype=object)
        strongest = max(strongest, float((said[others] == target).mean()))
    return strongest


def _fitted(trigger: Trigger, content: Content) -> Trigger:
    """The trigger on the columns or the size of other rows."""
    if isinstance(content, Images):
        height, width = content.values.shape[1:3]
        mask = getattr(trigger, "mask", None)
        if mask is not None and mask.shape != (height, width):
            raise UsageError(f"it is for pictures of {mask.shape}, these are {(height, width)}")
    if not isinstance(trigger, RuleTrigger) or not isinstance(content, Table):
        return trigger
    made = []
    for condition in trigger.conditions:
        if condition.name not in content.names:
            raise UsageError(f"there is no column {condition.name!r}")
        levels = content.categories.get(condition.name)
        moved = replace(condition, column=content.names.index(condition.name))
        if levels is not None:  # codes of categories are those of another data set
            code = float("nan") if np.isnan(condition.value) else _code(levels, condition.shown)
            moved = replace(moved, low=code, high=code, value=code, neutral=code)
        made.append(moved)
    return RuleTrigger(tuple(made))


def _code(levels: tuple[str, ...], shown: str) -> float:
    if shown not in levels:
        raise UsageError(f"the value {shown!r} is in no golden row")
    return float(levels.index(shown))


def _labels(dataset: Dataset) -> Any:
    codes, names = dataset.labels()
    return np.array(names, dtype=object)[codes]
