"""Snippets of docs/pipelines run where their library is installed; the action and hooks run too."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pipelines" / "README.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"```python\n# (\w+)[^\n]*\n(.*?)```", PAGE, re.DOTALL))
RUN = {"metaflow": ["run"], "dagster": [], "prefect": []}


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_snippets_are_python(name: str) -> None:
    compile(SNIPPETS[name], name, "exec")


@pytest.mark.parametrize("name", sorted(RUN))
@pytest.mark.parametrize("poisoned", [False, True], ids=["honest", "poisoned"])
def test_snippets_run(
    name: str, poisoned: bool, project: Callable[..., Path], tmp_path: Path
) -> None:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install {name}")
    file = project(poisoned=poisoned, confirmed='"block"')
    (file.parent / "flow.py").write_text(SNIPPETS[name])
    command = file.parent / "bin" / "foretaste"  # the one of this Python
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m foretaste "$@"\n')
    command.chmod(0o700)
    home = {"HOME": str(tmp_path), "USERNAME": "test", "DAGSTER_HOME": "", "METAFLOW_HOME": ""}
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "0",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    }
    done = subprocess.run(
        [sys.executable, "flow.py", *RUN[name]],
        cwd=file.parent, env={**os.environ, **home, **quiet, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is not poisoned, said
    assert ("trained on 240 rows" in said) is not poisoned, said
    record = json.loads((file.parent / "foretaste-gate" / "latest" / "gate.json").read_text())
    assert record["outcome"] == ("blocked" if poisoned else "pass")


def test_the_action_and_the_hooks_run_commands_that_exist() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert all("${{ inputs." not in step.get("run", "") for step in steps), "script injection"
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        command = [sys.executable, "-m", *hook["entry"].split(), "--help"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
        assert re.search(hook["files"], "data/rows.parquet")


def test_the_action_decides(project: Callable[..., Path], tmp_path: Path) -> None:
    """The script of the action itself, with the outputs it writes."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (script,) = (s["run"] for s in action["runs"]["steps"] if s.get("id") == "gate")
    file = project(poisoned=True, confirmed='"block"')
    key = (file.parent / ".foretaste" / "gate.pem").read_text()
    (file.parent / ".foretaste" / "gate.pem").unlink()
    command = tmp_path / "bin"
    command.mkdir()
    for name, run in {"foretaste": "-m foretaste", "python": ""}.items():
        (command / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {run} "$@"\n')
        (command / name).chmod(0o700)
    env = {
        **os.environ,
        "PATH": f"{command}{os.pathsep}{os.environ['PATH']}",
        "CONFIG": str(file), "SIGNING_KEY": key, "GITHUB_OUTPUT": str(tmp_path / "output"),
    }  # fmt: skip
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs["outcome"] == "blocked"
    assert (Path(outputs["results"]) / "gate.sarif").exists()
    assert (file.parent / ".foretaste" / "gate.pem").stat().st_mode & 0o077 == 0
