"""One server: its settings, home, database and audit log."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from foretaste.errors import UsageError
from foretaste.serve.audit import Audit
from foretaste.serve.database import Database, open_database
from foretaste.serve.fragments import Fragments
from foretaste.serve.home import Home, open_home

__all__ = ["Server", "ServerSettings", "open_server"]

_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ServerSettings:
    """How one server is reached, and where it keeps things."""

    home: Path = Path("foretaste-server")
    database: str = ""  # "" is a SQLite file in the home
    host: str = "127.0.0.1"
    port: int = 8765
    url: str = ""  # under which browsers reach it, such as https://foretaste.example.org
    proxies: str = ""  # addresses whose X-Forwarded-For counts

    def __post_init__(self) -> None:
        if self.url and urlsplit(self.url).scheme not in {"http", "https"}:
            raise UsageError(f"url: expected http:// or https://, got {self.url!r:.80}")
        if self.host not in _LOCAL and not self.url:
            raise UsageError(
                f"host: {self.host} is reached from elsewhere; say under which address with --url "
                "https://..., and put TLS in front of it"
            )

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS: cookies are then sent over nothing else."""
        return self.url.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that a request may be for; others are refused (DNS rebinding)."""
        named = urlsplit(self.url).hostname if self.url else None
        return (*_LOCAL, named) if named else _LOCAL

    @property
    def address(self) -> str:
        """What a person types into a browser."""
        return self.url.rstrip("/") or f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Server:
    """Everything that a request needs."""

    settings: ServerSettings
    home: Home
    database: Database
    audit: Audit = field(repr=False)
    fragments: Fragments = field(default_factory=Fragments, repr=False)


def open_server(settings: ServerSettings) -> Server:
    """Open home and database, and bring the tables up to date."""
    home = open_home(settings.home)
    database = open_database(settings.database or home.database)
    database.migrate()
    audit = Audit(database, home)
    audit.drain()
    return Server(settings, home, database, audit)
