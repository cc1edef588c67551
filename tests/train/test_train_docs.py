"""The page about training keeps what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capabilities" / "train.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (0, r"no 5 rows together can flip \d+ % of predictions - right and certain: True\n"),
        (1, r"\[1\.0, 1\.0, 1\.0\]\n"),
    ],
)
def test_its_examples_run(at: int, says: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SNIPPETS[at]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(says, done.stdout), done.stdout
