"""Models that are kept: published, promoted, taken elsewhere, tracked."""
