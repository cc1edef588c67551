"""The public face: what is exported, that it is documented, and that it is quick to import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import foretaste

MODULES = [
    m.name
    for m in pkgutil.walk_packages(foretaste.__path__, "foretaste.")
    if not m.name.endswith("__main__")
]
QUICK = 0.5  # seconds
HEAVY = ("numpy", "pandas", "polars", "torch", "sklearn", "scipy", "pyarrow", "PIL", "datasets")


def test_exports() -> None:
    assert sorted(foretaste.__all__) == [
        "Policy",
        "Report",
        "Verdict",
        "drill",
        "errors",
        "fingerprint",
        "guard",
        "open",
        "scan",
        "trace",
        "train",
    ]
    for name in foretaste.__all__:
        assert getattr(foretaste, name) is not None


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_scan_is_the_function_whatever_was_imported_before() -> None:
    said = python("import foretaste.scanning, foretaste; print(callable(foretaste.scan))")
    assert said == "True"


def test_drill_is_a_function_and_a_room_whatever_was_imported_before() -> None:
    said = "print(callable(foretaste.drill), foretaste.drill.sample.__name__)"
    for first in ("import foretaste.drill.sample", "import foretaste; foretaste.drill"):
        shown = python(f"{first}; import foretaste.drill.sample; {said}")
        assert shown == "True foretaste.drill.sample"


def test_import_is_quick_and_lazy() -> None:
    code = (
        "import time; start = time.perf_counter(); import foretaste; import sys;"
        f"print(time.perf_counter() - start, [m for m in {HEAVY} if m in sys.modules])"
    )
    best = min(float(said.split()[0]) for said in (python(code) for _ in range(3)))
    assert python(code).endswith(" []")
    assert best <= QUICK


def test_the_core_needs_no_extra() -> None:
    """Scanning imports no optional library; scikit-learn itself imports pandas where it can."""
    code = (
        "import sys, foretaste, foretaste.scanning; "
        "print([m for m in ('torch', 'polars', 'datasets') if m in sys.modules])"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    bare = [] if module.__doc__ else [name]
    for member in vars(module).values():
        if not is_own(member, name):
            continue
        bare += [] if inspect.getdoc(member) else [member.__qualname__]
        if inspect.isclass(member):
            bare += [
                method.__qualname__
                for method in vars(member).values()
                if inspect.isfunction(method)
                and not method.__name__.startswith("_")
                and not inspect.getdoc(method)
                and not member.__name__.startswith("_")
            ]
    assert not [thing for thing in bare if "._" not in thing]


def is_own(member: object, module: str) -> bool:
    named = inspect.isfunction(member) or inspect.isclass(member)
    return (
        named
        and getattr(member, "__module__", "") == module
        and not getattr(member, "__name__", "_").startswith("_")
    )


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_exports_is_there(name: str) -> None:
    module = importlib.import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert getattr(module, exported) is not None
