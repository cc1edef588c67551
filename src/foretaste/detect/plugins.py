"""Detectors of other packages: installed ones by entry point, or handed over.

A package offers one in its ``pyproject.toml``::

    [project.entry-points."foretaste.detectors"]
    my-idea = "my_package.detectors:MyIdea"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

import numpy as np

from foretaste.types import Family, Layer, Modality, Need, Scorer, Scores, View

__all__ = ["GROUP", "Looking", "Plugin", "checked", "installed", "offered"]

GROUP = "foretaste.detectors"
OWN = "outlier-"  # the judge trusts scores of detectors so named: it knows how they were made


class Looking(Protocol):
    """A `foretaste.types.Detector`, or an object with its attributes."""

    @property
    def name(self) -> str:
        """Stable for ever, kebab-case; no other detector has it."""

    @property
    def family(self) -> Family:
        """Which signature of poison it scores."""

    @property
    def layer(self) -> Layer:
        """Where it looks."""

    @property
    def modalities(self) -> frozenset[Modality]:
        """What rows it can look at."""

    @property
    def needs(self) -> frozenset[Need]:
        """The parts of a view that it is handed."""

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        """Learn from `view` what scoring needs."""


@dataclass(frozen=True)
class Plugin:
    """A detector that is not ours, or why there is none."""

    name: str
    detector: Looking | None
    reason: str = ""  # why it cannot run
    version: str = ""  # of the package that offers it


def installed(points: Iterable[EntryPoint] | None = None) -> tuple[Plugin, ...]:
    """What installed packages offer, by name; one that cannot be imported says why.

    Examples
    --------
    >>> broken = EntryPoint("my-idea", "no_such_module:MyIdea", GROUP)
    >>> installed([broken])[0].reason
    "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    """
    found = entry_points(group=GROUP) if points is None else points
    return tuple(_loaded(point) for point in sorted(found, key=lambda p: p.name))


def _loaded(point: EntryPoint) -> Plugin:
    version = "" if point.dist is None else f"{point.dist.name} {point.dist.version}"
    made = offered([_Late(point)])[0]
    return Plugin(made.name or point.name, made.detector, made.reason, version)


@dataclass(frozen=True)
class _Late:
    """An entry point, imported and called where anything it raises is caught."""

    point: EntryPoint

    def __call__(self) -> Looking:
        made: Looking = self.point.load()()
        return made


def offered(detectors: Sequence[Looking | Callable[[], Looking]]) -> tuple[Plugin, ...]:
    """Detectors, or what makes them, each with why it cannot run where it does not keep the form.

    Examples
    --------
    >>> offered([int])[0].reason
    'cannot be loaded: TypeError: name of int is missing; it must be a str'
    """
    return tuple(_offered(detector) for detector in detectors)


def _offered(detector: Any) -> Plugin:
    try:
        made = (
            detector() if not hasattr(detector, "fit") or isinstance(detector, type) else detector
        )
        _check_form(made)
    except Exception as error:  # noqa: BLE001 - foreign code; it is listed, whatever it is
        named = getattr(detector, "name", "")
        name = named if isinstance(named, str) else ""
        return Plugin(name, None, f"cannot be loaded: {said(error)}")
    return Plugin(made.name, made)


def _check_form(made: Any) -> None:
    for attribute, kind in (("name", str), ("family", Family), ("layer", Layer)):
        if not isinstance(getattr(made, attribute, None), kind):
            raise TypeError(
                f"{attribute} of {type(made).__name__} is missing; it must be a {kind.__name__}"
            )
    for attribute, member in (("modalities", Modality), ("needs", Need)):
        held = getattr(made, attribute, None)
        if not isinstance(held, frozenset) or not all(isinstance(m, member) for m in held):
            raise TypeError(
                f"{attribute} of {made.name} must be a frozenset of {member.__name__}, "
                f"got {held!r:.60}"
            )
    if made.name.startswith(OWN):
        raise ValueError(f"names that begin with {OWN!r} are kept for own detectors")


def checked(scores: Any, n: int) -> Scores:
    """The scores, if they have the form that the judge relies on.

    Raises
    ------
    TypeError, ValueError
        They have not; it says what is wrong.

    Examples
    --------
    >>> checked(Scores(np.array([0.5, np.inf])), 2)
    Traceback (most recent call last):
    ValueError: scores must be 2 finite numbers, got shape (2,)
    """
    if not isinstance(scores, Scores):
        raise TypeError(f"a scorer returns Scores, got {type(scores).__name__}")
    values = np.asarray(scores.values, dtype=np.float64)
    if values.shape != (n,) or not np.isfinite(values).all():
        raise ValueError(f"scores must be {n} finite numbers, got shape {values.shape}")
    for candidate in scores.candidates:
        rows = np.asarray(candidate.rows)
        if rows.ndim != 1 or rows.dtype.kind != "i" or (np.diff(rows) <= 0).any():
            raise ValueError("rows of a candidate must be sorted row numbers, each once")
        if len(rows) and not 0 <= rows[0] <= rows[-1] < n:
            raise ValueError(f"rows of a candidate must be numbers from 0 to {n - 1}")
    if scores.considered < len(scores.candidates):
        raise ValueError("considered must count every candidate, and all that was passed over")
    return Scores(values, tuple(scores.candidates), int(scores.considered))


def said(error: BaseException) -> str:
    """An error of foreign code in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
