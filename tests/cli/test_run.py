"""One line an error, the right exit code, and nothing heavy before it is needed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foretaste.cli.main import _tell, _unexpected, app, run
from foretaste.errors import (
    BlockedError,
    ForetasteError,
    MissingExtraError,
    NotAssessableError,
    OutputError,
    RoleError,
    UnreadableDataError,
    UsageError,
)

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, ""),
        (["--version"], 0, ""),
        (["--help"], 0, ""),
        (["scan", "--help"], 0, ""),
        (["scna"], 2, "scna"),
        (["scan"], 2, "path"),
        (["scan", "x.csv", "--bogus"], 2, "--bogus"),
        (["scan", "x.csv", "--seed", "-1"], 2, "--seed"),
        (["scan", "x.csv", "--seed", "one"], 2, "--seed"),
        (["scan", "x.csv", "--workers", "0"], 2, "--workers"),
        (["scan", "x.csv", "--profile", "eager"], 2, "eager"),
        (["scan", "x.csv", "--features", " , "], 2, "--features"),
        (["scan", "x.csv", "y.csv"], 2, "y.csv"),
    ],
)
def test_usage(
    arguments: list[str],
    code: int,
    says: str,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == code
    err = capsys.readouterr().err
    assert says in err.replace("PATH", "path")
    assert err.count("\n") == bool(says)
    assert not says or err.startswith("error: ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ForetasteError("x"), 3),
        (UsageError("x"), 2),
        (RoleError("x"), 2),
        (MissingExtraError("x", "torch"), 2),
        (UnreadableDataError("x"), 3),
        (NotAssessableError("x"), 3),
        (OutputError("x"), 3),
        (BlockedError("x"), 1),
        (ZeroDivisionError("boom"), 3),
        (MemoryError(), 3),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 3),
        (BrokenPipeError(errno.EPIPE, "gone"), 3),
    ],
)
def test_whatever_a_command_raises_becomes_a_code(
    error: BaseException, code: int, raising: Callable[[BaseException], str], capsys: Capture
) -> None:
    assert run([raising(error)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.count("\n") == (code != 3 or not isinstance(error, BrokenPipeError))


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], str]:
    """A command of the real command line that raises what it is given."""
    monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])

    def register(error: BaseException) -> str:
        def fail() -> None:
            raise error

        app.command("fail")(fail)
        return "fail"

    return register


def test_an_unexpected_error_tells_how_to_see_more(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORETASTE_DEBUG", raising=False)
    assert _unexpected(ZeroDivisionError("boom")) == 3
    said = (
        "error: internal error, ZeroDivisionError: boom (FORETASTE_DEBUG=1 shows the traceback)\n"
    )
    assert capsys.readouterr().err == said
    monkeypatch.setenv("FORETASTE_DEBUG", "1")
    assert _unexpected(ZeroDivisionError("boom")) == 3
    assert "ZeroDivisionError: boom\nerror:" in capsys.readouterr().err


def test_a_message_is_one_harmless_line(capsys: Capture) -> None:
    _tell("row 3\nhas \x1b[2J and \u202e " + "x" * 9999, 3)
    err = capsys.readouterr().err
    assert err.startswith("error: row 3 has ⟨U+001B⟩[2J and ⟨U+202E⟩ x")
    assert err.count("\n") == 1
    assert len(err) < 2100


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=False, text=True, timeout=120
    )


def test_the_module_runs_and_help_needs_nothing_heavy() -> None:
    heavy = "{'numpy', 'pyarrow', 'sklearn', 'scipy', 'jinja2', 'PIL', 'pandas'}"
    code = (
        "import sys; from foretaste.cli.main import run; code = run(['scan', '--help']);"
        f"sys.exit(code or len({heavy} & set(sys.modules)))"
    )
    assert python("-c", code).returncode == 0
    assert python("-m", "foretaste", "--version").stdout.startswith("foretaste ")


def test_a_terminal_without_unicode_gets_escapes(tmp_path: Path) -> None:
    missing = str(tmp_path / "\u65e5\u672c.csv")
    code = f"from foretaste.cli.main import run; raise SystemExit(run(['scan', {missing!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 3
    assert b"\\u65e5\\u672c.csv" in done.stderr
    assert done.stderr.count(b"\n") == 1
