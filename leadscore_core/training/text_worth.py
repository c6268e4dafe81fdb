"""What free text is worth: the AUC in folds with it and without it; what adds nothing is left out."""

from dataclasses import replace

import numpy as np

from leadscore_core.confidence import Z95
from leadscore_core.data.schema.schema import Role
from leadscore_core.model.metadata import ColumnAudit
from leadscore_core.training.evaluation.paired_tests import delong
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.exclusions import WRITTEN_LATER
from leadscore_core.training.fit import Recipe, out_of_fold_margins
from leadscore_core.training.folds import repeated_folds
from leadscore_core.training.request import TrainingRequest
from leadscore_core.training.training_data import TrainingData

MOST_JUDGED = 10_000
ADDS_NOTHING = "It adds nothing for certain."
TOO_GOOD = 0.95
GIVES_AWAY = "With it nearly every outcome is known, so it was written down afterwards."


def judge_texts(data: TrainingData, request: TrainingRequest, recipe: Recipe) -> TrainingRequest:
    """Return a request that leaves out free text which adds nothing in folds, and asks about what is read.

    It is read where the 95% interval of what it adds to the AUC (DeLong) lies above zero, or a person said that it is
    known before the first call. Of more than 10,000 leads that many are judged on.

    Parameters
    ----------
    data
        Leads that have an outcome.
    recipe
        How the model is trained; its schema is that of the leads without what the request leaves out.
    """
    texts = [c.name for c in recipe.schema.with_role(Role.FREE_TEXT) if c.name in data.columns]
    others = [c.name for c in recipe.schema.inputs if c.name not in texts and c.name in data.columns]
    if not texts or not others:
        return request
    some = np.linspace(0, len(data) - 1, min(len(data), MOST_JUDGED)).astype("int64")
    cleaned, label = data.cleaned(recipe.schema).iloc[some].reset_index(drop=True), data.outcome[some]
    same = None if data.identity is None else data.identity[some]
    folds = repeated_folds(label, recipe.n_splits, 1, recipe.seed, same)

    def margins(left_out: list[str]) -> np.ndarray:
        schema = recipe.schema.without(left_out)
        return out_of_fold_margins(cleaned, label, folds, replace(recipe, schema=schema))

    without = margins(texts)
    base = auc_of(label, without)
    for name in texts:
        own = margins([other for other in texts if other != name])
        auc = auc_of(label, own)
        gain, error, _ = delong(label, without, own)
        why = ADDS_NOTHING if gain - Z95 * error <= 0 else GIVES_AWAY if auc >= TOO_GOOD > base else ""
        request = _with_verdict(request, name, data.headers.get(name, name), why, (auc, base))
    return request


def _with_verdict(
    request: TrainingRequest, name: str, header: str, why: str, aucs: tuple[float, float]
) -> TrainingRequest:
    """Return the request with both AUCs of a text, and without the text where something speaks against it."""
    asked = next((one for one in request.audit if one.column == header), None)
    found = asked or ColumnAudit(column=header, why=WRITTEN_LATER, left_out=False)
    is_out = bool(why) and not found.is_answered
    update = {"auc_with": aucs[0], "auc_without": aucs[1], "left_out": is_out} | ({"why": why} if is_out else {})
    verdict = found.model_copy(update=update)
    audit = tuple(verdict if one is asked else one for one in request.audit) + (() if asked else (verdict,))
    excluded = request.excluded | ({name: f"{why.rstrip('.')}: {verdict.worth}"} if is_out else {})
    return replace(request, audit=audit, excluded=excluded)
