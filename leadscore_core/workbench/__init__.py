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
from leadscore_core.workbench.outcomes import OutcomeReport, bring_outcomes
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
from leadscore_core.workbench.source_files import report_list, source_report
from leadscore_core.workbench.source_flow import flow_leads, trend_weeks
from leadscore_core.workbench.sources import (
    COUNTED_WORDS,
    EVERYBODY,
    Counted,
    Rates,
    SourceView,
    choose_counted,
    count_applications,
    explain_mix,
    find_dimension,
    find_targets,
    narrow_to,
    open_sources,
    rate_by,
)
from leadscore_core.workbench.story import Appearance, LeadStory, tell_story, waterfall
from leadscore_core.workbench.view import AND, JUNK, WHY, BatchView, open_view

__all__ = [
    "ALL",
    "AND",
    "CALLS",
    "COUNTED_WORDS",
    "EVERYBODY",
    "FORMATS",
    "JUNK",
    "WHY",
    "Appearance",
    "BatchView",
    "Counted",
    "ExportCancelledError",
    "ExportJob",
    "ExportOrder",
    "LeadStory",
    "OutcomeReport",
    "Rates",
    "SourceView",
    "TradeOff",
    "batch_gain",
    "bring_outcomes",
    "choose_counted",
    "count_applications",
    "explain_mix",
    "export_bytes",
    "export_leads",
    "find_dimension",
    "find_kept",
    "find_targets",
    "flow_leads",
    "keep_list",
    "narrow_to",
    "open_sources",
    "open_view",
    "plan_batch",
    "preview_grades",
    "rate_by",
    "report_list",
    "rescore_batch",
    "source_report",
    "tell_story",
    "trade_off",
    "trend_weeks",
    "waterfall",
    "with_junk_cut",
]
