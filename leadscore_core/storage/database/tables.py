"""Tables: what the database keeps of batches and of people's decisions.

A change here needs a new file in ``migrations/versions`` and its name in `HEAD`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Double, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

HEAD = "0002"


class Base(DeclarativeBase):
    """All tables."""


class BatchRow(Base):
    """One uploaded list that was scored and kept; its rows are Parquet files in the data directory."""

    __tablename__ = "batch"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    file_name: Mapped[str] = mapped_column(Text)
    file_hash: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(100))
    rows: Mapped[int] = mapped_column(Integer)
    scoring: Mapped[int] = mapped_column(Integer)
    schema_name: Mapped[str] = mapped_column(String(100))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    sheet: Mapped[str | None] = mapped_column(Text)


class ScoringRow(Base):
    """One scoring of a batch by a model; a batch that was re-scored has several."""

    __tablename__ = "scoring"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    model_id: Mapped[str] = mapped_column(String(100))
    scored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    scored_by: Mapped[str] = mapped_column(String(100))
    expected: Mapped[float] = mapped_column(Double)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    findings: Mapped[list[Any]] = mapped_column(JSON)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)


class OutcomeRow(Base):
    """One file of outcomes that came back for a batch; the leads' outcomes are a Parquet file in its folder."""

    __tablename__ = "outcome"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[str] = mapped_column(String(100))
    known: Mapped[int] = mapped_column(Integer)
    completed: Mapped[int] = mapped_column(Integer)


class RestoredRow(Base):
    """A lead that a person took back from quarantine."""

    __tablename__ = "restored"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    restored_by: Mapped[str] = mapped_column(String(100))
    restored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class OverrideRow(Base):
    """A grade that a person set for a lead, for a time."""

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_lead", "batch_id", "row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)
    grade: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class FeedbackRow(Base):
    """A person's word that a score looks wrong."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id", ondelete="CASCADE"), index=True)
    row: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    propensity: Mapped[float] = mapped_column(Double)
    model_id: Mapped[str] = mapped_column(String(100))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PreferenceRow(Base):
    """One version of a setting that people change on the screen; versions are never rewritten."""

    __tablename__ = "preference"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    model_id: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
