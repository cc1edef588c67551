"""One database behind one face: transactions that read, transactions that write, migrations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from foretaste.errors import OutputError, UsageError

__all__ = ["Database", "open_database"]

_BUSY = 30.0  # seconds that a write waits for the one before it
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@dataclass(frozen=True)
class Database:
    """The server's database; every use is one transaction.

    SQLite has one writer at a time. Within a process writers wait for their turn here, in a line,
    and not by trying again and again.
    """

    engine: Engine
    _turn: AbstractContextManager[Any] = field(default_factory=nullcontext, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; it sees one moment and waits for nobody."""
        engine = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_MOMENT)
        with Session(engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes; committed and on the disk when it ends, or nothing of it."""
        engine = self.engine.execution_options(immediate=True)
        with self._turn, Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to a revision, up or down ("base" removes them all)."""
        from alembic import command  # noqa: PLC0415 - not in requests
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", "foretaste.serve:migrations")
        config.set_main_option("path_separator", "os")
        with self.engine.execution_options(immediate=True).begin() as connection:
            config.attributes["connection"] = connection
            is_down = revision == "base" or revision.startswith("-")
            (command.downgrade if is_down else command.upgrade)(config, revision)

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.execute(text("select 1")).scalar() == 1)
        except SQLAlchemyError:
            return False

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database at `url`: ``sqlite:////path`` or ``postgresql+psycopg://user@host/name``.

    Raises
    ------
    UsageError
        The address names another kind of database, or its driver is not installed.
    OutputError
        It does not answer.
    """
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        kind = url.split(":", 1)[0]
        raise UsageError(f"database: expected sqlite:// or postgresql://, got {kind!r:.40}")
    try:
        engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
        with engine.connect():
            pass
    except ModuleNotFoundError as error:
        raise UsageError(
            "database: PostgreSQL needs an optional package: pip install 'foretaste[postgres]'"
        ) from error
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0][:200]
        raise OutputError(f"database: it does not answer ({reason}); check the address") from error
    return Database(engine, threading.Lock() if url.startswith("sqlite") else nullcontext())


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_size=10, max_overflow=30, pool_pre_ping=True)


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=40, connect_args={"timeout": _BUSY})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says so
    for line in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        connection.execute(f"pragma {line}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: two that both read first would otherwise collide."""
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
