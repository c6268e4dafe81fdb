"""The learning curve: whether more leads would help."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from leadscore_core.data.schema.schema import LeadSchema
from leadscore_core.model.algorithms import make_classifier
from leadscore_core.model.metadata import LIGHTGBM
from leadscore_core.model.own_estimators import wrap_estimator
from leadscore_core.model.pipeline import make_features
from leadscore_core.training.enough import can_learn
from leadscore_core.training.evaluation.plan import MOST_JUDGED
from leadscore_core.training.evaluation.quick_scores import auc_of
from leadscore_core.training.folds import Fold, repeated_folds
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
_WORTH = 0.002


def learning_curve(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    *,
    params: dict[str, Any] | None = None,
    algorithm: Any = LIGHTGBM,
    identity: np.ndarray | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Judge models of ever more leads on the same leads that were kept aside.

    Parameters
    ----------
    cleaned, label, identity
        Inputs as cleaned, 0 or 1, and the same number for rows that repeat each other, of leads with an outcome.
    params
        Settings of the algorithm that differ from its defaults.
    algorithm
        Of `ALGORITHMS`, or somebody's own classifier.

    Returns
    -------
    pandas.DataFrame
        ``rows`` (learned from), ``auc`` (mean over three of five folds), ``std`` (over them); sizes that are too
        few to learn from are left out.
    """
    rng = np.random.default_rng(seed)
    if len(label) > MOST_JUDGED:
        some = np.sort(rng.choice(len(label), MOST_JUDGED, replace=False))
        cleaned, label = cleaned.iloc[some].reset_index(drop=True), label[some]
        identity = None if identity is None else identity[some]
    folds = repeated_folds(label, 5, 1, seed, identity)[:3]
    drawn = [rng.permutation(fold.train) for fold in folds]
    work = []
    for share in SHARES:
        samples = [rows[: round(share * len(rows))] for rows in drawn]
        if all(can_learn(label[rows]) for rows in samples):
            work += [(share, rows, fold) for rows, fold in zip(samples, folds, strict=True)]
    model = make_classifier(algorithm, params) if isinstance(algorithm, str) else wrap_estimator(algorithm, params)
    shared, tasks = (cleaned, label, schema, model), [(rows, fold) for _, rows, fold in work]
    aucs = list(run_on_shared(_auc, shared, tasks, in_processes=len(label) >= ROWS_WORTH_PROCESSES))
    table = pd.DataFrame({"share": [w[0] for w in work], "rows": [len(w[1]) for w in work], "auc": aucs})
    grouped = table.groupby("share").agg(
        rows=("rows", "mean"), auc=("auc", "mean"), std=("auc", lambda a: a.std(ddof=0))
    )
    return grouped.assign(rows=grouped["rows"].round().astype("int64")).reset_index(drop=True)


def _auc(
    cleaned: pd.DataFrame,
    label: np.ndarray,
    schema: LeadSchema,
    model: Any,
    rows: np.ndarray,
    fold: Fold,
) -> float:
    train, test = cleaned.iloc[rows], cleaned.iloc[fold.test]
    features = make_features(schema).fit(train, label[rows], recognise=False)
    fitted = clone(model).fit(features.transform(train), label[rows])
    return auc_of(label[fold.test], fitted.raw_margin(features.transform(test)))


def more_leads_help(curve: pd.DataFrame) -> str:
    """Say whether more leads would help, by what the last step of the curve gained for each doubling.

    Examples
    --------
    >>> more_leads_help(pd.DataFrame({"rows": [500, 1000], "auc": [0.70, 0.75], "std": [0.01, 0.01]}))
    'More leads would help: the last doubling of their number gained 0.050 of AUC.'
    """
    if len(curve) < 2:
        return "There are too few leads to say whether more would help."
    before, last = curve.iloc[-2], curve.iloc[-1]
    gain = float((last["auc"] - before["auc"]) / np.log2(last["rows"] / before["rows"]))
    if gain >= _WORTH:
        return f"More leads would help: the last doubling of their number gained {gain:.3f} of AUC."
    return (
        f"More leads of the same kind would hardly help: a doubling of their number gains {max(0.0, gain):.3f} of AUC."
    )
