"""Say first: what a caller can open a call with, in a caller's words."""

import pandas as pd

from leadscore_core.batches.lead_profile import LeadProfile
from leadscore_core.batches.view import BatchView
from leadscore_core.inference.reasons import value_phrases

_MOST = 3


def say_first(view: BatchView, profile: LeadProfile, most: int = _MOST) -> list[str]:
    """Return what speaks most for a lead, without numbers; what speaks against it is no opening.

    Parameters
    ----------
    most
        How many phrases.
    """
    if view.model is None:
        return []
    cleaned = view.model.features.with_derived(view.cleaned(pd.DataFrame([profile.lead])))
    named = [reason.column for reason in profile.reasons if reason.contribution > 0 and reason.column in cleaned]
    blank = [bool(pd.isna(cleaned[name].iloc[0])) for name in named]
    said = [str(value_phrases(cleaned[name].iloc[:1], name, view.model)[0]) for name in named]
    return [text for text, is_blank in zip(said, blank, strict=True) if not is_blank][:most]
