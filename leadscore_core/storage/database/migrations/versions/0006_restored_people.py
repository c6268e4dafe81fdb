"""Restored leads are of people: they are restored on other lists too, until a day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Say of restored leads whose they are and until when; those of before hold on their own list alone."""
    op.add_column("restored", sa.Column("person_id", sa.Integer))
    op.add_column("restored", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.create_index("ix_restored_person_id", "restored", ["person_id"])


def downgrade() -> None:
    """Remove the columns."""
    op.drop_index("ix_restored_person_id", "restored")
    op.drop_column("restored", "expires_at")
    op.drop_column("restored", "person_id")
