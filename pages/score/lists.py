"""Your lists: what was scored before, one click away."""

import streamlit as st

from leadscore_core.config import Settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.percent import say_leads
from leadscore_core.storage.database.batches import BatchStore
from pages.shared.companies import company_title
from pages.shared.controls import plain_error
from pages.shared.moments import say_day
from pages.shared.sidebar import plain

MOST_LISTS = 8


def render_lists(settings: Settings) -> None:
    """Show the lists that are kept, the newest first; a click opens one on Leads."""
    try:
        batches = BatchStore(settings).list_batches()
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return
    if not batches:
        return
    st.header("Your lists", anchor=False)
    several = len({batch.schema_name for batch in batches}) > 1
    with st.container(gap="xxsmall"):
        for batch in batches[:MOST_LISTS]:
            company = f", {company_title(batch.schema_name)}" if several else ""
            by = f" by {plain(batch.created_by)}" if batch.created_by else ""
            label = f"{plain(batch.name)}, {say_leads(batch.rows)}{plain(company)}, {say_day(batch.created_at)}{by}"
            st.page_link(
                "pages/leads/page.py", label=label, icon=":material/list_alt:", query_params={"batch": batch.id}
            )
    if len(batches) > MOST_LISTS:
        st.caption(f"{len(batches) - MOST_LISTS:,} more on Leads.")
