"""The workbench: kept batches, looked at, planned, explained and exported."""

from leadscore_core.workbench.export import FORMATS, ExportCancelledError, ExportJob, ExportOrder, export_bytes, export_leads
from leadscore_core.workbench.keep import find_kept, keep_list, rescore_batch
from leadscore_core.workbench.story import Appearance, LeadStory, tell_story, waterfall
from leadscore_core.workbench.view import BatchView, open_view

__all__ = [
    "FORMATS",
    "Appearance",
    "BatchView",
    "ExportCancelledError",
    "ExportJob",
    "ExportOrder",
    "LeadStory",
    "export_bytes",
    "export_leads",
    "find_kept",
    "keep_list",
    "open_view",
    "rescore_batch",
    "tell_story",
    "waterfall",
]
