"""Storage: what people decided, kept."""

from leadscore_core.storage.mappings import MappingStore

__all__ = ["MappingStore"]
