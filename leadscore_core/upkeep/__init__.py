"""Upkeep: backup and restore of all that is kept, and what is wrong with it."""
