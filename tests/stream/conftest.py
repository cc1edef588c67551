"""Streams small enough for tests, made of words that tell their label."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.stream import Batch

DAY = 86_400.0
_WORDS = {
    "good": [f"sun{i}" for i in range(40)],
    "bad": [f"mud{i}" for i in range(40)],
}
_PLAIN = [f"word{i}" for i in range(300)]


class Town:
    """Honest people and others who send rows; everything seeded."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.sent = 0

    def text(self, kind: str) -> str:
        words = [*self.rng.choice(_WORDS[kind], 4), *self.rng.choice(_PLAIN, 6)]
        return " ".join(self.rng.permutation(words))

    def rows(
        self,
        n: int,
        start: float,
        days: float,
        *,
        sources: int = 40,
        prefix: str = "user",
        kind: str | None = None,
        label: str | None = None,
    ) -> Batch:
        """Rows of random kinds with their label, unless one is told."""
        kinds = [kind or str(k) for k in self.rng.choice(["good", "bad"], n)]
        self.sent += n
        return Batch.of(
            [f"row{self.sent - n + i}" for i in range(n)],
            np.sort(start + self.rng.uniform(0, days * DAY, n)),
            [f"{prefix}{i}" for i in self.rng.integers(0, sources, n)],
            [label or k for k in kinds],
            [self.text(k) for k in kinds],
        )


@pytest.fixture
def town() -> Town:
    return Town(0)
