"""Attacks of other packages, found by entry point.

A package offers one in its ``pyproject.toml``::

    [project.entry-points."foretaste.attacks"]
    my-attack = "my_package.attacks:MyAttack"
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from foretaste.attack.contract import Attack, discover, is_attack

__all__ = ["GROUP", "Offered", "installed"]

GROUP = "foretaste.attacks"


@dataclass(frozen=True)
class Offered:
    """Attacks of other packages by their name, and why others are not there, by entry point."""

    attacks: dict[str, type[Attack]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def installed(points: Iterable[EntryPoint] | None = None) -> Offered:
    """What installed packages offer.

    Examples
    --------
    >>> broken = EntryPoint("mine", "no_such_module:Mine", GROUP)
    >>> installed([broken]).failed
    {'mine': "ModuleNotFoundError: No module named 'no_such_module'"}
    """
    found = Offered()
    taken = {attack.name for attack in discover()}
    for point in sorted(entry_points(group=GROUP) if points is None else points):
        try:
            value = point.load()
        except Exception as error:  # noqa: BLE001 - foreign code; it is listed, whatever it is
            found.failed[point.name] = f"{type(error).__name__}: {error}"[:200]
            continue
        if not is_attack(value):
            found.failed[point.name] = "it is no class with all that an attack has"
        elif value.name in taken | found.attacks.keys():
            found.failed[point.name] = f"another attack is named {value.name!r}"
        else:
            found.attacks[value.name] = value
    return found
