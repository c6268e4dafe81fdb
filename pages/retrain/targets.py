"""Targets on the screen: when a model of a company's leads is good enough, asked once and changed at any time."""

import streamlit as st

from leadscore_core.config import TargetMetrics, load_settings
from leadscore_core.data.schema.own_rules import base_rate_targets, present_targets
from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.storage.kept_schemas import keep_targets
from pages.shared.components import act
from pages.shared.sidebar import plain

RELATIVE = "better than the base rate and than the model in use"
_OWN = "above targets of its own"


def ask_targets(schema: LeadSchema, base_rate: float, *, is_first: bool) -> TargetMetrics | None:
    """Let a person say when a model of these leads is good enough; None where it is to be better than what there is.

    Parameters
    ----------
    base_rate
        Of the leads at hand, which own targets start from.
    is_first
        Whether no model of these leads was trained yet, so that nobody was asked before.
    """
    present = present_targets(schema, load_settings())
    if is_shipped(schema.name):
        return present
    now = RELATIVE if present is None else f"of {present.words}"
    with st.expander(f"A model is good enough if it is {now}", expanded=is_first, icon=":material/flag:"):
        return _choose(schema, present, base_rate)


def render_targets(schema: LeadSchema, base_rate: float) -> None:
    """Show a company's targets as they are now, and let a person change them."""
    if is_shipped(schema.name):
        return
    chosen = ask_targets(schema, base_rate, is_first=False)
    if chosen != present_targets(schema, load_settings()) and st.button("Keep these targets", icon=":material/flag:"):
        act(lambda: _save(schema, chosen), "These targets hold from now on.")


def _save(schema: LeadSchema, targets: TargetMetrics | None) -> None:
    settings = load_settings()
    keep_targets(schema, targets, settings)


def _choose(schema: LeadSchema, present: TargetMetrics | None, base_rate: float) -> TargetMetrics | None:
    choices = [RELATIVE, _OWN]
    key = f"targets-{schema.name}-{present.words if present is not None else ''}"
    chosen = st.radio(
        f"A model of {plain(schema.title)} is good enough if it is",
        choices,
        index=int(present is not None),
        key=f"{key}-kind",
        help="Kept with these leads; a model that is not good enough needs a reason to be put to use.",
    )
    if chosen == RELATIVE:
        return None
    first = present or base_rate_targets(base_rate)
    names = {"AUC": first.auc, "Precision": first.precision, "Recall": first.recall}
    with st.container(horizontal=True):
        values = {
            name.lower(): st.number_input(
                f"{name} above", 0.0, 1.0, value, 0.01, format="%.4g", key=f"{key}-{name}", width=160,
                help="0 asks for nothing",
            )
            for name, value in names.items()
        }  # fmt: skip
    targets = TargetMetrics(**values)
    return targets if targets.words else None
