"""Statistics of sources: rates, decomposition, segments, costs, effects."""
