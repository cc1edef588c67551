"""Roles that were found once, stated again: nothing is inferred anew from fewer rows."""

from __future__ import annotations

from typing import Any

from foretaste.types import Roles

__all__ = ["fixed"]


def fixed(roles: Roles) -> dict[str, Any]:
    """The roles as arguments of `foretaste.open`; a role that nothing plays is said to be empty.

    Examples
    --------
    >>> fixed(Roles("label", features=("x",)))["source"], fixed(Roles("label", text="t"))["text"]
    ('', 't')
    """
    names = ("label", "source", "id", "time", "text", "image", "embedding")
    told: dict[str, Any] = {name: getattr(roles, name) or "" for name in names}
    is_table = not (roles.text or roles.image)
    told["features"] = list(roles.features) if roles.features and is_table else None
    return told
