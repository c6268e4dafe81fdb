"""Grade changes: how a kept list would be graded by another model, before that model is put to use."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from leadscore_core.config import GradeRule, GradeThresholds, Settings, load_settings
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.dataset.outcomes import settle_outcomes
from leadscore_core.data.reading.row_sample import RowSample
from leadscore_core.inference.grades import GRADES, grade_leads
from leadscore_core.inference.score import score_leads
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.preferences import grade_preference

MOST_COMPARED = 20_000


@dataclass(frozen=True, eq=False)
class GradeChanges:
    """How leads of a list are graded by the model that scored it and by another one.

    Attributes
    ----------
    leads
        Compared: all of a list up to 20,000, of a longer one an even choice.
    counts
        Leads by grade before (rows) and after (columns).
    """

    leads: int
    counts: pd.DataFrame

    @property
    def changed(self) -> int:
        """Leads that would get another grade."""
        return self.leads - int(np.trace(self.counts.to_numpy()))


def foresee_grades(batch: Batch, model: LeadModel, *, settings: Settings | None = None) -> GradeChanges:
    """Grade leads of a kept list by another model, by the saved grades and the propensity alone; nothing is written.

    Raises
    ------
    LeadScoreError
        If the list's file is gone, or the model cannot read it.
    """
    settings = settings or load_settings()
    rule = grade_preference(settings, model.schema).current().value
    leads = settle_outcomes(LeadList([batch.leads_path], model.schema, batch.mapping), ask="nothing")
    sample = RowSample(MOST_COMPARED)
    for chunk in leads.chunks():
        sample.add(chunk)
    after = score_leads(sample.frame(), model, mapping=leads.mapping, reasons=0)["propensity"].to_numpy("float64")
    scored = pq.read_table(batch.scores_path, columns=["ls_row", "ls_propensity"]).to_pandas()
    before = scored.set_index("ls_row")["ls_propensity"].reindex(sample.positions()).to_numpy("float64")
    names = pd.CategoricalDtype(list(GRADES))
    old, new = (pd.Series(_grade(p, rule)).astype(names) for p in (before, after))
    counts = pd.crosstab(old, new, dropna=False).reindex(index=GRADES, columns=GRADES, fill_value=0)
    return GradeChanges(len(after), counts)


def _grade(propensity: np.ndarray, rule: GradeRule) -> np.ndarray:
    thresholds = rule.thresholds
    if rule.by == "share":
        shares = np.cumsum([rule.shares.hot, rule.shares.warm, rule.shares.cold]).clip(0, 1)
        hot, warm, cold = np.quantile(propensity, 1 - shares)
        thresholds = GradeThresholds(hot=hot, warm=warm, cold=cold)
    return np.asarray(grade_leads(propensity, thresholds))
