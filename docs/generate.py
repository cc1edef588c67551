# ruff: noqa: INP001 - a script, not a package
"""Write what documents can only say by asking the code; ``--check`` tells what is out of date.

- docs/cli.md from ``--help``, docs/detectors.md and docs/attacks.md by walking the packages
- what the small benchmark measured (benchmarks/results/small.jsonl), in README.md and
  docs/limits.md
- with ``--outputs`` also the output blocks of README.md, by running the demonstration
"""

from __future__ import annotations

import argparse
import inspect
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import chdir, redirect_stdout
from pathlib import Path

from rich.console import Console

from foretaste.attack.contract import discover as discover_attacks
from foretaste.cli.main import app, run
from foretaste.cli.verdict import print_verdict
from foretaste.detect import discover as discover_detectors

__all__ = ["blocks", "callbacks", "commands", "documents", "outline", "outputs"]

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 96  # columns of a terminal in the documents
NOTE = "<!-- Written by docs/generate.py: change the code, then `make docs`. -->\n\n"
MEASURED = re.compile(r"(<!-- benchmark: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"(<!-- output: (\w+) -->\n```text\n)(.*?)(```\n<!-- end -->)", re.DOTALL)


def callbacks() -> dict[str, Callable[..., object]]:
    """Every command by its name, those of groups ("gate data") included, in order of ``--help``."""
    alone = [("", c) for c in app.registered_commands]
    grouped = [
        (f"{group.name} ", command)
        for group in app.registered_groups
        if group.typer_instance is not None
        for command in group.typer_instance.registered_commands
    ]
    return {
        f"{group}{command.name or command.callback.__name__}": command.callback
        for group, command in (*alone, *grouped)
        if command.callback is not None
    }


def commands() -> tuple[str, ...]:
    """The names of all commands."""
    return tuple(callbacks())


def documents() -> dict[str, str]:
    """The generated files, path to text."""
    return {
        "docs/cli.md": _cli(),
        "docs/detectors.md": _detectors(),
        "docs/attacks.md": _attacks(),
        "README.md": _measured(_read("README.md")),
        "docs/limits.md": _measured(_read("docs/limits.md")),
    }


def outputs(folder: Path) -> dict[str, str]:
    """What the README's commands print, run in `folder`; they leave their files there."""
    from foretaste.demo import run as run_demo  # noqa: PLC0415 - only here, it imports all

    told: list[str] = []
    with chdir(folder):
        out = Path("foretaste-demo")
        reports = run_demo(out, tell=told.append)
        screen = Console(file=io.StringIO(), width=WIDTH, markup=False, highlight=False)
        print_verdict(reports[0], Path("foretaste-report"), screen)
    shown = screen.file
    assert isinstance(shown, io.StringIO)
    return {"demo": _plain("\n".join(told)), "scan": _plain(shown.getvalue())}


def blocks(text: str) -> dict[str, str]:
    """The output blocks of a document, by name."""
    return {name: body for _, name, body, _ in BLOCK.findall(text)}


def outline(text: str) -> list[str]:
    """The words of an output; numbers and line breaks may differ between machines.

    >>> outline("36 rows, confirmed: p 1.3e-09")
    ['rows', 'confirmed']
    """
    return re.findall(r"[a-z]{2,}", text.lower())


def main() -> int:
    """Write, or with ``--check`` compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is old")
    parser.add_argument("--outputs", action="store_true", help="run the demonstration as well")
    options = parser.parse_args()
    wanted = documents()
    if options.outputs:
        with tempfile.TemporaryDirectory() as folder:
            wanted["README.md"] = _filled(wanted["README.md"], outputs(Path(folder)))
    old = [path for path, text in wanted.items() if _read(path) != text]
    for path in old:
        if options.check:
            sys.stderr.write(f"{path} is out of date: make docs\n")
        else:
            (ROOT / path).write_text(wanted[path], encoding="utf-8")
    return int(options.check and bool(old))


def _read(path: str) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _filled(text: str, printed: Mapping[str, str]) -> str:
    return BLOCK.sub(lambda m: f"{m[1]}{printed[m[2]]}{m[4]}", text)


def _measured(text: str) -> str:
    """`text` with its benchmark blocks made from the lines of the small benchmark."""
    sys.path.insert(0, str(ROOT))  # benchmarks is no installed package
    from benchmarks.results import read  # noqa: PLC0415 - only found from here on
    from benchmarks.tables import shortfalls, summary  # noqa: PLC0415

    lines = read(ROOT / "benchmarks" / "results" / "small.jsonl")
    made = {"methods": summary(lines), "shortfalls": shortfalls(lines)}
    return MEASURED.sub(lambda m: f"{m[1]}{made[m[2]]}\n{m[3]}", text)


def _plain(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _cli() -> str:
    """Every command's help, as a terminal shows it."""
    parts = [
        "# Command line\n",
        "The same as `foretaste COMMAND --help`.\n",
        _help(),
        *(f"## foretaste {name}\n\n{_help(*name.split())}" for name in commands()),
    ]
    return NOTE + "\n".join(parts)


def _help(*command: str) -> str:
    before = dict(os.environ)
    os.environ.update({"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH), "NO_COLOR": "1"})
    os.environ.pop("FORCE_COLOR", None)
    os.environ.pop("GITHUB_ACTIONS", None)
    try:
        with redirect_stdout(io.StringIO()) as said:
            run([*command, "--help"])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return f"```text\n{_plain(said.getvalue()).strip(chr(10))}\n```\n"


def _detectors() -> str:
    """Every detector: what it is, then what it does in its own words."""
    found = discover_detectors()
    rows = [
        f"| [{d.name}](#{d.name}) | {d.family} | {d.layer} | {_list(d.modalities)} "
        f"| {_list(d.needs)} |"
        for d in found
    ]
    head = [
        "# Detectors\n",
        "A detector looks and scores, it knows no threshold: [architecture](architecture.md).\n",
        "| detector | family | layer | data | needs |\n| --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
    parts = [f"## {d.name}\n\n{_about(d)}" for d in found]
    return NOTE + "\n".join(head + parts)


def _attacks() -> str:
    """Every attack of the red team and every honest look-alike."""
    found = discover_attacks()
    rows = [
        f"| {a.name} | {a.family} | {_list(a.modalities)} | {_first(a)} | {a.paper} |"
        for a in found
    ]
    head = [
        "# Attacks and placebos\n",
        "What foretaste is tested against. A placebo is honest data that looks odd.\n",
        "| name | family | data | what it does | where it comes from |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]
    return NOTE + "\n".join(head) + "\n"


def _list(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))


def _about(kind: type[object]) -> str:
    """The docstring of a class, without NumPy sections."""
    text = inspect.getdoc(kind) or ""
    return re.split(r"\n\n\w+\n-{3,}\n", text)[0].strip() + "\n"


def _first(kind: type[object]) -> str:
    line = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
    return line.replace("|", "\\|")


if __name__ == "__main__":
    raise SystemExit(main())
