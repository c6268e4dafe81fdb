"""Leads of kept batches, read by DuckDB."""
