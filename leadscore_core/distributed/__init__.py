"""Scoring and training by Dask's workers; loaded only where it is asked for."""

from leadscore_core.errors import LeadScoreError

try:
    import distributed  # noqa: F401
except ImportError as error:
    raise LeadScoreError(
        "Dask is not installed here. Install it with: pip install 'leadscore[dask]', or leave out --engine dask."
    ) from error
