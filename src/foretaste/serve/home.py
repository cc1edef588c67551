"""The folder of a server: its keys, its log, uploads, and the store of each data set.

::

    home/
      server.db              unless another database is named
      keys/                  gate.pem  log.pem  approval.pem  quarantine.key     mode 0600
      trust.json             whose signatures count
      log/                   the audit log (foretaste log check)
      uploads/               files on their way in
      data/7/                one data set: versions/1/reviews.csv  store/  gate/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foretaste.errors import OutputError
from foretaste.gate.attestation import USE
from foretaste.provenance import (
    DATA,
    LOG,
    SigningKey,
    Trust,
    TrustedKey,
    load_key,
    load_trust,
    make_key,
    make_log,
    save_trust,
)
from foretaste.store.sealing import make_key as make_quarantine_key
from foretaste.store.sealing import recipient_of

__all__ = ["APPROVAL", "Home", "open_home"]

APPROVAL = "approval"  # what a key must be allowed to sign
_KEYS = {"gate": (USE, DATA), "log": (LOG,), "approval": (APPROVAL,)}


@dataclass(frozen=True)
class Home:
    """Where everything of one server stands."""

    folder: Path

    @property
    def database(self) -> str:
        """The address of the SQLite file."""
        return f"sqlite:///{self.folder / 'server.db'}"

    @property
    def log(self) -> Path:
        """The folder of the audit log."""
        return self.folder / "log"

    @property
    def uploads(self) -> Path:
        """Files on their way in."""
        return self.folder / "uploads"

    @property
    def quarantine_key(self) -> Path:
        """Opens quarantined rows and findings."""
        return self.folder / "keys" / "quarantine.key"

    @property
    def recipient(self) -> str:
        """Whom rows are sealed for."""
        return recipient_of(self.quarantine_key)

    @property
    def trust(self) -> Trust:
        """Whose signatures count."""
        return load_trust(self.folder / "trust.json")

    def key_file(self, name: str) -> Path:
        """The private key named gate, log or approval."""
        return self.folder / "keys" / f"{name}.pem"

    def key(self, name: str) -> SigningKey:
        """The same, opened."""
        return load_key(self.key_file(name))

    def dataset(self, dataset_id: int) -> Path:
        """The folder of one data set."""
        return self.folder / "data" / str(dataset_id)

    def version(self, dataset_id: int, number: int) -> Path:
        """The folder of one version of it."""
        return self.dataset(dataset_id) / "versions" / str(number)


def open_home(folder: Path) -> Home:
    """The home at `folder`; keys, trust file and log are made where they are missing.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    home = Home(folder.resolve())
    try:
        for place in (home.folder, home.folder / "keys", home.uploads, home.folder / "data"):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"cannot write {folder}: {reason}; name another folder with --home"
        ) from error
    _make_keys(home)
    if not (home.log / "checkpoint").exists():
        make_log(home.log, "foretaste.audit", home.key("log"))
    return home


def _make_keys(home: Home) -> None:
    trust_file = home.folder / "trust.json"
    trust = load_trust(trust_file) if trust_file.exists() else Trust()
    for name, uses in _KEYS.items():
        file = home.key_file(name)
        key = load_key(file) if file.exists() else make_key(file)
        if trust.by_id(key.public.id) is None:
            made = datetime.now(UTC).replace(microsecond=0)
            trust = trust.with_key(TrustedKey(name, key.public, uses, made))
            save_trust(trust_file, trust)
    if not home.quarantine_key.exists():
        make_quarantine_key(home.quarantine_key)
