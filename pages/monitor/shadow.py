"""Shadow on Monitor: a challenger that scores every list unseen, compared once outcomes are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from leadscore_core.batches.view import BatchView
from leadscore_core.config import load_settings
from leadscore_core.model.measures import MEASURES
from leadscore_core.percent import signed
from leadscore_core.registry.registry import ModelRegistry
from pages.shared import session
from pages.shared.person import sign
from pages.shared.sidebar import plain

if TYPE_CHECKING:  # loads statistics, which a page does when it is looked at
    from leadscore_core.monitoring.shadow import ShadowComparison

_NOBODY = "No model"


def render_shadow(view: BatchView) -> None:
    """Let a person choose the challenger, and say whether to promote it."""
    from leadscore_core.monitoring.shadow import compare_shadow, score_in_shadow, set_shadow, shadow_of

    settings, company = load_settings(), view.batch.schema_name
    registry, present = ModelRegistry(settings.models_dir), shadow_of(view.batch.schema_name)
    champion = registry.champion_of(company)
    others = [one.model_id for one in registry.list_models() if one.schema_name == company and one.model_id != champion]
    if not others and present is None:
        st.info("There is no other model to run beside the one in use. Train one on Retrain.", icon=":material/info:")
        return
    options = [_NOBODY, *others]
    chosen = st.selectbox(
        "In the shadow", options, index=options.index(present) if present in options else 0, width=320,
        help="It scores each list beside the model in use; nobody sees its scores until outcomes are in",
    )  # fmt: skip
    wanted = None if chosen == _NOBODY else chosen
    if wanted != present and st.button("Use this choice", icon=":material/check:"):
        said = f"{wanted} runs in the shadow." if wanted else "No model runs in the shadow any more."
        sign(lambda by: set_shadow(company, wanted, by=by), said)
    if present is None or present == champion:
        return
    with st.spinner("Scoring lists in the shadow"):
        score_in_shadow(company)
    _render_comparison(compare_shadow(company, capacity=session.get_capacity()))


def _render_comparison(found: ShadowComparison) -> None:
    st.markdown(f"**{plain(found.sentence)}**")
    if found.comparison is None:
        return
    measures = {name: measure.human for name, measure in MEASURES.items()} | {"gained": "Found in as many calls"}
    rows = [
        {
            "Figure": measures.get(one.name, one.name),
            "In use": one.champion,
            "In the shadow": one.challenger,
            "Difference, 95%": f"{signed(one.value, 4)} ({signed(one.low, 4)} to {signed(one.high, 4)})",
        }
        for one in found.comparison.differences
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="", alt="Both models on the same leads")
    if found.is_to_promote:
        st.page_link("pages/retrain/page.py", label="Promote it on Retrain", icon=":material/upgrade:")
