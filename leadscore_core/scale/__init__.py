"""Scale: lists of many parts and training leads of many files, worked on by Dask; loaded only where it is asked for."""

from leadscore_core.scale.cluster import connect
from leadscore_core.scale.score import PartsReport, score_parts
from leadscore_core.scale.train import trees_on

__all__ = ["PartsReport", "connect", "score_parts", "trees_on"]
