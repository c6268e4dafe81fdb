"""Money on the screen: a file of spend, what leads and outcomes cost, and what moving a budget would bring."""

import pandas as pd
import streamlit as st

from leadscore_core.analytics.charts import Evidence
from leadscore_core.analytics.sentences.money import MONEY
from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView
from leadscore_core.analytics.spend import Money, Move, count_money, movable, source_names, with_move
from leadscore_core.analytics.wording import present_costs
from leadscore_core.analytics.wording_money import (
    describe_missing,
    describe_money,
    describe_move,
    describe_period,
    present_missing,
)
from leadscore_core.config import load_settings
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.spend import Spend, SpendReading, read_spend
from leadscore_core.errors import EncodingQuestionError, LeadScoreError
from pages.shared import session
from pages.shared.charts import render_evidence, render_frame
from pages.shared.components import render_findings
from pages.shared.controls import plain_error
from pages.shared.conventions import ask_choices, offer_choices
from pages.shared.encodings import choose_encoding, offer_encodings
from pages.shared.sidebar import plain
from pages.shared.upload_form import TYPES
from pages.shared.uploads import UploadFolder
from pages.sources import state as source_state
from pages.sources.spend_columns import CURRENCY, YEAR, choose_currency, choose_spend_columns

_EXAMPLE = "Source,From,To,Amount,Currency\n{source},{first:%Y-%m-%d},{last:%Y-%m-%d},120000,INR\n"
_MISSING_ROWS = 5


def render_money(view: SourceView, scope: Scope) -> None:
    """Take a file of spend, and show what leads and outcomes cost."""
    upload = st.file_uploader(
        "Spend",
        type=TYPES,
        max_upload_size=load_settings().upload_limit_mb,
        help="A source, medium or campaign and an amount in each row, with a period and a currency if you have them; "
        "or one column a month",
    )
    encoding = session.get_encoding(upload.file_id) if upload else None
    if session.is_new_upload(f"{upload.file_id} {encoding}" if upload else None, "spend") and upload is not None:
        try:
            folder = UploadFolder(upload.name, upload.getbuffer())
            offer_encodings(upload.file_id, folder.path)
            _read(view, upload.name, upload.file_id, read_leads(folder.path, encoding=encoding), {})
        except EncodingQuestionError as error:
            session.ask_encoding(upload.file_id, error.candidates)
        except (LeadScoreError, OSError) as error:
            _say_unread(error)
    if upload is not None and choose_encoding(upload.file_id, upload.name):
        return
    counted, asked = source_state.get_spend(), source_state.get_spend_question()
    if asked is not None:
        name, file, frame, said = asked
        _ask_columns(view, name, file, frame, said, None)
    if counted is None:
        _offer(view)
        return
    name, spend = counted
    if asked is None:
        _render_reading(view, name, spend)
    result = count_money(view, scope, spend)
    _render_missing(view, result)
    _render_costs(view, scope, name, result)
    if not result.costs.table.empty:
        _render_move(view, scope, result)
    _render_left(spend)
    if st.button("Forget this spend", type="tertiary", icon=":material/close:"):
        source_state.set_spend("", None)
        st.rerun()


def _offer(view: SourceView) -> None:
    """Say what this section shows, with a file to fill in."""
    st.info(
        f"Bring what you spent, by source, medium or campaign, and see what a lead, a Hot lead and "
        f"{view.words.a_singular} cost, and how much went into junk.",
        icon=":material/payments:",
    )
    largest = next((v for v in view.table.values(view.default, EVERYBODY, 2) if v is not None), "Website")
    month = pd.Timestamp(view.table.period()[1] or pd.Timestamp.now()).to_period("M")
    example = _EXAMPLE.format(source=largest, first=month.start_time, last=month.end_time)
    st.download_button(
        "A file to fill in", example, "spend.csv", "text/csv", icon=":material/download:", on_click="ignore"
    )


def _read(view: SourceView, name: str, file: str, frame: pd.DataFrame, said: dict[str, str]) -> None:
    """Read a file of spend as a person says and keep it; where it cannot be read, ask for its columns."""
    columns = {what: header for what, header in said.items() if what not in (YEAR, CURRENCY, "dates", "decimal")}
    reading = SpendReading(
        order=said.get("dates"),  # type: ignore[arg-type]
        decimal=said.get("decimal"),  # type: ignore[arg-type]
        columns=columns,
        currency=said.get(CURRENCY),
        year=int(said[YEAR]) if YEAR in said else None,
        known=source_names(view),
    )
    try:
        spend = read_spend(frame, reading)
    except LeadScoreError:
        source_state.ask_spend(name, file, frame, said)
        raise
    source_state.set_spend(name, spend)
    source_state.set_spend_file(file, frame, said)


def _say_unread(error: Exception) -> None:
    counted = source_state.get_spend()
    still = f" Still counted: {counted[0]}." if counted else ""
    st.error(plain_error(error) + plain(still), icon=":material/error:")


def _again(view: SourceView, name: str, file: str, frame: pd.DataFrame, said: dict[str, str]) -> None:
    """Read a file again as a person says now, and run the page anew."""
    try:
        _read(view, name, file, frame, said)
    except LeadScoreError as error:
        _say_unread(error)
    else:
        st.rerun()


def _ask_columns(
    view: SourceView, name: str, file: str, frame: pd.DataFrame, said: dict[str, str], spend: Spend | None
) -> None:
    """Let a person say which header gives what."""
    headers = [str(header) for header in frame.columns]
    if spend is not None and not set(filter(None, [spend.columns.name])) <= set(headers):
        return  # titles stand above the header, which was found by itself
    chosen = choose_spend_columns(headers, spend, said, f"spend-columns-{file}")
    if chosen is not None:
        readings = {what: value for what, value in said.items() if what in ("dates", "decimal", CURRENCY)}
        _again(view, name, file, frame, readings | chosen)


def _render_reading(view: SourceView, name: str, spend: Spend) -> None:
    """Ask how the file is read where it leaves that open; let everything be corrected."""
    found = source_state.get_spend_file()
    if found is None:
        return
    file, frame, said = found
    key = f"spend-{file}"
    picked = ask_choices(spend.choices, key) | offer_choices(spend.choices, key)
    picked = {{"amount": "decimal"}.get(what, what): value for what, value in picked.items()}
    currency = choose_currency(spend, f"{key}-currency")
    if currency is not None:
        picked[CURRENCY] = currency
    _ask_columns(view, name, file, frame, said, spend)
    if picked:
        _again(view, name, file, frame, said | picked)


def _render_missing(view: SourceView, result: Money) -> None:
    """Say which spend and which leads are not counted, above what is."""
    said = describe_missing(view, result)
    if not said:
        return
    st.warning("  \n".join(plain(text) for text in said), icon=":material/rule:")
    table = present_missing(view, result)
    if len(table):
        st.markdown(f"**What is missing: {len(table):,}**")
        render_frame(table, alt="What is missing", most=_MISSING_ROWS)


def _render_costs(view: SourceView, scope: Scope, name: str, result: Money) -> None:
    spend, words = result.spend, view.words
    st.markdown(f"## {plain(describe_money(result, words, scope.counted))}")
    if result.costs.table.empty:
        return
    by = view.dimensions[result.by]
    st.caption(f"{plain(name)}, matched by {plain(by)}. {describe_period(view, scope, result)}")
    shown = present_costs(result.costs, spend.currency, words, scope.counted).rename(columns={"Group": by})
    render_frame(shown, alt="Costs")
    st.caption("Blank where there is nothing to divide by, or an interval has no upper end.")
    render_evidence(Evidence("costs", "What sources cost", None, shown, {}), key="costs", table=shown)


def _render_move(view: SourceView, scope: Scope, result: Money) -> None:
    st.subheader("What if a budget moved?", anchor=False)
    payers = movable(result.costs)
    source_state.set_move(None)
    if not scope.is_known or len(payers) < 2:
        st.caption(MONEY["move_alone" if scope.is_known else "move_expected"]())
        return
    dearest = result.costs.table.sort_values("cost_per_application", ascending=False, na_position="first")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        default = payers.index(next(g for g in dearest["group"] if g in payers))
        source = st.selectbox("From", payers, index=default, key="move-from", width=220)
        others = [group for group in payers if group != source]
        cheap = [g for g in reversed(dearest["group"].tolist()) if g in others]
        target = st.selectbox("To", others, index=others.index(cheap[0]), key=f"move-to-{source}", width=220)
        percent = st.slider("Share of its spend", 0, 100, 20, step=5, format="%d%%", key="move-share", width=260)
    move = Move(str(source), str(target), percent / 100)
    source_state.set_move(move)
    st.markdown(f"**{plain(describe_move(with_move(result, move), view.words))}**")
    st.caption(MONEY["assumed"](plural=view.words.plural))


def _render_left(spend: Spend) -> None:
    """List the rows of the file that were not counted, and what else was noticed."""
    if not spend.findings:
        return
    with st.expander(f"Noticed in the file: {len(spend.findings)}", icon=":material/rule:"):
        render_findings(spend.findings)
        if len(spend.set_aside):
            st.markdown(f"**Rows of the file that were not counted: {len(spend.set_aside):,}**")
            render_frame(spend.set_aside.set_axis(["Row", "Name", "Amount", "Why"], axis=1), alt="Rows not counted")
