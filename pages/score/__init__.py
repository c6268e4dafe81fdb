"""Score leads."""
