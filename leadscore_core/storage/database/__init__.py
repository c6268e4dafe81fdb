"""Rows of the database: batches, decisions, outcomes, preferences."""
