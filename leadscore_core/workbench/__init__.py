"""The workbench: kept batches, looked at, planned, explained and exported."""

from leadscore_core.workbench.export import (
    FORMATS,
    ExportCancelledError,
    ExportJob,
    ExportOrder,
    export_bytes,
    export_leads,
)
from leadscore_core.workbench.keep import find_kept, keep_list, rescore_batch
from leadscore_core.workbench.planning import (
    ALL,
    CALLS,
    TradeOff,
    batch_gain,
    plan_batch,
    preview_grades,
    trade_off,
    with_junk_cut,
)
from leadscore_core.workbench.story import Appearance, LeadStory, tell_story, waterfall
from leadscore_core.workbench.view import AND, JUNK, WHY, BatchView, open_view

__all__ = [
    "ALL",
    "AND",
    "CALLS",
    "FORMATS",
    "JUNK",
    "WHY",
    "Appearance",
    "BatchView",
    "ExportCancelledError",
    "ExportJob",
    "ExportOrder",
    "LeadStory",
    "TradeOff",
    "batch_gain",
    "export_bytes",
    "export_leads",
    "find_kept",
    "keep_list",
    "open_view",
    "plan_batch",
    "preview_grades",
    "rescore_batch",
    "tell_story",
    "trade_off",
    "waterfall",
    "with_junk_cut",
]
