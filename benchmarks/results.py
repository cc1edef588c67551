"""What is measured, as JSON lines: one line a method and cell, so that a run can be resumed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from foretaste.types import Policy

__all__ = ["Facts", "Line", "Method", "Run", "append", "read", "this_run"]

PACKAGES = (
    "foretaste",
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "adversarial-robustness-toolbox",
    "cleanlab",
    "pyod",
)


@dataclass(frozen=True)
class Facts:
    """A cell: what was planted, and what it does to a model if nobody looks.

    Success is the share of triggered test rows read as the attacker wants, accuracy that on clean
    test rows; `clean` is a model of rows never touched, `before` one of the poisoned rows.
    """

    data: str
    planted: str
    family: str
    modality: str
    seed: int
    rows: int
    poison: int
    works: str  # "yes", "no", or "–" where the attack aims at no class
    success_clean: float | None
    success_before: float | None
    accuracy_clean: float | None
    accuracy_before: float | None
    training: float  # seconds of one reference training

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells cells apart."""
        return (self.data, self.planted, self.seed)


@dataclass(frozen=True)
class Method:
    """What one method says of a cell.

    `told` and `best` use the truth: the verdict if the method is told the true share of poison,
    and the largest average precision of all its settings.
    """

    name: str
    flagged: int
    fpr: float
    seconds: float
    peak_mib: float | None  # above what was in use before; None where it cannot be measured
    precision: float | None = None  # average precision
    auroc: float | None = None
    tpr: float | None = None
    tpr_half_percent: float | None = None  # at a false-positive rate of 0.5 %
    told_tpr: float | None = None
    told_fpr: float | None = None
    best_precision: float | None = None
    best_setting: str = ""
    success_after: float | None = None  # flagged rows removed, model retrained
    accuracy_after: float | None = None
    verdict: str = ""  # foretaste's
    kinds: str = ""
    trigger: str = ""
    source: str = "–"  # is the guilty vendor named, and no other


@dataclass(frozen=True)
class Run:
    """Where and with what a line was measured."""

    versions: dict[str, str]
    machine: str
    cores: int
    policy: dict[str, Any]
    load: (
        float  # processes that wanted a core when the cell began; above `cores` times are inflated
    )


@dataclass(frozen=True)
class Line:
    """A method, its cell and the run."""

    cell: Facts
    method: Method
    run: Run


def this_run() -> Run:
    """Versions, hardware and policy of this process."""
    return Run(
        {name: _version(name) for name in PACKAGES},
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        os.cpu_count() or 1,
        asdict(Policy()),
        round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0,
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def append(path: Path, lines: Iterable[Line]) -> None:
    """Add the lines of a finished cell, all in one write."""
    text = "".join(
        json.dumps(asdict(line), default=_plain, allow_nan=False) + "\n" for line in lines
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def read(path: Path) -> list[Line]:
    """All lines of a file, none where it does not exist."""
    if not path.exists():
        return []
    held: Sequence[dict[str, Any]] = [
        json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [Line(Facts(**x["cell"]), Method(**x["method"]), Run(**x["run"])) for x in held]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
