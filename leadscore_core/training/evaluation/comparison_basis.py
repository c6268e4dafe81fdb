"""The basis of a comparison: on which leads two models are compared, by predictions that neither learned from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leadscore_core.data.sentence import Sentence
from leadscore_core.model.lead_model import LeadModel
from leadscore_core.training.enough import is_enough
from leadscore_core.training.evaluation.gates_and_curves import own_thresholds
from leadscore_core.training.evaluation.seen_leads import seen_in_training
from leadscore_core.training.evaluation.unseen_propensity import predictions_by_lead
from leadscore_core.training.fit import Recipe, judge_fold
from leadscore_core.training.folds import Fold, repeated_folds, rolling_months
from leadscore_core.training.parallel import ROWS_WORTH_PROCESSES, run_on_shared
from leadscore_core.training.segment_models import chosen_segments
from leadscore_core.training.training_data import TrainingData

_WHERE = "Retrain, against the model in use: on what the two are compared"
BASES: dict[str, Sentence] = {
    "forward": Sentence(
        _WHERE,
        "leads have dates, and months after the training of the model in use can be judged",
        "{n} leads of {months} that the model in use has not learned from. It is judged as it stands, this "
        "one by models that were trained on the leads before each month",
        {"n": "13,137", "months": "September 2021 to January 2022"},
    ),
    "forward_out_of_fold": Sentence(
        _WHERE,
        "leads have dates, and the model in use was trained on the same leads",
        "{n} leads of {months}, each month judged by models that were trained on the leads before it, as "
        "both were when they were trained on these leads",
        {"n": "13,137", "months": "September 2021 to January 2022"},
    ),
    "forward_refit": Sentence(
        _WHERE,
        "leads have dates, and the model in use has learned from leads of all months that can be judged",
        "{n} leads of {months}, each month judged by models that were trained on the leads before it. The "
        "model in use has learned from leads of these months, so a refit of its recipe stands for it",
        {"n": "13,137", "months": "September 2021 to January 2022"},
    ),
    "unseen": Sentence(
        _WHERE,
        "no month can be judged, or beside the months: leads that the model in use has not learned from",
        "{n} leads in random folds that the model in use has not learned from. It is judged as it stands, "
        "this one by models that know other leads of the same time, which flatters it",
        {"n": "9,703"},
    ),
    "out_of_fold": Sentence(
        _WHERE,
        "no month can be judged, or beside the months: the model in use was trained on the same leads",
        "{n} leads in random folds, by the predictions that both models kept when they were trained on them",
        {"n": "9,703"},
    ),
    "refit": Sentence(
        _WHERE,
        "no month can be judged, and the model in use has learned from nearly all of these leads",
        "{n} leads in random folds. The model in use was trained on them, so a refit of its recipe in the "
        "same folds stands for it",
        {"n": "9,703"},
    ),
}
STANDS = Sentence(
    "Retrain, against the model in use: leads that change grade",
    "the model in use has learned from nearly all of these leads, and kept no predictions of them",
    "{n} leads, by both models as they stand; both have learned from leads among them",
    {"n": "1,280"},
)
_FOLDS, _MONTHS = "cross_validation", "next_period"
_MOST = 0.9  # of the leads judged, that the champion has predictions of
_COLUMNS = ["row", "fold", "propensity", "threshold"]


@dataclass(frozen=True, eq=False)
class Basis:
    """Leads, and what each of two models says of them without having learned from them.

    Attributes
    ----------
    name
        Of `BASES`.
    rows
        Positions among the leads that have an outcome.
    folds
        Month or fold of each, by which models of their own judged; None where all are judged as one.
    champion, challenger
        Propensities (0-1).
    thresholds
        Of the champion and of the challenger, one a lead.
    """

    name: str
    rows: np.ndarray
    folds: np.ndarray | None
    champion: np.ndarray
    challenger: np.ndarray
    thresholds: tuple[np.ndarray, np.ndarray]

    @property
    def is_forward(self) -> bool:
        """Whether months are judged, each by models of the leads before it."""
        return self.name.startswith("forward")

    @property
    def words(self) -> str:
        """On what the models are compared, in a sentence or two without the last full stop."""
        months = [] if self.folds is None else [str(fold) for fold in pd.unique(self.folds)]
        return BASES[self.name](n=f"{len(self.rows):,}", months=_months(months))


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models and the leads, with an outcome each, that the challenger was trained on."""

    known: TrainingData
    fingerprint: str
    challenger: LeadModel
    champion: LeadModel
    seed: int = 0

    def bases(self) -> list[Basis]:
        """Return on what the models are compared, and what stands beside it.

        Where leads have dates, on months after the training of both: the champion as it stands where it has not learned
        from them, by its out-of-fold predictions where it was trained on the same leads, else by a refit of its recipe
        before each month. Random folds stand beside, and alone where no month can be judged.
        """
        forward = next(self._forward(), None)
        folds = next(self._in_folds(may_refit=forward is None), None)
        return [basis for basis in (forward, folds) if basis is not None]

    @property
    def lacking(self) -> list[str]:
        """Inputs of the champion that these leads do not have, without which no refit can stand for it."""
        there = set(self.known.columns.columns)
        learned = set(self.champion.features.columns_)
        inputs = self.champion.schema.inputs
        return [column.human for column in inputs if column.name in learned and column.name not in there]

    def for_grade_changes(self) -> tuple[Basis, str]:
        """Return by which propensities leads are graded under both models, and on what, in words.

        Of leads that a model learned from, its own out-of-fold predictions; where there are none of the champion, both
        models as they stand on leads that both learned from.
        """
        folds = next(self._in_folds(may_refit=False), None)
        if folds is not None:
            return folds, folds.words
        rows = self._judged(_FOLDS)["row"].to_numpy()
        old, new = (
            model.propensity(self.known.cleaned(model.schema).iloc[rows]) for model in (self.champion, self.challenger)
        )
        both = Basis("stands", rows, None, old, new, (np.zeros(len(rows)), np.zeros(len(rows))))
        return both, STANDS(n=f"{len(rows):,}")

    def _forward(self) -> Iterator[Basis]:
        months, dates = self._judged(_MONTHS), self.known.dates
        if months.empty or dates is None:
            return
        came = dates.iloc[months["row"].to_numpy()].dt.to_period("M")
        trained = self.champion.metadata.training_data
        is_later = np.ones(len(months), dtype=bool)
        if not trained.synthetic:  # made-up leads have no future; of a month begun, the model in use knows more
            end = trained.period_end
            is_later &= end is not None and (came > pd.Period(end, freq="M")).to_numpy()
        rows = months["row"].to_numpy()
        unseen = months[is_later & ~self._seen[rows]]
        knows_more = unseen[unseen["fold"].isin(self._months_knowing_more(dates, unseen["fold"]))]
        yield from self._basis("forward", knows_more, None, all_folds=False)
        yield from self._basis("forward", unseen, None, all_folds=False)
        out_of_fold = self._out_of_fold(_MONTHS)
        if out_of_fold is not None:
            yield from self._basis("forward_out_of_fold", months, out_of_fold, all_folds=False)
            return
        if self.lacking:
            return
        rolling, _ = rolling_months(dates, self.known.outcome)
        judged = set(months["fold"])
        refit = self._refit([month for month in rolling if month.name in judged])
        yield from self._basis("forward_refit", months, refit, all_folds=False)

    def _months_knowing_more(self, dates: pd.Series, folds: pd.Series) -> list[str]:
        """Return months before which the challenger has learned from leads that the champion has not.

        Of the first month after the champion's training both know the same leads; what newer leads bring shows later.
        """
        months, fresh = dates.dt.to_period("M"), ~self._seen
        before = {name: ((months < pd.Period(name, freq="M")).to_numpy() & fresh) for name in folds.unique()}
        return [name for name, rows in before.items() if is_enough(self.known.outcome[rows])]

    def _in_folds(self, *, may_refit: bool) -> Iterator[Basis]:
        crossed = self._judged(_FOLDS)
        yield from self._basis("unseen", crossed[~self._seen[crossed["row"].to_numpy()]], None, all_folds=True)
        out_of_fold = self._out_of_fold(_FOLDS)
        if out_of_fold is not None:
            yield from self._basis("out_of_fold", crossed, out_of_fold, all_folds=True)
        elif may_refit and not self.lacking:
            label, identity = self.known.outcome, self.known.identity
            folds = repeated_folds(label, self._recipe.n_splits, 1, self.seed, identity)
            yield from self._basis("refit", crossed, self._refit(folds), all_folds=True)

    def _basis(
        self, name: str, challenger: pd.DataFrame, champion: pd.DataFrame | None, *, all_folds: bool
    ) -> Iterator[Basis]:
        """Yield a basis if its leads suffice.

        Parameters
        ----------
        champion
            Its predictions by row; as it stands if not given.
        all_folds
            Whether leads are judged as one where a fold has too few of them; else such folds are left out.
        """
        if challenger.empty:
            return
        table = challenger
        if champion is not None:
            table = challenger.merge(champion, on="row", suffixes=("", "_champion"))
        label = self.known.outcome[table["row"].to_numpy()]
        suffices = table["fold"].map(pd.Series(label).groupby(table["fold"].to_numpy()).agg(is_enough)).to_numpy(bool)
        is_one = all_folds and not suffices.all()
        if not is_one:
            table, label = table[suffices], label[suffices]
        if len(table) == 0 or not is_enough(label):
            return
        rows = table["row"].to_numpy()
        if champion is None:
            old = self.champion.propensity(self.known.cleaned(self.champion.schema).iloc[rows])
            old_threshold = np.full(len(rows), self.champion.metadata.threshold)
        else:
            old, old_threshold = (table[f"{c}_champion"].to_numpy() for c in ("propensity", "threshold"))
        yield Basis(
            name,
            rows,
            None if is_one else table["fold"].to_numpy("str"),
            old,
            table["propensity"].to_numpy(),
            (old_threshold, table["threshold"].to_numpy()),
        )

    def _judged(self, split: str) -> pd.DataFrame:
        """Return the challenger's out-of-sample predictions of a split: row, fold, propensity, threshold."""
        return _of_split(self.challenger, split)

    def _out_of_fold(self, split: str) -> pd.DataFrame | None:
        """Return the champion's own, of leads that both were trained on; None where it kept none of most of them."""
        champion = self.champion
        if champion.metadata.training_data.sha256 == self.fingerprint:
            predicted = _of_split(champion, split)
        else:
            cleaned = self.known.cleaned(champion.schema)
            own = predictions_by_lead(champion, cleaned, self.known.identities, split)
            thresholds = own_thresholds(own, champion.metadata.threshold) if len(own) else None
            predicted = own if thresholds is None else own.assign(threshold=thresholds)[_COLUMNS]
        asked = self._judged(split)
        return predicted if len(predicted) and np.isin(asked["row"], predicted["row"]).mean() >= _MOST else None

    @cached_property
    def _seen(self) -> np.ndarray:
        """Which leads the champion has learned from; all where nothing tells."""
        seen = seen_in_training(self.champion, self.known.cleaned(self.champion.schema), self.known.identities)
        return np.ones(len(self.known), dtype=bool) if seen is None else seen

    @property
    def _recipe(self) -> Recipe:
        """How the champion was trained, with all of its own columns."""
        champion = self.champion
        own = champion.own_estimator  # which has its settings already
        given = champion.metadata.parameters.items() if own is None else ()
        params = {name: value for name, value in given if name != "seed"}
        return Recipe(
            champion.schema,
            champion.metadata.targets,
            params,
            n_repeats=1,
            seed=self.seed,
            algorithm=champion.metadata.algorithm,
            segments=chosen_segments(champion.metadata.segments, champion.schema),
            estimator=own,
        )

    def _refit(self, folds: list[Fold]) -> pd.DataFrame:
        """Return what the champion's recipe says of each fold's leads once it has learned from the others."""
        label = self.known.outcome
        shared = (self.known.cleaned(self.champion.schema), label, self.known.identity, self._recipe)
        in_processes = len(label) >= ROWS_WORTH_PROCESSES
        tasks = [(fold, False) for fold in folds]
        judged = [
            pd.DataFrame(
                {
                    "row": result.fold.test,
                    "fold": result.fold.name,
                    "propensity": result.propensity,
                    "threshold": result.metrics.threshold,
                }
            )
            for result in run_on_shared(judge_fold, shared, tasks, in_processes=in_processes)
        ]
        return pd.concat(judged, ignore_index=True)[_COLUMNS]


def _of_split(model: LeadModel, split: str) -> pd.DataFrame:
    judged = model.out_of_sample
    if judged is None or "row" not in judged:
        return pd.DataFrame(columns=_COLUMNS)
    own = judged[judged["split"] == split].drop_duplicates("row")
    own = own.assign(threshold=own_thresholds(own, model.metadata.threshold))
    return own.sort_values("row", kind="stable").reset_index(drop=True)[_COLUMNS]


def _months(names: list[str]) -> str:
    """Return months as people write them, the first to the last."""
    try:
        months = [pd.Period(name, freq="M").strftime("%B %Y") for name in sorted(names)]
    except ValueError:
        return ""
    return " to ".join(dict.fromkeys([*months[:1], *months[-1:]]))
