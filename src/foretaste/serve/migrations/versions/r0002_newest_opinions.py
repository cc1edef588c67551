"""Of many opinions of one person the newest is marked, so that no page reads the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark them."""
    op.add_column(
        "opinions", sa.Column("newest", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.execute(
        "UPDATE opinions SET newest = false WHERE id NOT IN"
        ' (SELECT max(id) FROM opinions GROUP BY run_id, group_name, "row", person_id)'
    )
    op.create_index("ix_opinions_newest", "opinions", ["run_id", "group_name", "newest"])


def downgrade() -> None:
    """Take the mark away."""
    op.drop_index("ix_opinions_newest", table_name="opinions")
    op.drop_column("opinions", "newest")
