"""foretaste.toml: what is gated, by which rules, and where results go."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from foretaste.errors import UsageError
from foretaste.gate.toml_sections import parse_toml, read_section
from foretaste.gate.watch_section import WatchSection

__all__ = [
    "NAME",
    "Action",
    "DataSection",
    "GatePolicy",
    "GateSection",
    "GoldenSection",
    "ModelSection",
    "ProvenanceSection",
    "QuarantineSection",
    "ScanSection",
    "SchemaSection",
    "Settings",
    "SmallSlice",
    "StoreSection",
    "load_settings",
]

NAME = "foretaste.toml"
_VERSION = 1
MOST_DAYS = 3650.0  # ten years: a pass that old says nothing


class Action(StrEnum):
    """What a finding leads to."""

    BLOCK = "block"  # the gate stays closed
    QUARANTINE = "quarantine"  # the rows leave, the rest goes on within the budgets
    WARN = "warn"  # it is written down


@dataclass(frozen=True)
class DataSection:
    """The data set and its roles; a role that is not stated is inferred, "" says there is none."""

    path: str
    label: str | None = None
    source: str | None = None
    id: str | None = None
    time: str | None = None
    text: str | None = None
    image: str | None = None
    embedding: str | None = None
    features: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SchemaSection:
    """What rows must look like; "" checks no schema."""

    file: str = ""
    environment: str | None = None


@dataclass(frozen=True)
class ProvenanceSection:
    """The signed manifest that the data must agree with; "" verifies none."""

    bundle: str = ""
    required: bool = False  # without a bundle the gate stays closed


@dataclass(frozen=True)
class ScanSection:
    """How the scan runs."""

    profile: str = "balanced"
    seed: int = 0
    workers: int | None = None


@dataclass(frozen=True)
class GatePolicy:
    """What blocks, what is quarantined, and how much of it.

    What could not be decided always blocks: there is no setting for it.
    """

    suspect: Action = Action.QUARANTINE
    confirmed: Action = Action.BLOCK
    guilty_source: Action = Action.WARN  # quarantine: all its rows leave
    max_quarantined: float = 0.05  # share of all rows
    max_quarantined_of_class: float = 0.25  # share of the rows of any class
    rescan: bool = True  # what is left is scanned again before it passes
    optional_detectors: tuple[str, ...] = ()  # may be missing without making it inconclusive

    def __post_init__(self) -> None:
        for name in ("max_quarantined", "max_quarantined_of_class"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= 1):
                raise UsageError(f"[policy] {name}: expected a share from 0 to 1, got {value}")


@dataclass(frozen=True)
class GateSection:
    """Where results go, who signs them, whose signature counts, and for how long."""

    out: str = "foretaste-gate"
    key: str = ".foretaste/gate.pem"
    trust: str = "foretaste-trust.json"
    keep: int = 3  # runs whose folders stay; evidence stays for ever
    max_age_days: float = 30.0  # an older pass does not count at training
    log: str = ""  # append-only log of decisions; "" keeps none
    log_copies: tuple[str, ...] = ()  # each gate copies it there: folders, s3://...

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise UsageError(f"[gate] keep: at least 1 run stays, got {self.keep}")
        if not (math.isfinite(self.max_age_days) and self.max_age_days > 0):
            raise UsageError(f"[gate] max_age_days: expected days above 0, got {self.max_age_days}")
        if self.max_age_days > MOST_DAYS:
            raise UsageError(
                f"[gate] max_age_days: expected at most {MOST_DAYS:g}, got {self.max_age_days}"
            )


@dataclass(frozen=True)
class StoreSection:
    """Where evidence and quarantined rows are kept: a folder or s3://bucket/prefix."""

    place: str = ".foretaste/store"


@dataclass(frozen=True)
class QuarantineSection:
    """Who can open quarantined rows. The gate needs recipients only; the key stays with people."""

    recipients: tuple[str, ...] = ()
    key: str = ".foretaste/quarantine.key"


@dataclass(frozen=True)
class GoldenSection:
    """Rows that are known and never trained on: the folder that `foretaste golden make` wrote."""

    path: str = ""  # "" says there is no golden set
    secret: str = ".foretaste/golden.secret"  # noqa: S105 - a place; tells canaries from others
    key: str = ".foretaste/golden.key"  # opens the hidden half; `foretaste gate model` needs it
    signer: str = ".foretaste/golden.pem"  # its keeper's; listed for "golden" in the trust file
    near: Action = Action.QUARANTINE  # rows that are nearly golden ones


class SmallSlice(StrEnum):
    """What a slice that is too small to say anything leads to."""

    INCONCLUSIVE = "inconclusive"  # the gate stays closed
    WARN = "warn"


@dataclass(frozen=True)
class ModelSection:
    """When a challenger may take the place of the champion."""

    champion: str = ""  # the model in use: a file, an address or a command
    alpha: float = 0.05  # chance of calling an equal challenger worse, over all slices
    margin: float = 0.05  # to which the accuracy on a slice must be known
    max_flips: float = 0.1  # share of probes that may be answered otherwise
    max_attack_success: float = 0.1  # of a trigger, above the base rate
    small_slices: SmallSlice = SmallSlice.INCONCLUSIVE
    library: Action = Action.WARN  # triggers of the red team that turn the challenger alone
    trusted_types: tuple[str, ...] = ()  # in skops files, beside those that skops trusts
    out: str = "foretaste-gate-model"

    def __post_init__(self) -> None:
        for name in ("alpha", "margin", "max_flips", "max_attack_success"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 < value < 1):
                raise UsageError(f"[model] {name}: expected a share between 0 and 1, got {value}")


@dataclass(frozen=True)
class Settings:
    """All of foretaste.toml; relative paths start from its folder."""

    root: Path
    data: DataSection
    schema: SchemaSection = field(default_factory=SchemaSection)
    provenance: ProvenanceSection = field(default_factory=ProvenanceSection)
    scan: ScanSection = field(default_factory=ScanSection)
    policy: GatePolicy = field(default_factory=GatePolicy)
    gate: GateSection = field(default_factory=GateSection)
    store: StoreSection = field(default_factory=StoreSection)
    quarantine: QuarantineSection = field(default_factory=QuarantineSection)
    golden: GoldenSection = field(default_factory=GoldenSection)
    model: ModelSection = field(default_factory=ModelSection)
    watch: WatchSection = field(default_factory=WatchSection)

    def path(self, stated: str) -> Path:
        """A stated path, from the folder of the settings."""
        return self.root / Path(stated).expanduser()

    @property
    def out(self) -> Path:
        """The folder for results."""
        return self.path(self.gate.out)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of all settings that decide: comments, places and keys aside."""
        parts = (self.data, self.schema, self.provenance, self.scan, self.policy, self.golden)
        document: list[Any] = [dataclasses.asdict(part) for part in parts]
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()

    @property
    def model_digest(self) -> str:
        """Hex SHA-256 of all settings that decide about models."""
        return hashlib.sha256(f"{self.model}\n{self.golden}".encode()).hexdigest()


_SECTIONS = {
    "data": DataSection,
    "schema": SchemaSection,
    "provenance": ProvenanceSection,
    "scan": ScanSection,
    "policy": GatePolicy,
    "gate": GateSection,
    "store": StoreSection,
    "quarantine": QuarantineSection,
    "golden": GoldenSection,
    "model": ModelSection,
    "watch": WatchSection,
}


def load_settings(file: Path | str = NAME) -> Settings:
    """Read foretaste.toml.

    Raises
    ------
    UsageError
        It is missing or not TOML, or a setting is unknown, missing or of the wrong type.
    """
    file = Path(file)
    document = parse_toml(file)
    version = document.pop("version", None)
    if version != _VERSION or isinstance(version, bool):
        raise UsageError(
            f"{file}: version: expected {_VERSION}, got {version!r:.40}; "
            "write one with foretaste init, or update foretaste"
        )
    unknown = sorted(set(document) - set(_SECTIONS))
    if unknown:
        raise UsageError(
            f"{file}: there is no section [{unknown[0]:.60}]; there are: {', '.join(_SECTIONS)}"
        )
    if "data" not in document:
        raise UsageError(f"{file}: [data] is missing; it names the path of the data set")
    sections: dict[str, Any] = {
        name: read_section(kind, document.get(name, {}), f"{file}: [{name}]")
        for name, kind in _SECTIONS.items()
    }
    return Settings(root=file.parent, **sections)
