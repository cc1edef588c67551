"""How Alembic reaches the database: over the connection that `Database.migrate` hands it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from foretaste.serve.tables import Base

__all__ = ["migrate_over"]


def migrate_over(connection: Connection) -> None:
    """Run what Alembic was asked for, in one transaction."""
    context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


_asked = getattr(context, "config", None)  # Alembic runs this file; others only import it
if _asked is not None:
    migrate_over(_asked.attributes["connection"])
