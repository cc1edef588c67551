"""How to get the same report again: as a command, and in Python."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from foretaste.types import Policy, Roles

if TYPE_CHECKING:
    from foretaste.report.report import Report

__all__ = ["as_command", "as_python"]

# What `foretaste.data` calls data that was handed over in memory: no command can name it.
_IN_MEMORY = frozenset(
    {
        "Arrow table",
        "DataFrame",
        "Hugging Face Dataset",
        "arrays",
        "columns",
        "polars DataFrame",
        "torch Dataset",
    }
)
_ROLES = ("label", "source", "id", "time", "text", "image", "embedding")


def as_command(report: Report) -> str | None:
    """The command line that repeats the scan; None where only Python can.

    That is: data, a schema or an encoder in memory, a policy other than the default, names with
    commas or with characters that a terminal does not show.
    """
    handed_over = report.encoder.startswith("<")
    checked = report.validation
    handed_over |= checked is not None and not checked.file
    if report.name in _IN_MEMORY or report.policy != Policy() or handed_over:
        return None
    parts = ["foretaste", "scan", report.name]
    for role, column in _stated(report.roles).items():
        parts += [f"--{role}", column]
    if report.roles.features:
        parts += ["--features", ",".join(report.roles.features)]
    if report.validation is not None:
        parts += ["--schema", report.validation.file]
    if report.encoder:
        parts += ["--encoder", report.encoder]
    parts += ["--profile", report.profile, "--seed", str(report.seed)]
    ambiguous = any("," in name for name in report.roles.features)
    return None if ambiguous or not all(map(str.isprintable, parts)) else shlex.join(parts)


def as_python(report: Report) -> str:
    """The Python that repeats the scan.

    Every name and value from the data is written as a literal.
    """
    memory = report.name in _IN_MEMORY
    lines = [f"    data,  # the {report.name}" if memory else f"    {report.name!r},"]
    lines += [f"    {role}={column!r}," for role, column in _stated(report.roles).items()]
    if report.roles.features:
        lines.append(f"    features={list(report.roles.features)!r},")
    if report.encoder:
        own = report.encoder.startswith("<")
        lines.append(
            "    encoder=encoder,  # the same" if own else f"    encoder={report.encoder!r},"
        )
    if report.validation is not None:
        file = report.validation.file
        lines.append(f"    schema={file!r}," if file else "    schema=schema,  # the same")
    lines += [f"    profile={report.profile!r},", f"    seed={report.seed},"]
    imports = ["import foretaste"]
    if report.policy != Policy():
        imports.append("from foretaste.types import Policy, Verdict")
        lines.append(f"    policy={_policy(report.policy)},")
    return "\n".join([*imports, "", "report = foretaste.scan(", *lines, ")"])


def _stated(roles: Roles) -> dict[str, str]:
    columns = {role: getattr(roles, role) for role in _ROLES}
    return {role: column for role, column in columns.items() if column is not None}


def _policy(policy: Policy) -> str:
    standard = Policy()
    parts = []
    for name in policy.__dataclass_fields__:
        value = getattr(policy, name)
        if value == getattr(standard, name):
            continue
        if name == "block_on":
            members = "".join(f"Verdict.{verdict.name}, " for verdict in value)
            parts.append(f"block_on=({members.rstrip()})")
        else:
            parts.append(f"{name}={value!r}")
    return f"Policy({', '.join(parts)})"
