"""People who are called, contact attempts, files of outcomes and the queue of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def _of_person(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "person_id",
        sa.Integer,
        sa.ForeignKey("person.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=True,
    )


def upgrade() -> None:
    """Make the tables; overrides are of people from now on."""
    op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("schema_name", sa.String(100), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("last_result", sa.String(20), nullable=False),
        sa.Column("last_at", MOMENT),
        sa.Column("last_by", sa.String(100), nullable=False),
        sa.Column("claimed_by", sa.String(100), nullable=False, index=True),
        sa.Column("claimed_until", MOMENT),
        sa.Column("updated_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "person_key",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("scope", sa.String(100), primary_key=True),
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        _of_person(primary_key=True),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        _of_person(),
        sa.Column("batch_id", sa.String(40), nullable=False, index=True),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("caller", sa.String(100), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("call_back_at", MOMENT),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("file_id", sa.Integer, index=True),
        sa.Column("undone_at", MOMENT),
        sa.Column("undone_by", sa.String(100), nullable=False),
    )
    op.create_table(
        "outcome_file",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_hash", sa.String(64), nullable=False, index=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(100), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("undone_at", MOMENT),
    )
    op.create_table(
        "queue",
        sa.Column("batch_id", sa.String(40), sa.ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        _of_person(),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("caller", sa.String(100), nullable=False),
        sa.Column("stage", sa.Integer, nullable=False),
        sa.Column("was", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.UniqueConstraint("batch_id", "person_id"),
    )
    op.create_index("ix_queue_place", "queue", ["batch_id", "stage", "place"])
    op.create_index("ix_queue_due", "queue", ["batch_id", "stage", "due_at"])
    op.add_column("override", sa.Column("person_id", sa.Integer))
    op.create_index("ix_override_person_id", "override", ["person_id"])


def downgrade() -> None:
    """Remove the tables."""
    op.drop_index("ix_override_person_id", "override")
    op.drop_column("override", "person_id")
    for table in ("queue", "outcome_file", "attempt", "person_key", "person"):
        op.drop_table(table)
