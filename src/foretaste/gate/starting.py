"""foretaste.toml, keys and schema for data that is gated for the first time."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foretaste import validate
from foretaste.data import Dataset, open_dataset
from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError, UsageError
from foretaste.gate.attestation import USE
from foretaste.gate.dvc import data_of, is_dvc
from foretaste.gate.settings import NAME, GateSection, QuarantineSection
from foretaste.provenance import (
    DATA,
    LOG,
    Trust,
    TrustedKey,
    load_key,
    load_trust,
    make_key,
    save_trust,
)
from foretaste.store.sealing import make_key as make_quarantine_key
from foretaste.store.sealing import recipient_of
from foretaste.types import Roles

__all__ = ["Started", "start", "trusted_key"]

_SCHEMA = "foretaste-schema.yaml"
_ROLES = ("label", "source", "id", "time", "text", "image", "embedding")


@dataclass(frozen=True)
class Started:
    """What was written."""

    settings: Path
    roles: Roles
    written: tuple[Path, ...]


def start(data: str, folder: Path, roles: dict[str, Any]) -> Started:
    """Write foretaste.toml for a data set, a schema to review, and keys.

    Parameters
    ----------
    data
        The data set: a path from the current folder, or a ``.dvc`` file.
    folder
        Where foretaste.toml goes.
    roles
        Columns by role, as `foretaste.open` takes them.

    Returns
    -------
    Started
        The files. Keys and schemas that are there already are used and not touched.

    Raises
    ------
    UsageError
        There is a foretaste.toml already.
    """
    target = folder / NAME
    if target.exists():
        raise UsageError(f"{target}: is there already; change it by hand, or name another --folder")
    path = data_of(Path(data)) if is_dvc(data) else Path(data)
    dataset = open_dataset(str(path), **roles)
    stated = os.path.relpath(data, folder) if not Path(data).is_absolute() else data
    gate, quarantine, written = GateSection(), QuarantineSection(), list[Path]()
    written += trusted_key(folder / gate.key, folder / gate.trust, "gate", (USE, DATA, LOG))
    written += _private(folder / ".foretaste")
    recipient, made = _quarantine_key(folder / quarantine.key)
    written += made
    if not (folder / _SCHEMA).exists():
        validate.write_schema(validate.infer(replace(dataset, name=stated)), folder / _SCHEMA)
        written.append(folder / _SCHEMA)
    _write(target, _settings_text(stated, dataset, recipient))
    return Started(target, dataset.roles, (*written, target))


def trusted_key(file: Path, trust_file: Path, role: str, uses: tuple[str, ...]) -> list[Path]:
    """Make a key that signs, unless it is there, and trust it; the files that were written."""
    made = []
    if file.exists():
        key = load_key(file)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        key, made = make_key(file), [file]
    trust = load_trust(trust_file) if trust_file.exists() else Trust()
    if trust.by_id(key.public.id) is None:
        name = f"{role}-{key.public.id[:8]}"
        listed = TrustedKey(name, key.public, uses, datetime.now(UTC).replace(microsecond=0))
        save_trust(trust_file, trust.with_key(listed))
        made.append(trust_file)
    return made


def _quarantine_key(file: Path) -> tuple[str, list[Path]]:
    if file.exists():
        return recipient_of(file), []
    return make_quarantine_key(file), [file]


def _private(folder: Path) -> list[Path]:
    """Keys and quarantined rows stay out of version control."""
    file = folder / ".gitignore"
    if file.exists():
        return []
    _write(file, "*\n")
    return [file]


def _write(file: Path, text: str) -> None:
    try:
        write_new(file, text.encode())
        sync_folder(file.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {file}: {reason}; name another --folder") from error


def _settings_text(data: str, dataset: Dataset, recipient: str) -> str:
    rows = f"{dataset.n_rows:,} rows, {dataset.modality}"
    _, names = dataset.labels()
    lines = [
        f'{role} = {_quoted(getattr(dataset.roles, role) or "")}'
        for role in _ROLES
    ]  # fmt: skip
    return _TEMPLATE.format(
        data=_quoted(data),
        about=f"{rows}, {len(names)} classes",
        roles="\n".join(lines),
        schema=_SCHEMA,
        recipient=recipient,
        user=getpass.getuser() if os.name == "posix" else "somebody",
        gate=GateSection(),
        quarantine=QuarantineSection(),
    )


def _quoted(text: str) -> str:
    """A TOML basic string; JSON escapes are TOML escapes."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_TEMPLATE = """\
# What foretaste gates, by which rules, and where results go. A setting that is left out has its
# default. `foretaste gate data` reads this file; so does foretaste.guard in training.
version = 1

[data]
# {about}. Roles were read off names and values: check them. "" says there is none.
path = {data}
{roles}

[schema]
# What rows must look like. It was inferred: read it, a schema that nobody read vouches for nothing.
file = "{schema}"

[provenance]
# The bundle that `foretaste sign` wrote for this data; changed rows are then named one by one.
bundle = ""
required = false          # true: without a signed manifest the gate stays closed

[scan]
profile = "balanced"      # fast, balanced, thorough
seed = 0                  # same seed, same findings

[policy]
# block: the gate stays closed, a person must look · quarantine: these rows leave, the rest goes on
# · warn: it is written down. What could not be decided always blocks; there is no setting for it.
suspect = "quarantine"    # rows whose labels nothing explains, without proof of harm
confirmed = "block"       # the recovered trigger turns other rows: somebody attacked this data
guilty_source = "warn"    # quarantine: all rows of the source leave
max_quarantined = 0.05    # more than this share of all rows: a person must look
max_quarantined_of_class = 0.25
rescan = true             # what is left is scanned again before it passes
optional_detectors = []   # detectors that may be missing without making it inconclusive

[gate]
out = "{gate.out}"
key = "{gate.key}"        # signs decisions; give it to the gate only, mode 0600
trust = "{gate.trust}"    # whose signatures count; keep it where deliverers of data cannot write
keep = {gate.keep}                  # runs whose folders stay; evidence stays in the store
max_age_days = {gate.max_age_days:g}         # an older pass does not count at training
# Begin a log with `foretaste log make` and name it here: an older pass that is put back is then
# refused, and with copies in places that this machine cannot change, a rewritten log too.
log = ""
log_copies = []

[store]
# Evidence and quarantined rows: a folder, or s3://bucket/prefix (pip install 'foretaste[s3]').
place = ".foretaste/store"

[quarantine]
# Rows are encrypted (age) for these recipients. The gate needs no key; people who explain or
# release rows do: keep it away from the machine that runs the gate.
recipients = ["{recipient}"]
key = "{quarantine.key}"

[golden]
# Trusted rows that are never trained on: what foretaste golden make wrote. The gate takes canaries
# out again, refuses golden rows, and compares models on them before promotion.
path = ""
near = "quarantine"       # rows that are nearly golden ones: block, quarantine, warn

[model]
# When a model may take the place of the one in use: foretaste gate model.
champion = ""             # a .skops, .onnx or TorchScript file, http://..., cmd:...
alpha = 0.05              # chance of calling an equal model worse, over all slices
margin = 0.05             # to which the accuracy on a slice must be known
max_flips = 0.1           # share of probes that may be answered otherwise
max_attack_success = 0.1  # of a trigger, above the rate without it
small_slices = "inconclusive"  # the gate stays closed; or: warn

[watch]
# What honest operation looks like, with room to spare, and who is told: foretaste watch.
error_rate = 0.1          # of labelled predictions
flip_rate = 0.02          # of probes
attack_rate = 0.05        # of stamped rows
owner = ""                # who acts on alarms
webhooks = []
mail_to = []
"""
