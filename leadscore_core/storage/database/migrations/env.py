"""Runs migrations on the connection that `Database` gives."""

from alembic import context

from leadscore_core.storage.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
context.run_migrations()
