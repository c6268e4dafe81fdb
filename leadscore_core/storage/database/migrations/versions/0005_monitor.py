"""What the monitor found, and messages that are to be posted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "monitor_event",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("schema_name", sa.String(100), nullable=False),
        sa.Column("model_id", sa.String(100), nullable=False),
        sa.Column("batch_id", sa.String(40), sa.ForeignKey("batch.id", ondelete="CASCADE"), index=True),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_monitor_event_kind", "monitor_event", ["schema_name", "kind", "at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("sent_at", MOMENT),
        sa.Column("problem", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("outbox")
    op.drop_table("monitor_event")
