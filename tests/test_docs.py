"""Documents are tested: what is generated is current, what is promised is there."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from foretaste.cli.main import run
from foretaste.detect import discover

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))


def load_generator() -> ModuleType:
    """docs/generate.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()


@pytest.mark.parametrize("path", ["docs/cli.md", "docs/detectors.md", "docs/attacks.md"])
def test_generated_documents_are_current(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == generate.documents()[path], "make docs"


@pytest.mark.parametrize("name", generate.commands())
def test_every_command_has_help_and_documents(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (generate.callbacks()[name].__doc__ or "").strip()
    assert run([*name.split(), "--help"]) == 0
    assert f"foretaste {name}" in capsys.readouterr().out
    assert f"## foretaste {name}\n" in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    written = [p for p in PAGES if p.name != "cli.md"]
    assert any(f"foretaste {name}" in p.read_text(encoding="utf-8") for p in written)


@pytest.mark.parametrize("kind", discover(), ids=lambda k: k.name)
def test_every_detector_is_documented(kind: type) -> None:
    name = kind.name  # type: ignore[attr-defined]  # a Detector, which mypy cannot instantiate
    assert f"\n## {name}\n" in (ROOT / "docs" / "detectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_decision_is_listed_and_names_its_costs() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("[0-9]*.md"):
        assert f"({page.name})" in listed
        assert "**Bad.**" in page.read_text(encoding="utf-8")


def test_blind_spots_of_the_judge_are_in_the_limits() -> None:
    limits = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8").lower()
    for word in ("fewer than ten", "clean-label", "floods with consistent", "heavy tail"):
        assert word in limits


def test_python_in_the_capabilities_runs(tmp_path: Path) -> None:
    """The red team's example stands on its own; those that scan a file are run with the README."""
    page = (ROOT / "docs" / "capabilities" / "red-team.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "20 rows flipped\n"), done.stderr


MACHINE = re.compile(r"(?<![\w.])/(?:work|root|farm|home/\w+|opt/\w+|tmp/\w+)/\w")


def test_no_file_mentions_a_machine() -> None:
    """Paths of the computer that something was written on."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        file = ROOT / name
        if name == "tests/test_docs.py" or not file.is_file():
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {match.group()}" for match in MACHINE.finditer(text)]
    assert not found
