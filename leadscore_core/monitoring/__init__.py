"""Monitoring: whether the scores can still be trusted, and whether anybody knows it."""
