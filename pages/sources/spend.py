"""Money on the screen: a file of spend, what leads and outcomes cost, and what moving a budget would bring."""

import pandas as pd
import streamlit as st

from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView
from leadscore_core.analytics.spend import move_spend, set_costs
from leadscore_core.analytics.statistics.costs import Costs
from leadscore_core.analytics.wording import present_costs
from leadscore_core.analytics.wording_money import describe_costs, describe_move
from leadscore_core.config import load_settings
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.spend import Spend, read_spend
from leadscore_core.errors import EncodingQuestionError, LeadScoreError
from leadscore_core.outcome import OutcomeWords
from pages.shared import session
from pages.shared.charts import render_frame
from pages.shared.components import render_findings
from pages.shared.controls import plain_error
from pages.shared.conventions import ask_choices, offer_choices
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.sidebar import plain
from pages.shared.upload_form import TYPES
from pages.shared.uploads import UploadFolder
from pages.sources import state as source_state

_EXAMPLE = "Source,From,To,Amount,Currency\n{source},2026-03-01,2026-03-31,120000,INR\n"


def render_money(view: SourceView, scope: Scope) -> None:
    """Take a file of spend, and show what leads and outcomes cost."""
    kept = source_state.get_spend()
    upload = st.file_uploader(
        "Spend",
        type=TYPES,
        max_upload_size=load_settings().upload_limit_mb,
        help="A source, medium or campaign, an amount and, if you have them, a period and a currency in each row",
    )
    encoding = session.get_encoding(upload.file_id) if upload else None
    if session.is_new_upload(f"{upload.file_id} {encoding}" if upload else None, "spend") and upload is not None:
        try:
            folder = UploadFolder(upload.name, upload.getbuffer())
            offer_encodings(upload.file_id, folder.path)
            frame = read_leads(folder.path, encoding=encoding)
            spend = read_spend(frame)
            source_state.set_spend(upload.name, spend)
            source_state.set_spend_file(upload.file_id, frame, {})
        except EncodingQuestionError as error:
            session.ask_encoding(upload.file_id, error.candidates)
        except (LeadScoreError, OSError) as error:
            still = f" Still counted: {kept[0]}." if kept else ""
            st.error(plain_error(error) + plain(still), icon=":material/error:")
        kept = source_state.get_spend()
    if upload is not None and choose_encoding(upload.file_id, upload.name):
        return
    if kept is None:
        st.info(
            f"Bring what you spent, by source, medium or campaign, and see what a lead, a Hot lead and "
            f"{view.words.a_singular} cost, and how much went into junk.",
            icon=":material/payments:",
        )
        st.download_button(
            "A file to fill in", _example(view), "spend.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
        return
    name, spend = kept
    _choose_conventions(name, spend)
    costs, dimension = set_costs(view, scope, spend)
    if costs.table.empty:
        st.warning(
            f"No name in {plain(name)} matches a source, medium or platform of these leads in this period. "
            "Look at the names below.",
            icon=":material/link_off:",
        )
    else:
        st.markdown(f"### {plain(describe_costs(costs, spend.currency, view.words))}")
        st.caption(f"{plain(name)}, matched by {view.dimensions[dimension].lower()}. {_period_words(scope)}")
        shown = present_costs(costs, spend.currency, view.words).rename(columns={"Group": view.dimensions[dimension]})
        render_frame(shown, alt="Costs")
        _render_move(costs, spend.currency, view.words)
    _render_left(costs, spend)
    if st.button("Forget this spend", type="tertiary", icon=":material/close:"):
        source_state.set_spend("", None)
        st.rerun()


def _example(view: SourceView) -> str:
    """Return a file of spend with one row, for the source that brings most leads."""
    largest = next((v for v in view.table.values(view.default, EVERYBODY, 2) if v is not None), "Website")
    return _EXAMPLE.format(source=largest)


def _choose_conventions(name: str, spend: Spend) -> None:
    """Ask how the days and amounts of a file of spend are read, where it leaves them open; let others be corrected."""
    file = source_state.get_spend_file()
    if file is None:
        return
    upload, frame, said = file
    key = f"spend-{upload}"
    picked = ask_choices(spend.choices, key) | offer_choices(spend.choices, key)
    if not picked:
        return
    said = said | picked
    try:
        spend = read_spend(frame, order=said.get("dates"), decimal=said.get("amount"))  # type: ignore[arg-type]
    except LeadScoreError as error:
        st.error(plain_error(error), icon=":material/error:")
        return
    source_state.set_spend(name, spend)
    source_state.set_spend_file(upload, frame, said)
    st.rerun()


def _period_words(scope: Scope) -> str:
    text = "Spend is counted by the share of its period within the months in which these leads came."
    if scope.chosen.created_from is not None:
        text = "Spend is counted by the share of its period within the dates shown."
    return text + (" It is for all leads of a group: other filters do not count here." if scope.chosen.values else "")


def _render_move(costs: Costs, currency: str, words: OutcomeWords) -> None:
    st.subheader("What if a budget moved?", anchor=False)
    payers = costs.table.loc[(costs.table["spend"] > 0) & (costs.table["n"] > 0), "group"].tolist()
    if len(payers) < 2:
        st.caption("It takes two with spend and known outcomes.")
        return
    dearest = costs.table.sort_values("cost_per_application", ascending=False, na_position="first")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        default = payers.index(next(g for g in dearest["group"] if g in payers))
        source = st.selectbox("From", payers, index=default, key="move-from", width=220)
        others = [group for group in payers if group != source]
        cheap = [g for g in reversed(dearest["group"].tolist()) if g in others]
        target = st.selectbox("To", others, index=others.index(cheap[0]), key=f"move-to-{source}", width=220)
        percent = st.slider("Share of its spend", 0, 100, 20, step=5, format="%d%%", key="move-share", width=260)
    moved = move_spend(costs, str(source), str(target), percent / 100)
    st.markdown(f"**{plain(describe_move(moved, str(source), str(target), currency, words))}**")
    st.caption(
        f"Assumed: {words.plural} grow with spend to the power of 0.5 (four times the money, twice the {words.plural}) "
        f"to 1 (twice the money, twice the {words.plural}), each equally likely, since one period does not tell. The "
        f"interval holds that and the luck of the {words.plural} counted."
    )


def _render_left(costs: Costs, spend: Spend) -> None:
    """List what was not counted: spend without leads, leads without spend, rows that could not be read."""
    left = len(costs.unmatched) + len(costs.unpaid) + len(spend.set_aside)
    with st.expander(f"Not counted or not paid for: {left or 'nothing'}", icon=":material/rule:"):
        if spend.findings:
            render_findings(spend.findings)
        aside = spend.set_aside.set_axis(["Row", "Name", "Amount", "Why"], axis=1)
        for title, table in (
            ("Spend without leads", costs.unmatched.set_axis(["Name", "Amount", "Why"], axis=1)),
            ("Rows of the file that were not counted", aside),
            ("Leads without spend", costs.unpaid.set_axis(["Group", "Leads"], axis=1)),
        ):
            if len(table):
                st.markdown(f"**{title}: {len(table):,}**")
                render_frame(pd.DataFrame(table), alt=title)
