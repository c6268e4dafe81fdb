"""Columns of a file of spend on the screen: which header gives what, the year of its months, the currency counted."""

from collections.abc import Sequence

import streamlit as st

from leadscore_core.data.spend import Spend
from leadscore_core.data.spend_columns import month_of
from pages.shared.components import NOT_HERE

YEAR = "year"
CURRENCY = "counted currency"
_ASKED = (
    ("name", "Names of sources, media or campaigns"),
    ("amount", "Amount"),
    ("start", "First day"),
    ("end", "Last day"),
    ("period", "Month or day"),
    ("currency", "Currency"),
)


def choose_spend_columns(
    headers: Sequence[str], spend: Spend | None, said: dict[str, str], key: str
) -> dict[str, str] | None:
    """Let a person correct which header gives what; return what is said when it changes.

    Parameters
    ----------
    spend
        As it is read now; None where it cannot be read yet.
    """
    present = {} if spend is None else {what: getattr(spend.columns, what) for what, _ in _ASKED}
    months = [] if spend is None else list(spend.columns.months)
    options = [NOT_HERE, *headers]
    with st.expander("Columns of the file", icon=":material/view_column:", expanded=spend is None), st.form(key):
        grid = st.columns(3)
        chosen = {}
        for place, (what, human) in enumerate(_ASKED):
            header = said.get(what) or present.get(what)
            index = options.index(header) if header in options else 0
            with grid[place % 3]:
                chosen[what] = st.selectbox(human, options, index=index, key=f"{key}-{what}-{header}")
        wide = st.multiselect(
            "Columns of one month each",
            list(headers),
            months or [h for h in headers if month_of(h) is not None],
            help="Where each month has a column of its own, choose these and leave Amount empty",
            key=f"{key}-months-{len(months)}",
        )
        year = st.text_input("Year of months that name none", said.get(YEAR, ""), key=f"{key}-year", width=260)
        if not st.form_submit_button("Use these columns", icon=":material/check:"):
            return None
    result = {what: header for what, header in chosen.items() if header != NOT_HERE}
    if wide and "amount" not in result:
        result["months"] = "\n".join(wide)
    if year.strip().isdigit():
        result[YEAR] = year.strip()
    return result


def choose_currency(spend: Spend, key: str) -> str | None:
    """Let a person choose which of several currencies is looked at; None where there is one, or it stays."""
    if not spend.others:
        return None
    codes = sorted([spend.currency, *spend.others])
    chosen = st.segmented_control(
        "Currency", codes, default=spend.currency, key=f"{key}-{spend.currency}", required=True,
        help="Amounts in several currencies are never added; each is looked at by itself",
    )  # fmt: skip
    return str(chosen) if chosen and chosen != spend.currency else None
