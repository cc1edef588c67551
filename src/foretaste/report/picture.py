"""PNG pictures for the page: checked, measured, and enlarged in whole steps."""

from __future__ import annotations

import base64
from dataclasses import dataclass

__all__ = ["Picture", "picture"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """An image element: where it comes from and how large it is drawn, in pixels."""

    uri: str
    width: int
    height: int
    shrunk: bool


def picture(png: bytes, side: int) -> Picture | None:
    """`png` drawn so that its longer side is near `side` pixels; None where it is not a PNG.

    Small pictures grow by a whole factor, so that each of their pixels stays a square.

    Examples
    --------
    >>> head = _SIGNATURE + bytes(4) + b"IHDR" + (28).to_bytes(4, "big") + (14).to_bytes(4, "big")
    >>> shown = picture(head, 128)
    >>> shown.width, shown.height, shown.shrunk
    (112, 56, False)
    """
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR" or len(png) < 24:
        return None
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    longest = max(width, height)
    if not min(width, height):
        return None
    factor = float(side // longest) if longest <= side else side / longest
    return Picture(
        uri="data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        width=max(round(width * factor), 1),
        height=max(round(height * factor), 1),
        shrunk=longest > side,
    )
