"""Estimators of somebody's own, given in Python without a registration, as the last step of a pipeline."""

from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from leadscore_core.errors import LeadScoreError
from leadscore_core.model.algorithms import LEVELS, NUMBERS
from leadscore_core.model.any_classifier import AnyClassifier, takes_blanks
from leadscore_core.model.calibrated_margin import CalibratedMargin


def wrap_estimator(estimator: Any, params: dict[str, Any] | None = None) -> Any:
    """Return somebody's own estimator, cloned, as the last step of a pipeline.

    One that takes NaN gets the columns of `LeadFeatures` as they are. For any other, levels become columns of 0 and 1
    (the 100 most frequent of each text), blank numbers the mean, and numbers are scaled.

    Parameters
    ----------
    estimator
        A scikit-learn classifier with ``predict_proba``, fitted or not.
    params
        Settings that differ from its own.

    Raises
    ------
    LeadScoreError
        If it is no such classifier, or has no such setting.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> wrap_estimator(LogisticRegression()).estimator.steps[-1][1]
    LogisticRegression()
    """
    if isinstance(estimator, type) or not callable(getattr(estimator, "get_params", None)):
        called = f"{estimator.__name__}()" if isinstance(estimator, type) else "RandomForestClassifier()"
        raise LeadScoreError(f"An estimator of scikit-learn's kind was expected, such as {called}; got {estimator!r}.")
    name = type(estimator).__name__
    if not (is_classifier(estimator) and hasattr(estimator, "predict_proba")):
        raise LeadScoreError(
            f"{name} gives no probabilities, which a propensity is. Give a classifier with predict_proba, or wrap it "
            "in CalibratedClassifierCV."
        )
    own = clone(estimator)
    try:
        own.set_params(**params or {})
    except ValueError as error:
        raise LeadScoreError(f"{name} has no setting of one of these names: {', '.join(params or {})}.") from error
    if isinstance(own, CalibratedMargin):
        return own
    return AnyClassifier(own if takes_blanks(own) else make_pipeline(_plain_columns(own), own))


def _plain_columns(estimator: Any) -> Any:
    """Return what makes numbers without blanks of the columns of `LeadFeatures`."""
    levels = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5, max_categories=100)
    return make_column_transformer(
        (levels, LEVELS),
        (make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), NUMBERS),
        sparse_threshold=0.3 if get_tags(estimator).input_tags.sparse else 0,
    )
