"""Marks of text that should not be there: what cannot be seen, and what looks like another letter.

Each mark is a regular expression of RE2 (linear time, whatever the text) run over whole blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

__all__ = ["ABOUT", "find_mark"]

Bools = npt.NDArray[np.bool_]

_CYRILLIC = r"\p{Cyrillic}"
# Greek letters that are drawn as Latin ones; those of formulas (α, β, μ ...) are left out.
_GREEK = r"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικυρχ"
_ALIEN = rf"[{_GREEK}]|{_CYRILLIC}|\p{{Armenian}}|\p{{Cherokee}}"

_PATTERNS: Mapping[str, str] = {
    "control": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}]",
    "zero-width": r"[\x{200b}\x{2060}-\x{2064}\x{feff}\x{00ad}\x{180e}\x{115f}\x{1160}\x{3164}"
    r"\x{ffa0}\x{e0000}-\x{e007f}]|[\x00-\x7f][\x{200c}\x{200d}]",
    "direction": r"[\x{202a}-\x{202e}\x{2066}-\x{2069}]",
    "damaged": r"\x{fffd}|[ÃÂ][\x{80}-\x{bf}]|â€",
    "mixed-script": rf"\p{{Latin}}(?:{_ALIEN})|(?:{_ALIEN})\p{{Latin}}",
    "lookalike": r"[\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a}\x{1d400}-\x{1d7ff}\x{24b6}-\x{24e9}]",
}

ABOUT: Mapping[str, str] = {
    "empty": "nothing but spaces",
    "control": "control characters other than tab and line breaks",
    "zero-width": "characters without width, in which a trigger can hide",
    "direction": "characters that turn the direction of writing",
    "damaged": "characters lost to a wrong encoding",
    "mixed-script": "words with letters of another script that look Latin",
    "lookalike": "wide, circled or mathematical letters in place of plain ones",
}


def find_mark(mark: str, texts: Any) -> Bools:
    r"""(n,) which strings of an Arrow array carry a mark; null carries none.

    A zero-width joiner counts after ASCII only: in Persian or in emoji it is spelling.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = pa.array(["free", "fr\u200bee", "frее", None])  # the third has Cyrillic е
    >>> find_mark("zero-width", texts).tolist(), find_mark("mixed-script", texts).tolist()
    ([False, True, False, False], [False, False, True, False])
    """
    if mark == "empty":
        found = pc.equal(pc.utf8_trim_whitespace(texts), "")
    else:
        found = pc.match_substring_regex(texts, pattern=_PATTERNS[mark])
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)
