"""What is known about a model: one JSON file beside its pickle.

`FORMAT_VERSION` changes whenever an older LeadScore could misread a folder written by a newer one. To change it:
raise the number, write what changed here, and let `ModelRegistry.load` go on reading the older ones.

1
    First format.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from leadscore_core.config import GradeThresholds, TargetMetrics
from leadscore_core.days import say_day
from leadscore_core.model.measures import MEASURES, Measure
from leadscore_core.model.who_was_called import WhoWasCalled

FORMAT_VERSION = 1
_FOLDS = 5
LIGHTGBM = "lightgbm"  # the algorithm of models that name none
BLEND = "blend"
OWN = "own"  # an estimator that somebody gave
EXACT, SCALED, SAMPLED = "exact", "scaled", "sampled"
REASON_WORDS = {
    EXACT: "its reasons are exact",
    SCALED: "its reasons are exact in probability, and carried to log-odds in proportion",
    SAMPLED: "its reasons are sampled",
}


class TrainingSummary(BaseModel):
    """What a model was trained on.

    ``weight`` is the sum of the leads' weights, None where they had none; ``name`` those of their files, ``headers``
    the header of each input there.
    """

    rows: int
    left_out: int
    base_rate: float
    period_start: datetime | None
    period_end: datetime | None
    sha256: str
    note: str = ""
    synthetic: bool = False
    weight: float | None = None
    name: str = ""
    headers: dict[str, str] = {}


class ColumnAudit(BaseModel):
    """One column that was left out of training, or is asked about: why, and the AUC of a quick model with and without.

    ``column`` is its header, ``kind`` that of `LeakFinding`; the AUCs are None where they were not measured, ``auc`` is
    that of the column alone. ``is_answered`` says that a person said of it that it is known before the first call,
    ``is_read`` that the model learns from it unless it is left out. ``answer`` is what a person answered ("left out",
    "known before", or nothing), ``by`` and ``at`` who and when, as far as that is known.
    """

    column: str
    why: str
    left_out: bool
    auc_with: float | None = None
    auc_without: float | None = None
    is_answered: bool = False
    is_read: bool = True
    kind: str = ""
    auc: float | None = None
    answer: str = ""
    by: str = ""
    at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is learned from although nobody has said that it is known before the first call."""
        return self.is_read and not self.left_out and not self.is_answered

    @property
    def answer_in_words(self) -> str:
        """What was answered by whom and when, or what became of it without an answer."""
        if not self.answer:
            return "not answered; left out, on this evidence" if self.left_out else "not answered; read"
        words = "to be left out" if self.answer == "left out" else "known before the first call"
        when = f", {say_day(self.at)}" if self.at else ""
        return f"{words} ({self.by or 'no name given'}{when})"

    @property
    def worth(self) -> str:
        """Both AUCs in words; empty where they were not measured."""
        if self.auc_with is None or self.auc_without is None:
            return ""
        return f"AUC with it {self.auc_with:.3f}, without {self.auc_without:.3f}"


class SegmentJudgement(BaseModel):
    """One level of a column: the AUC among its leads of the model of all leads and of a model of its own, in folds.

    ``low`` and ``high`` are the ends of the interval of the difference; ``level`` is in lower case, ``human`` as
    written.
    """

    level: str
    human: str
    leads: int
    completed: int
    auc_whole: float
    auc_own: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether a model of its own beats that of all leads."""
        return self.low > 0

    @property
    def words(self) -> str:
        """Both AUCs and the difference with its interval."""
        return (
            f"{self.human} (n = {self.leads:,}; AUC {self.auc_own:.3f} against {self.auc_whole:.3f}, difference "
            f"{self.low:+.3f} to {self.high:+.3f})"
        )


class SegmentModels(BaseModel):
    """Which levels of a column have a model of their own; ``too_few`` levels have less than ``least`` leads of each."""

    column: str
    human: str
    least: int
    too_few: int = 0
    judged: list[SegmentJudgement] = []

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels with a model of their own, in lower case."""
        return tuple(one.level for one in self.judged if one.is_better)

    @property
    def sentences(self) -> list[str]:
        """What came of it, in sentences."""
        better = "; ".join(one.words for one in self.judged if one.is_better)
        others = "; ".join(one.words for one in self.judged if not one.is_better)
        own = f"a model of its own for {better}" if better else "no value gets a model of its own"
        said = [f"{self.human}: {own}."]
        if others:
            said.append(f"No better for certain, so that the model of all leads is used: {others}.")
        if self.too_few:
            many = "1 value has" if self.too_few == 1 else f"{self.too_few:,} values have"
            said.append(f"{many} fewer than {self.least} leads of either outcome, too few for a model of their own.")
        return said


class ModelMetadata(BaseModel):
    """Everything about a model but its pickle.

    ``is_relative`` says that its company named no targets: it is to be better than the base rate and than the model
    in use, and ``targets`` are those of the base rate. ``metrics`` holds the blocks ``cross_validation`` and
    ``next_period`` of contracts, each with the split it was measured on; ``column_costs`` the loss of AUC,
    out-of-sample, where a list lacks a column; ``excluded`` the input columns that were left out of training, with
    the reason; ``audit`` those and the columns asked about, with their AUCs and what was answered, ``was_audited``
    whether anybody looked (None in models that do not say); ``cautions`` what to mind of it, in
    sentences; ``importance`` a column's share (0-1) of what the splits gained (of the mean absolute contributions
    where the model is not LightGBM's), as mean and standard deviation over the folds; ``measures`` the figures that
    people are shown; ``algorithm`` the name of `Algorithm`, and ``algorithm_human`` what people read;
    ``reasons`` how its contributions are computed (`EXACT`, `SCALED` or `SAMPLED`; empty in models that do not say);
    ``identity_key`` that of the hashes by which it knows its leads again; ``segments`` which leads have a model of
    their own, None where nobody asked for that; ``calls`` who of its leads was called, None where nothing says it.
    """

    model_config = ConfigDict(protected_namespaces=())

    format_version: int = FORMAT_VERSION
    model_id: str
    created_at: datetime
    schema_name: str
    schema_version: int
    features: dict[str, str]
    parameters: dict[str, Any]
    threshold: float
    grades: GradeThresholds
    targets: TargetMetrics
    meets_targets: bool
    is_relative: bool = False
    calibration: dict[str, Any]
    metrics: dict[str, Any]
    column_costs: dict[str, float]
    training_data: TrainingSummary
    excluded: dict[str, str] = {}
    audit: list[ColumnAudit] = []
    was_audited: bool | None = None
    cautions: list[str] = []
    importance: dict[str, tuple[float, float]] = {}
    measures: dict[str, Measure] = MEASURES
    algorithm: str = LIGHTGBM
    algorithm_human: str = "LightGBM"
    reasons: str = ""
    libraries: dict[str, str]
    git_commit: str | None
    identity_key: str = ""
    segments: SegmentModels | None = None
    calls: WhoWasCalled | None = None
    pickle_sha256: str = ""

    @property
    def among(self) -> str:
        """Of whom its figures speak, such as "among called leads"; empty where that is all leads."""
        return "" if self.calls is None else self.calls.among

    @property
    def has_exact_reasons(self) -> bool:
        """Whether its contributions are exact."""
        return self.reasons == EXACT or (not self.reasons and self.algorithm in {LIGHTGBM, BLEND})

    @property
    def are_reasons_sampled(self) -> bool:
        """Whether each contribution is an estimate."""
        return not self.has_exact_reasons and self.reasons != SCALED

    @property
    def reasons_in_words(self) -> str:
        """How its contributions are computed, such as "its reasons are exact"."""
        return REASON_WORDS[EXACT if self.has_exact_reasons else self.reasons or SAMPLED]

    @property
    def open_questions(self) -> list[str]:
        """Columns of which nobody has said that they are known before the first call: why it is asked, both AUCs."""
        return self.questions_about({})

    def questions_about(self, humans: Mapping[str, str]) -> list[str]:
        """Return the open questions with the columns under names for people, as far as these are given by header."""
        asked = (one for one in self.audit if one.is_open)
        return [
            f"{humans.get(one.column, one.column)}: {one.why}{f' {one.worth}.' if one.worth else ''}" for one in asked
        ]


def beats_base_rate(crossed: Mapping[str, Any]) -> bool:
    """Tell whether a model is better than giving every lead the base rate, by its figures in folds.

    Its AUC is to lie above 0.5 by two standard errors of the mean of five folds, and its Brier score below that of the
    base rate.

    Examples
    --------
    >>> block = {"auc": 0.62, "auc_std": 0.03, "brier": 0.17, "base_rate": 0.25}
    >>> beats_base_rate(block), beats_base_rate(block | {"auc": 0.51}), beats_base_rate(block | {"brier": 0.19})
    (True, False, False)
    """
    brier, base = crossed.get("brier"), crossed.get("base_rate")
    return orders_better(crossed) and (brier is None or base is None or bool(brier < base * (1 - base)))


def orders_better(crossed: Mapping[str, Any]) -> bool:
    """Tell whether a model's order of leads is better than chance: its AUC in folds above 0.5 by two standard errors.

    Examples
    --------
    >>> orders_better({"auc": 0.62, "auc_std": 0.03}), orders_better({"auc": 0.51, "auc_std": 0.03})
    (True, False)
    """
    auc = crossed.get("auc")
    return auc is not None and bool(auc - 2 * (crossed.get("auc_std") or 0.0) / _FOLDS**0.5 > 0.5)
