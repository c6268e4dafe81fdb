"""Batches, their scorings, and what people decided about their leads."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def _of_batch(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "batch_id",
        sa.String(40),
        sa.ForeignKey("batch.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "batch",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False, index=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("scoring", sa.Integer, nullable=False),
        sa.Column("schema_name", sa.String(100), nullable=False),
        sa.Column("mapping", sa.JSON, nullable=False),
        sa.Column("sheet", sa.Text),
    )
    op.create_table(
        "scoring",
        _of_batch(primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.String(100), nullable=False),
        sa.Column("scored_at", MOMENT, nullable=False),
        sa.Column("scored_by", sa.String(100), nullable=False),
        sa.Column("expected", sa.Double, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
    )
    op.create_table(
        "restored",
        _of_batch(primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("restored_by", sa.String(100), nullable=False),
        sa.Column("restored_at", MOMENT, nullable=False),
    )
    op.create_table(
        "override",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _of_batch(),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("grade", sa.String(10), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Index("ix_override_lead", "batch_id", "row"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _of_batch(),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("propensity", sa.Double, nullable=False),
        sa.Column("model_id", sa.String(100), nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Index("ix_feedback_batch_id", "batch_id"),
    )
    op.create_table(
        "preference",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("model_id", sa.String(100), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.UniqueConstraint("kind", "version"),
    )


def downgrade() -> None:
    """Remove the tables."""
    for table in ("preference", "feedback", "override", "restored", "scoring", "batch"):
        op.drop_table(table)
