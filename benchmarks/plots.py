"""stub"""

from pathlib import Path

from benchmarks.results import Line


def draw(lines: list[Line], path: Path) -> None: ...
