"""The contract that every attack and every placebo keeps."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Content, Modality

__all__ = ["Attack", "Poisoned", "Sample", "Stamp", "discover", "is_attack"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Stamp = Callable[[Content], Content]


@dataclass(frozen=True)
class Sample:
    """n labelled rows, as an attacker meets them.

    Attributes
    ----------
    content
        n rows of one modality.
    labels
        (n,) int64, codes into `classes`.
    classes
        (k,) names.
    sources
        (n,) int64, codes into `source_names`, or None where rows carry no source.
    source_names
        Names of the sources.
    """

    content: Content
    labels: Ints
    classes: tuple[str, ...]
    sources: Ints | None = None
    source_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.content)
        if self.labels.shape != (n,):
            raise UsageError(f"Sample.labels must have shape ({n},), got {self.labels.shape}")
        if n and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(self.classes):
            raise UsageError(f"Sample.labels must be codes 0 to {len(self.classes) - 1}")
        if self.sources is not None and self.sources.shape != (n,):
            raise UsageError(f"Sample.sources must have shape ({n},), got {self.sources.shape}")

    def __len__(self) -> int:
        return int(self.labels.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Sample:
        """Only `rows` (indices or a mask)."""
        return replace(
            self,
            content=self.content.take(rows),
            labels=self.labels[rows],
            sources=None if self.sources is None else self.sources[rows],
        )


@dataclass(frozen=True)
class Poisoned:
    """What an attack made of a sample, and the truth about it.

    Row order and count are those of the input, unless `origin` says otherwise.

    Attributes
    ----------
    sample
        The m rows after the attack.
    truth
        (m,) which rows are poison; all False for a placebo.
    cover
        (m,) rows the attacker touched to hide: the trigger with the right label.
    trigger
        What was planted, one short line for people.
    stamp
        Plants the test-time trigger on any rows; the same rows give the same result. None
        where the attack needs no trigger.
    target
        The class code the attacker wants, or None (all-to-all, untargeted, placebo).
    victims
        Class codes whose rows the attack wants misread.
    about
        Which test rows the attack is about, where it is not all rows of victim classes.
    goals
        (k,) the class code wanted for rows of each class, where there is no single `target`.
    instances
        Single inputs, all of victim classes, that are to be misread without any trigger.
    origin
        (m,) the input row each row comes from, where rows were dropped or added.
    """

    sample: Sample
    truth: Bools
    trigger: str
    cover: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    stamp: Stamp | None = None
    target: int | None = None
    victims: tuple[int, ...] = ()
    about: Callable[[Content], Bools] | None = None
    goals: Ints | None = None
    instances: Content | None = None
    origin: Ints | None = None

    def __post_init__(self) -> None:
        if self.cover.shape != self.truth.shape:
            object.__setattr__(self, "cover", np.zeros(self.truth.shape, dtype=np.bool_))
        if self.truth.shape != (len(self.sample),):
            raise UsageError(
                f"Poisoned.truth must have shape ({len(self.sample)},), got {self.truth.shape}"
            )

    def wanted(self, labels: Ints) -> Ints:
        """(n,) the class the attacker wants for rows of class `labels`; -1 where none."""
        if self.goals is not None:
            return self.goals[labels]
        return np.full(labels.shape, -1 if self.target is None else self.target, dtype=np.int64)


class Attack(Protocol):
    """A way to poison a training set, or (`family` "placebo") an honest look-alike.

    A frozen dataclass whose fields are its parameters: `rate` is the share of all rows that
    become poison, in (0, 1); `source`, where given, is the code of the only source whose rows
    may be touched. Pure: the input is never changed, and the same generator state gives the
    same result.
    """

    name: ClassVar[str]  # kebab-case, stable for ever
    family: ClassVar[str]  # "dirty-label backdoor", "clean-label", "flip", "outlier", "placebo"
    modalities: ClassVar[frozenset[Modality]]
    paper: ClassVar[str]  # where it comes from

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """`sample` after the attack, with the truth about every row."""


def discover(modality: Modality | None = None) -> list[type[Attack]]:
    """Every attack and placebo of this package, sorted by name.

    Parameters
    ----------
    modality
        Only those that work on this modality; all where None.

    Examples
    --------
    >>> [attack.name for attack in discover() if attack.name == "label-flip-random"]
    ['label-flip-random']
    """
    package = importlib.import_module("foretaste.attack")
    found: dict[str, type[Attack]] = {}
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        for value in vars(module).values():
            if is_attack(value) and value.__module__ == module.__name__:
                if value.name in found:
                    raise UsageError(f"two attacks are named {value.name!r}")
                found[value.name] = cast("type[Attack]", value)
    chosen = [found[name] for name in sorted(found)]
    return [attack for attack in chosen if modality is None or modality in attack.modalities]


def is_attack(value: Any) -> bool:
    """Whether `value` is a class with all that an attack has."""
    wanted = ("name", "family", "modalities", "paper", "poison")
    return inspect.isclass(value) and all(hasattr(value, attribute) for attribute in wanted)
