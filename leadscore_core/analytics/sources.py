"""Sources: which groups of leads convert, what their leads explain of it, and where targeting is off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import check_may
from leadscore_core.analytics.dimension_names import (
    TIMES,
    match_dimension,
    name_dimension,
    name_segments,
    offered_dimensions,
    segment_values,
    show_value,
    targeted_dimensions,
    text_rows,
)
from leadscore_core.analytics.expectations import caution_expectations, is_made_up
from leadscore_core.analytics.statistics.decomposition import GapSplit, gaps_alone, split_gaps
from leadscore_core.analytics.statistics.rates import FEW, UNJUDGED, compare_periods, rate_groups
from leadscore_core.analytics.statistics.segments import LEAST_LEADS, find_segments
from leadscore_core.analytics.statistics.unions import order_by_gain
from leadscore_core.config import Settings, load_settings
from leadscore_core.data.schema.schema import CITY_TIER, LeadSchema, Role
from leadscore_core.data.schema.schema_files import is_shipped
from leadscore_core.errors import LeadScoreError, StorageError
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.outcomes import OutcomeStore
from leadscore_core.storage.database.preferences import grade_preference
from leadscore_core.storage.leads.dimensions import CAPPED
from leadscore_core.storage.leads.filters import LeadFilter
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.source_table import OTHERS, SourceTable
from leadscore_core.storage.leads.standing import Standing

Counted = Literal["completed", "expected"]
LEAST_KNOWN = 40
MOST_GROUPS = 200
MOST_JUDGED = 24
MOST_LEVELS = 7
MOST_MAIN = 3
MOST_FACTORS = 6
_MOST_CELLS = 20_000
EVERYBODY = LeadFilter(section="all")


def is_known(counted: Counted) -> bool:
    """Tell whether outcomes are counted that are known, not such as are expected."""
    return counted == "completed"


@dataclass(frozen=True)
class SourceView:
    """Leads to be counted.

    Attributes
    ----------
    name
        What these leads are, for people.
    table
        The leads.
    schema
        What their columns mean.
    dimensions
        What they can be grouped by -> its human name.
    made_up
        Whether a model that scored them learned from made-up leads.
    doubts
        What must be said of the leads themselves.
    """

    name: str
    table: SourceTable
    schema: LeadSchema
    dimensions: dict[str, str]
    made_up: bool = False
    doubts: tuple[str, ...] = ()

    def first(self, role: Role) -> str | None:
        """Return the column with a role, if the leads have it."""
        return next((c.name for c in self.schema.with_role(role) if c.name in self.dimensions), None)

    @property
    def words(self) -> OutcomeWords:
        """What the outcome of these leads is called."""
        return self.schema.outcome

    def counted_words(self) -> dict[Counted, str]:
        """Return what can be counted -> what people call it."""
        return {"completed": capital(self.words.done), "expected": f"{self.words.title} expected"}

    def cautions(self, chosen: LeadFilter) -> list[str]:
        """Return what must be said of the outcomes that are expected of a filter's leads."""
        return list(caution_expectations(self.table, chosen, made_up=self.made_up).values())

    @property
    def default(self) -> str:
        """What to group by at first: the source, or whatever there is."""
        return next(iter([*self.main, *self.dimensions]))

    @property
    def main(self) -> list[str]:
        """What the leads are told apart by first: source, medium and platform, or the schema's categories."""
        named = [self.first(role) for role in (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)]
        return [d for d in named if d is not None] or self.categories[:MOST_MAIN]

    @property
    def categories(self) -> list[str]:
        """The schema's categories that the leads have, then its flags, without what a person left out."""
        found = [*self.schema.with_role(Role.CATEGORY), *self.schema.with_role(Role.FLAG)]
        return [c.name for c in found if c.name in self.dimensions and c.name not in self.schema.left_out]

    def is_ordered(self, dimension: str) -> bool:
        """Tell whether a dimension's values have an order of their own."""
        return dimension in TIMES or dimension.startswith(CAPPED) or dimension == CITY_TIER

    def shown(self, dimension: str, value: str | None) -> str:
        """Return a value as people read it."""
        return show_value(dimension, value, self.schema)


@dataclass(frozen=True)
class Scope:
    """What a person looks at.

    Attributes
    ----------
    by, across
        What to group by, and what to cross it with, if anything.
    counted
        What is counted.
    chosen
        Which leads.
    before
        Leads of a period to compare with, if any.
    factors
        What groups' leads are compared by; `gap_factors` if not given.
    """

    by: str
    across: str | None = None
    counted: Counted = "completed"
    chosen: LeadFilter = EVERYBODY
    before: LeadFilter | None = None
    factors: tuple[str, ...] | None = None

    @property
    def is_known(self) -> bool:
        """Whether outcomes are counted that are known, not such as are expected."""
        return is_known(self.counted)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """One dimension or two."""
        return (self.by,) if self.across is None else (self.by, self.across)


def open_sources(batches: Sequence[Batch], schema: LeadSchema, *, settings: Settings | None = None) -> SourceView:
    """Open batches as one, with the outcomes that came back.

    Parameters
    ----------
    batches
        One or more, read by one schema.
    schema
        What their columns mean.

    Raises
    ------
    StorageError
        If a file or the database is gone, or they were read by another schema.
    NotPermittedError
        If whoever asks may not see rates. Who may not see few leads by themselves sees them taken together.
    """
    person = check_may(Action.SEE_GROUPS)
    settings = settings or load_settings()
    smallest = 1 if person.may(Action.SEE_SMALL_GROUPS) else settings.access.smallest_group
    other = next((batch for batch in batches if batch.schema_name != schema.name), None)
    if other is not None:
        raise StorageError(f"{other.name} has other columns than {schema.title}. Look at it by itself.")
    standing = Standing(grades=grade_preference(settings, schema).current().value)
    outcomes = OutcomeStore(settings)
    came = [outcomes.current(batch) for batch in batches]
    tables = [LeadTable.by_schema(batch.scores_path, standing, schema) for batch in batches]
    table = SourceTable(tables, [known.path if known else None for known in came], smallest)
    name = batches[0].name if len(batches) == 1 else f"{batches[0].name} and {len(batches) - 1} more"
    made_up = is_made_up(settings.models_dir, (batch.scoring.model_id for batch in batches))
    return make_view(name, table, schema, made_up=made_up)


def make_view(name: str, table: SourceTable, schema: LeadSchema, *, made_up: bool = False) -> SourceView:
    """Return a view of a table, with what it can be grouped by."""
    known = {d: name_dimension(d, schema) for d in offered_dimensions(schema) if table.has(d)}
    if not known:
        named = () if is_shipped(schema.name) else schema.with_role(Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
        needed = ", ".join(column.human.lower() for column in named) or "category"
        raise LeadScoreError(f"These leads have nothing to group by. Bring a list with a {needed}, a city or a date.")
    return SourceView(name, table, schema, known, made_up)


def choose_counted(view: SourceView, chosen: LeadFilter = EVERYBODY) -> Counted:
    """Return what to count at first: known outcomes where there are 40, or nothing is scored; else expected ones."""
    totals = view.table.totals(chosen)
    return "completed" if totals["known"] >= LEAST_KNOWN or (totals["known"] and not totals["expected"]) else "expected"


def count_outcomes(counts: pd.DataFrame, counted: Counted) -> pd.DataFrame:
    """Add ``n`` and ``k`` to counts of groups: leads whose outcome is known and who converted, or what is expected.

    Of leads that the model learned from, nothing is expected but by models that had not seen them.
    """
    n, k = ("known", "completed") if counted == "completed" else ("foreseen", "expected")
    return counts.assign(n=counts[n], k=counts[k])


@dataclass(frozen=True)
class Rates:
    """Groups with their rates.

    Attributes
    ----------
    by
        One dimension or two.
    counted
        What is counted.
    table
        One row a group, the largest first: the dimensions' values (NaN where blank), ``name`` for people, counts (see
        `SourceTable.groups`), ``n``, ``k``, what `rate_groups` tells and, where two periods are compared, what
        `compare_periods` tells under ``before_..``. What is beyond the largest groups is one row, `OTHERS`.
    totals
        Counts of all leads, ``n`` and ``k`` among them.
    groups
        How many groups there are in all.
    """

    by: tuple[str, ...]
    counted: Counted
    table: pd.DataFrame
    totals: pd.Series
    groups: int

    @property
    def is_known(self) -> bool:
        """Whether outcomes are counted that are known, not such as are expected."""
        return is_known(self.counted)

    @property
    def average(self) -> float:
        """Rate of all leads, 0-1, NaN where there is none."""
        return float(self.totals["k"] / self.totals["n"]) if self.totals["n"] else float("nan")

    def ranked(self) -> pd.DataFrame:
        """Return the groups, the highest shrunken rate first; those too small to tell come after, what is left last."""
        last, few = self.table[self.by[0]] == OTHERS, self.table["verdict"] == FEW
        order = self.table.assign(last=last, unknown=self.table["n"] == 0, few=few)
        keys = ["last", "unknown", "few", "shrunk"]
        return order.sort_values(keys, ascending=[True, True, True, False], kind="stable").drop(columns=keys[:3])


def rate_by(
    view: SourceView,
    by: Sequence[str],
    chosen: LeadFilter,
    counted: Counted,
    *,
    before: LeadFilter | None = None,
    most: int = MOST_GROUPS,
) -> Rates:
    """Return the rates of groups.

    Parameters
    ----------
    by
        One dimension or two.
    before
        Leads of another period to compare with.
    most
        Groups that are told apart.

    Raises
    ------
    StorageError
        If there is no such dimension, or a file cannot be read.
    """
    counts = view.table.groups(by, chosen)
    totals = count_outcomes(view.table.totals(chosen).to_frame().T, counted).iloc[0]
    many = len(counts) if len(by) > 1 else view.table.count_values(by[0], chosen)
    shown = counts.head(most)
    if many > most:
        rest = totals.drop(["n", "k"]) - shown.drop(columns=list(by)).sum()
        left = rest.to_frame().T.assign(**dict.fromkeys(by, OTHERS))
        shown = pd.concat([shown, left], ignore_index=True).astype(shown.dtypes.to_dict())
    shown = count_outcomes(shown, counted)
    result = rate_groups(shown, float(totals["k"]), float(totals["n"]))
    if counted == "expected":
        result = result.assign(verdict=UNJUDGED, more=0, p=float("nan"), q=float("nan"))
    table = pd.concat([shown, result], axis=1)
    if before is not None:
        then = _same_groups(view, by, before, shown, counted)
        change = compare_periods(table.set_index(list(by)), then)
        change.columns = pd.Index([f"before_{name.removesuffix('_before')}" for name in change.columns])
        table = pd.concat([table, change.reset_index(drop=True)], axis=1)
    names = [" × ".join(view.shown(d, v) for d, v in zip(by, row, strict=True)) for row in text_rows(table, by)]
    table.insert(0, "name", pd.Series(names, index=table.index, dtype="str"))
    return Rates(tuple(by), counted, table, totals, many)


def _same_groups(
    view: SourceView, by: Sequence[str], chosen: LeadFilter, shown: pd.DataFrame, counted: Counted
) -> pd.DataFrame:
    """Count other leads in the groups that are shown, those beyond them taken together, indexed by group."""
    counts = count_outcomes(view.table.groups(by, chosen, most=None), counted).set_index(list(by))[["n", "k"]]
    in_table = shown.set_index(list(by)).index
    then = counts[counts.index.isin(in_table)]
    if OTHERS in set(shown[by[0]]):
        rest = counts.drop(then.index).sum()
        then.loc[OTHERS if len(by) == 1 else (OTHERS,) * len(by)] = rest
    return then


def explain_gaps(
    view: SourceView, by: str, chosen: LeadFilter, counted: Counted, factors: Sequence[str] | None = None
) -> GapSplit:
    """Split the gap of each group to the average into the composition of its leads and a residual (see `split_gaps`).

    The factors are those of `gap_factors` if none are given. Groups beyond the largest 24
    are taken as one, and so are platforms beyond seven; fewer are told apart where their combinations would be more
    than 20,000. Of what is expected alone, nothing is split: that would take the model's own output apart.
    """
    factors = gap_factors(view, by) if factors is None else [d for d in factors if d != by]
    groups, months, levels = MOST_JUDGED, 12, MOST_LEVELS
    while True:
        levels_of = {by: view.table.values(by, chosen, groups)}
        for factor in factors:
            levels_of[factor] = view.table.values(factor, chosen, months if factor == "ls_month" else levels)
        found = view.table.groups([by, *factors], chosen, levels=levels_of, most=None, worked_with=True)
        cells = count_outcomes(found, counted)
        if len(cells) <= _MOST_CELLS or levels <= 2:
            return split_gaps(cells, by, factors) if counted == "completed" else gaps_alone(cells, by, factors)
        groups, months, levels = max(8, groups - 8), max(3, months // 2), levels - 2


def gap_factors(view: SourceView, by: str) -> list[str]:
    """Return what a group's leads are compared by, if nobody chooses otherwise.

    Platform, city tier, month, counts and flags; without a source, the schema's categories come first.
    """
    offered = [view.first(Role.PLATFORM), CITY_TIER, "ls_month"]
    offered += [CAPPED + c.name for c in view.schema.with_role(Role.COUNT)]
    offered += [c.name for c in view.schema.with_role(Role.FLAG)]
    known = [dimension for dimension in offered if dimension in view.dimensions and dimension != by]
    if view.first(Role.SOURCE) is not None:
        return known
    return [d for d in dict.fromkeys([*view.categories, *known]) if d != by][:MOST_FACTORS]


def find_far_segments(view: SourceView, chosen: LeadFilter, counted: Counted) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the segments far below and far above the average (see `find_segments`), with ``name``.

    They overlap, and are ordered by what each adds beyond the ones before it (see `order_by_gain`). Of what is expected
    alone nothing is tested.
    """
    dimensions = targeted_dimensions(view.dimensions, view.schema, view.categories)
    groups = count_outcomes(view.table.pairs(dimensions, chosen, LEAST_LEADS), counted)
    totals = count_outcomes(view.table.totals(chosen).to_frame().T, counted).iloc[0]
    below, above = find_segments(groups, float(totals["k"]), float(totals["n"]), tested=counted == "completed")
    named = [found.assign(name=name_segments(found, view.dimensions, view.schema)) for found in (below, above)]
    average = float(totals["k"] / totals["n"]) if totals["n"] else 0.0
    ordered = [
        order_by_gain(found, count_outcomes(view.table.overlaps(segment_values(found), chosen), counted), average)
        for found in named
    ]
    return ordered[0], ordered[1]


def find_dimension(view: SourceView, name: str) -> str:
    """Return the dimension that a person means by its name, human name or role.

    Raises
    ------
    LeadScoreError
        If there is none, with those that there are.
    """
    found = match_dimension(name, view.dimensions, view.schema)
    if found is not None:
        return found
    offered = ", ".join(human.lower() for human in view.dimensions.values())
    raise LeadScoreError(f"These leads cannot be grouped by {name!r}. Choose from: {offered}.")
