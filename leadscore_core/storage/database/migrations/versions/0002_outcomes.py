"""Outcomes that came back for the leads of a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outcome",
        sa.Column("batch_id", sa.String(40), sa.ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(100), nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("outcome")
