"""An image column against its rules: read every picture once, judge at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from foretaste.validate.cells import Cells
from foretaste.validate.findings import Finding
from foretaste.validate.pictures import Facts, facts_of
from foretaste.validate.schema import Column, Interval, Picture
from foretaste.validate.shares import exceeds
from foretaste.validate.tally import Tally

__all__ = ["PictureCheck"]


class PictureCheck:
    """Add the blocks of an image column in order, then ask for `findings`."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._rules = column.picture or Picture()
        self._tallies: dict[str, Tally] = {}
        self._digests: Counter[bytes] = Counter()
        self._rows = 0

    def add(self, cells: Cells, start: int) -> None:
        """The images of the next block; cells of another type are skipped."""
        self._rows += len(cells.present)
        for place, facts in enumerate(facts_of(cells.values) if not cells.wrong.any() else ()):
            if facts is None:
                continue
            for rule, value in self._broken(facts):
                tally = self._tallies.setdefault(rule, Tally())
                tally.add(np.ones(1, dtype=np.bool_), start + place)
                tally.value = tally.value or value
            self._digests[facts.digest] += 1

    def _broken(self, facts: Facts) -> Iterator[tuple[str, str]]:
        rules = self._rules
        if facts.problem:
            yield "unreadable", facts.problem
            return
        if _misses(facts.width, rules.width) or _misses(facts.height, rules.height):
            yield "size", f"{facts.width} × {facts.height}"
        if rules.modes is not None and facts.mode not in rules.modes:
            yield "mode", facts.mode
        if rules.aspect is not None and facts.aspect > rules.aspect:
            yield "aspect", f"{facts.width} × {facts.height}"
        if rules.duplicates is not None and self._digests[facts.digest]:
            yield "duplicates", f"the image was seen before ({facts.width} × {facts.height})"

    def findings(self) -> Iterator[Finding]:
        """What is broken, in no order."""
        from foretaste.validate.column_check import finding, interval_text  # noqa: PLC0415 - a cycle

        rules, share = self._rules, self._rules.duplicates or 0.0
        width, height = (interval_text(side or Interval()) for side in (rules.width, rules.height))
        told = {
            "unreadable": (0.0, "not readable as images", "images"),
            "size": (0.0, "of another size", f"width {width}, height {height}"),
            "mode": (0.0, "of another mode", f"one of {', '.join(rules.modes or ())}"),
            "aspect": (0.0, "of extreme shape", f"at most {rules.aspect or 0:g} to 1"),
            "duplicates": (share, "with an image seen before", f"at most {share:.3g} of the rows"),
        }
        for rule, tally in self._tallies.items():
            allowed, broken, expected = told[rule]
            if exceeds(tally.count, self._rows, allowed):
                yield finding(self._column, rule, tally, self._rows, broken, expected)


def _misses(value: float, interval: Interval | None) -> bool:
    if interval is None:
        return False
    below = interval.low is not None and value < interval.low
    return below or (interval.high is not None and value > interval.high)
