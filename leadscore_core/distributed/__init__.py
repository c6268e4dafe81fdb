"""Scoring and training by Dask's workers."""
