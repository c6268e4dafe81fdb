"""Kept batches: saved, looked at, planned, exported, and what became of their leads."""
