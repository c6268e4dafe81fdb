"""The classifier two-sample test: how well a classifier tells a batch's leads from training leads."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import StratifiedKFold

from leadscore_core.training.evaluation.paired_tests import auc_interval

_FOLDS, _ITERATIONS, _MOST = 4, 30, 2_000


@dataclass(frozen=True)
class Apart:
    """How well leads of a batch can be told from training leads.

    Attributes
    ----------
    auc, low, high
        Out-of-fold AUC with DeLong's 95% interval; 0.5 is not at all, 1 completely.
    by
        Column -> share (0-1) of what tells them apart, the largest first; of those that tell anything.
    """

    auc: float
    low: float
    high: float
    by: dict[str, float]

    @property
    def is_apart(self) -> bool:
        """Whether they can be told apart for certain."""
        return self.low > 0.5


def tell_apart(reference: pd.DataFrame, batch: pd.DataFrame, rng: np.random.Generator) -> Apart:
    """Train a classifier to tell leads of a batch from training leads, and judge it on leads that it has not seen.

    After Lopez-Paz and Oquab (2017). Up to 2,000 leads of each, drawn at random, as many of one as of the other.

    Parameters
    ----------
    reference, batch
        Codes of leads (see `TrainingReference.encode`), the same columns.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> codes = pd.DataFrame({"source": rng.integers(2, 5, 800), "city": rng.integers(2, 9, 800)})
    >>> tell_apart(codes[:400], codes[400:], rng).is_apart
    False
    >>> other = tell_apart(codes[:400], codes[400:].assign(source=2), rng)
    >>> other.is_apart, next(iter(other.by))
    (True, 'source')
    """
    n = min(len(reference), len(batch), _MOST)
    drawn = [leads.iloc[rng.permutation(len(leads))[:n]] for leads in (reference, batch)]
    rows = pd.concat(drawn, ignore_index=True).to_numpy("float64")
    is_batch = np.repeat([0, 1], n)
    scores, worth = np.zeros(2 * n), np.zeros(rows.shape[1])
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    for train, test in folds.split(rows, is_batch):
        model = HistGradientBoostingClassifier(
            max_iter=_ITERATIONS, max_leaf_nodes=15, min_samples_leaf=max(5, n // 50), early_stopping=False
        )
        model.fit(rows[train], is_batch[train])
        scores[test] = model.predict_proba(rows[test])[:, 1]
        found = permutation_importance(
            model, rows[test], is_batch[test], scoring="roc_auc", n_repeats=1, random_state=0, n_jobs=1
        )
        worth += np.maximum(found.importances_mean, 0)
    auc, low, high = auc_interval(is_batch, scores)
    shares = worth / worth.sum() if worth.sum() else worth
    named = sorted(zip(reference.columns.astype("str"), shares.tolist(), strict=True), key=lambda one: -one[1])
    return Apart(auc, low, high, {name: share for name, share in named if share > 0})
