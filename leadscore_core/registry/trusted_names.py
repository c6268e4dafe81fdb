"""What a model may be made of: every class and function that a pickle may name, one by one.

Nothing is trusted by the beginning of its name. What stands here makes values and holds them; nothing of it reads
files, starts processes, imports modules or looks up attributes by a name that it is given.
"""

from contextlib import suppress
from enum import StrEnum

from leadscore_core.config import load_extensions, load_settings
from leadscore_core.errors import LeadScoreError
from leadscore_core.model.derived_features import FEATURES


class Use(StrEnum):
    """What a pickle may do with a name: make an object of the class, or also call it with arguments."""

    MADE = "made"
    CALLED = "called"


_OURS = {
    "leadscore_core.outcome": "OutcomeWords",
    "leadscore_core.config": "GradeThresholds TargetMetrics",
    "leadscore_core.data.schema.schema": "Column FlagWords LeakAnswer LeadSchema OutcomeWords",
    "leadscore_core.model.algorithms": "CatBoost",
    "leadscore_core.model.any_classifier": "AnyClassifier",
    "leadscore_core.model.blend": "BlendClassifier",
    "leadscore_core.model.calibrated_margin": "CalibratedMargin",
    "leadscore_core.model.classifier": "Calibrator LeadClassifier",
    "leadscore_core.model.cleaner": "LeadCleaner",
    "leadscore_core.model.derived_features": "DerivedFeature",
    "leadscore_core.model.exact_contributions": "ExactContributions",
    "leadscore_core.model.features": "LeadFeatures",
    "leadscore_core.model.lead_headers": "LeadHeaders",
    "leadscore_core.model.observed_rates": "Observed Ranges RangeWords",
    "leadscore_core.model.scorecard": "Scorecard",
    "leadscore_core.model.segment_classifier": "SegmentClassifier Segments",
}
_THEIRS = {
    "catboost.core": "CatBoostClassifier",
    "collections": "OrderedDict",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "lightgbm.basic": "Booster",
    "lightgbm.sklearn": "LGBMClassifier LGBMRegressor",
    "numpy": "bool float32 float64 int32 int64 ndarray str_",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64",
    "numpy.random.bit_generator": "SeedSequence",
    "pandas": "DataFrame Index RangeIndex Series",
    "pandas.arrays": "ArrowStringArray",
    "sklearn._loss.link": "Interval LogitLink",
    "sklearn._loss.loss": "HalfBinomialLoss",
    "sklearn.calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration",
    "sklearn.compose._column_transformer": "ColumnTransformer make_column_selector",
    "sklearn.discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy": "DummyClassifier",
    "sklearn.ensemble._bagging": "BaggingClassifier",
    "sklearn.ensemble._forest": "ExtraTreesClassifier RandomForestClassifier",
    "sklearn.ensemble._gb": "GradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": "HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._stacking": "StackingClassifier",
    "sklearn.ensemble._voting": "VotingClassifier",
    "sklearn.ensemble._weight_boosting": "AdaBoostClassifier",
    "sklearn.feature_selection._from_model": "SelectFromModel",
    "sklearn.gaussian_process._gpc": "GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels": "ConstantKernel Product RBF",
    "sklearn.impute._base": "SimpleImputer",
    "sklearn.isotonic": "IsotonicRegression",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier",
    "sklearn.model_selection._classification_threshold": "FixedThresholdClassifier",
    "sklearn.model_selection._split": "KFold StratifiedKFold",
    "sklearn.multiclass": "OneVsRestClassifier",
    "sklearn.naive_bayes": "BernoulliNB ComplementNB GaussianNB MultinomialNB",
    "sklearn.neighbors._classification": "KNeighborsClassifier RadiusNeighborsClassifier",
    "sklearn.neighbors._nearest_centroid": "NearestCentroid",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.pipeline": "FeatureUnion Pipeline",
    "sklearn.preprocessing._data": "MaxAbsScaler MinMaxScaler PowerTransformer QuantileTransformer RobustScaler "
    "StandardScaler",
    "sklearn.preprocessing._discretization": "KBinsDiscretizer",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures SplineTransformer",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.semi_supervised._label_propagation": "LabelPropagation LabelSpreading",
    "sklearn.svm._classes": "LinearSVC NuSVC SVC",
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
    "sklearn.utils._bunch": "Bunch",
    "scipy.interpolate._bsplines": "BSpline",
}
# what pickles of these libraries call with arguments, or hold as a function; `SUBSTITUTES` of `unpickling` stand in for
# those that would take more than such a pickle gives them
_CALLED = {
    "builtins": "bytearray complex frozenset set slice",
    "collections": "defaultdict",
    "datetime": "date datetime timedelta timezone",
    "functools": "partial",
    "leadscore_core.data.schema.schema": "Role",
    "leadscore_core.model.algorithms": "merge_rare",
    "numpy": "dtype",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random.bit_generator": "__pyx_unpickle_SeedSequence",
    "pandas": "StringDtype",
    "pandas._libs.internals": "_unpickle_block",
    "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
    "pandas.core.indexes.base": "_new_Index",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pyarrow.lib": "_restore_array py_buffer type_for_alias",
    "pydantic_core._pydantic_core": "TzInfo",
    "sklearn._loss._loss": "CyHalfBinomialLoss",
    "sklearn.metrics._dist_metrics": "EuclideanDistance64 newObj",
    "sklearn.neighbors._ball_tree": "BallTree newObj",
    "sklearn.neighbors._kd_tree": "KDTree newObj",
    "sklearn.tree._tree": "Tree",
    "sklearn.utils.validation": "check_array",
}


def _named(listed: dict[str, str]) -> set[tuple[str, str]]:
    return {(module, name) for module, names in listed.items() for name in names.split()}


TRUSTED: dict[tuple[str, str], Use] = {
    **dict.fromkeys(_named(_OURS) | _named(_THEIRS), Use.MADE),
    **dict.fromkeys(_named(_CALLED), Use.CALLED),
}


def use_of(module: str, name: str) -> Use | None:
    """Return what a pickle may do with a name; None where it is not trusted.

    Beside `TRUSTED` these are the setting ``trusted_classes``, and the functions of features that the settings'
    extensions registered.

    Examples
    --------
    >>> use_of("sklearn.pipeline", "Pipeline"), use_of("os", "system")
    (<Use.MADE: 'made'>, None)
    """
    listed = TRUSTED.get((module, name))
    if listed is not None:
        return listed
    settings = load_settings()
    if f"{module}.{name}" in settings.trusted_classes:
        return Use.CALLED
    return Use.CALLED if settings.extensions and (module, name) in _registered() else None


def _registered() -> set[tuple[str, str]]:
    """Return the functions of the features that the settings' extensions registered."""
    with suppress(LeadScoreError):  # what is lacking is named where the model is loaded
        load_extensions()
    functions = (feature.compute for feature in FEATURES.values())
    return {(f.__module__, f.__qualname__) for f in functions if hasattr(f, "__qualname__")}
