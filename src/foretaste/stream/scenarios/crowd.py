"""People who give rows: who, when, how often; honest ones and others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import NotAssessableError
from foretaste.stream.batch import EXPOSED, UNKNOWN, Batch
from foretaste.stream.scenarios.contract import DAY, Material

__all__ = ["AGED", "burst", "everyday", "gang", "known", "noisy", "shared_theme"]

AGED = 30 * DAY  # how long the people of the history have been there

Names = npt.NDArray[np.object_]


def known(material: Material, people: int, rng: np.random.Generator) -> Batch:
    """History: rows of people who have long been there, before time 0."""
    times = np.sort(rng.uniform(-AGED, -8 * DAY, len(material)))
    return _batch("history", times, _active(people, len(material), rng), material)


def everyday(
    material: Material,
    people: int,
    days: float,
    rng: np.random.Generator,
    *,
    new: float = 0.1,
    shown: bool = False,
) -> Batch:
    """Honest rows over some days: most from people of the history, a share from new ones.

    More by day than by night; few people give many rows, many give few.
    """
    n = len(material)
    day = rng.integers(0, int(days), n) + np.clip(rng.normal(0.6, 0.17, n), 0, 0.999)
    times = np.sort(day) * DAY
    names = _active(people, n, rng)
    fresh = rng.random(n) < new
    names[fresh] = [f"new-{i}" for i in rng.integers(0, max(int(n * new / 2), 1), int(fresh.sum()))]
    return _batch("row", times, names, material, exposed=_exposed(n, rng, shown=shown))


def burst(
    material: Material,
    people: int,
    start: float,
    hours: float,
    rng: np.random.Generator,
    *,
    young: float = 0.4,
    shown: bool = False,
    prefix: str = "burst",
) -> Batch:
    """An honest crowd that speaks about one thing: quickly up, slowly down; old and new people."""
    n = len(material)
    times = np.asarray(start + np.sort(rng.gamma(2.0, hours / 4, n).clip(max=2 * hours)) * 3600)
    names = _active(people, n, rng)
    drawn = rng.random(n) < young
    crowd = rng.integers(0, max(int(n * young / 1.3), 1), int(drawn.sum()))
    names[drawn] = [f"{prefix}-visitor-{i}" for i in crowd]
    return _batch(prefix, times, names, material, exposed=_exposed(n, rng, shown=shown))


def gang(
    material: Material,
    names: list[str],
    times: npt.NDArray[np.float64],
    rng: np.random.Generator,
    *,
    exposed: int = UNKNOWN,
) -> Batch:
    """Rows of an attacker's accounts, each of which gives about as many as the others."""
    n = len(material)
    who = np.array([names[i % len(names)] for i in rng.permutation(n)], dtype=object)
    return _batch("planted", np.sort(times), who, material, exposed=np.full(n, exposed))


def noisy(
    material: Material, rate: float, labels: tuple[str, ...], rng: np.random.Generator
) -> Material:
    """The same rows, a share of them with another label: people err."""
    given = material.labels.copy()
    for row in np.flatnonzero(rng.random(len(given)) < rate):
        given[row] = str(rng.choice([label for label in labels if label != given[row]]))
    return Material(material.content, given)


def shared_theme(material: Material, label: str, least: int, rng: np.random.Generator) -> str:
    """A word of at least `least` texts of a label that is rare in the others; one of the top five.

    Examples
    --------
    >>> texts = np.array(["rain in rome"] * 5 + ["sun in rome"] * 5, dtype=object)
    >>> material = Material(texts, np.array(["wet"] * 5 + ["dry"] * 5, dtype=object))
    >>> shared_theme(material, "wet", 3, np.random.default_rng(0))
    'rain'
    """
    inside: dict[str, int] = {}
    outside: dict[str, int] = {}
    for text, given in zip(material.content, material.labels, strict=True):
        counts = inside if given == label else outside
        for word in sorted(set(text.lower().split())):
            counts[word] = counts.get(word, 0) + 1
    telling = {
        word: count / (outside.get(word, 0) + 2)
        for word, count in inside.items()
        if count >= least and word.isalnum() and not word.isdigit() and len(word) > 2
    }
    if not telling:
        raise NotAssessableError(
            f"scenario: no word is in {least} of the rows labelled {label!r} that are left; "
            "take a larger data set"
        )
    best = sorted(telling, key=lambda word: (-telling[word], word))[:5]
    return str(rng.choice([word for word in best if telling[word] >= telling[best[0]] / 3]))


def _active(people: int, n: int, rng: np.random.Generator) -> Names:
    """Names of n rows: activity of people is heavy-tailed."""
    weight = rng.lognormal(0.0, 1.0, people)
    who = rng.choice(people, n, p=weight / weight.sum())
    return np.array([f"user-{i}" for i in who], dtype=object)


def _exposed(n: int, rng: np.random.Generator, *, shown: bool) -> npt.NDArray[Any]:
    if not shown:
        return np.full(n, UNKNOWN)
    return np.where(rng.random(n) < 0.9, EXPOSED, 0)


def _batch(
    prefix: str,
    times: npt.NDArray[np.floating[Any]],
    names: Names,
    material: Material,
    exposed: npt.NDArray[Any] | None = None,
) -> Batch:
    ids = [f"{prefix}-{i}" for i in range(len(times))]
    content = material.content if material.content.ndim == 2 else list(material.content)
    return Batch.of(ids, times, list(names), list(material.labels), content, exposed)
