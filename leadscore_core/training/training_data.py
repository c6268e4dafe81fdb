"""Training data: leads that were cleaned once, with what became of them and by what each is known."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from leadscore_core.data.cleaning.cleaner import clean_with_problems, sum_groups
from leadscore_core.data.cleaning.free_text import contact_words, mask_rare_words
from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.dataset.dataset import LeadList
from leadscore_core.data.label_validation import label_findings
from leadscore_core.data.reading.given_leads import OPEN_IT, expect_kind
from leadscore_core.data.reading.reader import list_files
from leadscore_core.data.reading.row_sample import RowSample
from leadscore_core.data.schema.column_mapping import ColumnMapping, check_required
from leadscore_core.data.schema.schema import CITY_TIER, UNLISTED_TIER, LeadSchema, Role
from leadscore_core.data.validation import row_hashes
from leadscore_core.errors import LabelError
from leadscore_core.training.call_columns import CallCells, CallColumn, choose_called
from leadscore_core.training.calls import Calls, join_calls
from leadscore_core.training.evaluation.seen_leads import hash_identities
from leadscore_core.training.exclusions import AUDITED_ROWS, audit_sample

if TYPE_CHECKING:  # pages look at training data without what trains
    from leadscore_core.training.leakage import LeakFinding

_BLOCKING = frozenset({"label_missing", "label_one_class", "label_no_outcome"})


@dataclass(frozen=True, eq=False, repr=False)
class TrainingData:
    """Leads as training, judging and comparing take them; nothing in them says who a person is.

    Attributes
    ----------
    name
        What they are, in words: the names of their files and batches.
    schema
        What their columns mean.
    columns
        Inputs as cleaned, one row a lead; each counter of an interaction group is a column of its own.
    label
        1 converted, 0 not, NaN where nobody knows (see `settle_outcomes`); float64.
    row_hash
        The same number for rows that repeat each other; uint64.
    identities
        Kind -> one-way hashes by which a lead is known in another file (see `hash_identities`); uint64, 0 for none.
    has_identity
        Whether a timestamp or an id tells leads apart; where neither does, rows may be alike by chance.
    headers
        Column -> its header in the first of the files.
    weight
        What each lead counts as in learning, 0 or more; None where each counts once.
    findings
        Columns that may know the outcome, by their headers (see `audit_leakage`); None where nobody looked.
    calls
        What is known of the calls to them; None where nothing is, and what came of each counts.
    call_columns
        Columns of their files that may say who was called.
    """

    name: str
    schema: LeadSchema
    columns: pd.DataFrame
    label: np.ndarray
    row_hash: np.ndarray
    identities: dict[str, np.ndarray] = field(default_factory=dict)
    has_identity: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    findings: tuple[LeakFinding, ...] | None = None
    weight: np.ndarray | None = None
    calls: Calls | None = None
    call_columns: tuple[CallColumn, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        known = int((~np.isnan(self.label)).sum())
        return f"TrainingData({self.name!r}: {len(self):,} {self.schema.title}, {known:,} with an outcome)"

    @cached_property
    def known(self) -> TrainingData:
        """The leads that are learned from and judged by: those that have an outcome, but a yes whose no is unknown."""
        return self.take(self.is_known)

    @property
    def is_known(self) -> np.ndarray:
        """Which leads these are; of bool."""
        return ~np.isnan(self.label) if self.calls is None else self.calls.settled.is_learned

    @property
    def stands_for(self) -> np.ndarray | None:
        """How many leads each stands for; None where each stands for itself."""
        weight = None if self.calls is None else self.calls.stands_for
        return None if weight is None or (weight == 1).all() else weight

    def settled(self, days: int | None = None) -> TrainingData:
        """Return the leads with the outcomes that follow from who was called, and when.

        Parameters
        ----------
        days
            How long a lead takes to convert: of younger ones nobody knows yet; as before if not given.
        """
        if self.calls is None and not days:
            return self
        calls = self.known_calls
        calls = replace(calls, days=calls.days if days is None else days)
        return replace(self, label=calls.settled.outcome, calls=calls)

    @property
    def known_calls(self) -> Calls:
        """What is known of the calls to them; their age is counted from the newest where nothing else says it."""
        calls, dates = self.calls or Calls.unsaid(self.label), self.dates
        if dates is None or dates.isna().all() or not np.isnan(calls.age).all():
            return calls
        return replace(calls, age=((dates.max() - dates) / pd.Timedelta(days=1)).to_numpy("float64"))

    @property
    def outcome(self) -> np.ndarray:
        """1 or 0 of leads that all have an outcome; int64."""
        return self.label.astype("int64")

    @property
    def dates(self) -> pd.Series | None:
        """When each lead came; None where the leads do not say."""
        stamp = self.schema.one(Role.TIMESTAMP)
        return self.columns[stamp.name] if stamp is not None and stamp.name in self.columns else None

    @property
    def identity(self) -> np.ndarray | None:
        """The same number for rows that repeat each other; None where nothing tells leads apart."""
        return self.row_hash if self.has_identity else None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the rows and their outcomes, in their order."""
        return hashlib.sha256(self.row_hash.tobytes() + self.label.tobytes()).hexdigest()

    def cleaned(self, schema: LeadSchema | None = None) -> pd.DataFrame:
        """Return the inputs as `clean_leads` gives them, by a schema with some or all of these columns."""
        return sum_groups(self.columns, schema or self.schema)

    def without(self, names: Collection[str]) -> TrainingData:
        """Return the leads without some of their inputs."""
        return replace(self, schema=self.schema.without(names)) if names else self

    def audited(self) -> TrainingData:
        """Return the leads with what the leakage audit finds in their inputs; of 30,000 at most, from all over."""
        from leadscore_core.training.leakage import audit_leakage

        drawn = np.arange(0, len(self), -(-len(self) // AUDITED_ROWS) or 1)
        columns = self.columns.iloc[drawn]
        moments = {str(name): as_text(columns[name]) for name in columns.select_dtypes("datetime")}
        columns = columns.assign(**moments).rename(columns=self.headers).reset_index(drop=True)
        label, dates = self.label[drawn], self.dates
        known = ~np.isnan(label)
        when = None if dates is None else dates.iloc[drawn][known].reset_index(drop=True)
        rows = columns[known].drop(columns=CITY_TIER, errors="ignore").reset_index(drop=True)
        return replace(
            self,
            findings=tuple(audit_leakage(rows, label[known].astype("int64"), dates=when, words=self.schema.outcome)),
        )

    def take(self, rows: np.ndarray) -> TrainingData:
        """Return some of the leads.

        Parameters
        ----------
        rows
            Of bool, one a lead.
        """
        if rows.all():
            return self
        identities = {kind: hashes[rows] for kind, hashes in self.identities.items()}
        columns = self.columns[rows].reset_index(drop=True)
        weight = None if self.weight is None else self.weight[rows]
        return replace(
            self,
            columns=columns,
            label=self.label[rows],
            row_hash=self.row_hash[rows],
            identities=identities,
            weight=weight,
            calls=None if self.calls is None else self.calls.take(rows),
        )


def read_training_data(
    leads: LeadList, *, is_strict: bool = True, audited: bool = True, called: str | None = None
) -> TrainingData:
    """Read and clean a labelled list, once.

    Parameters
    ----------
    is_strict
        Whether a list from which nothing can be learned, for want of two outcomes, is refused.
    audited
        Whether to look for columns that may know the outcome.
    called
        Header of the column that says who was called, `NOBODY_SAYS` where none does; found if not given.

    Raises
    ------
    MappingError
        If a column is missing that the schema requires.
    LabelError
        If there is no label, or only one outcome; if there is no such column.
    """
    expect_kind(leads, LeadList, OPEN_IT)
    check_required(leads.mapping, leads.schema)
    name = " and ".join(path.name for path in list_files(leads.paths)[:3])
    sample = RowSample(AUDITED_ROWS)
    cells = CallCells(leads.schema, leads.mapping, called)

    def chunks() -> Iterator[pd.DataFrame]:
        for chunk in leads.chunks():
            cells.add(chunk)
            yield chunk

    data = _collect(chunks(), leads.schema, leads.mapping, name=name, is_strict=is_strict, sample=sample)
    data = _with_calls(data, cells)
    if not audited:
        return data
    drawn = sample.positions()
    dates, label = data.dates, data.label
    if data.calls is not None:  # a yes whose no is unknown would say that all leads like it convert
        label = np.where(data.calls.settled.is_learned, label, np.nan)
    found = audit_sample(leads, sample.frame(), label[drawn], None if dates is None else dates.iloc[drawn])
    return replace(data, findings=tuple(found))


def _with_calls(data: TrainingData, cells: CallCells) -> TrainingData:
    """Return leads with what a column of their file says of who was called, and the outcomes that follow."""
    columns = cells.columns()
    if not columns:
        return data
    used, rows = choose_called(columns, data.label, said=cells.said)
    data = replace(data, call_columns=rows)
    if used is None:
        return data
    return replace(data, calls=Calls.unsaid(data.label).by(used.header, used.called)).settled()


def make_training_data(
    frame: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping, *, name: str = ""
) -> TrainingData:
    """Clean labelled leads that were read already.

    Parameters
    ----------
    frame
        As read, under their own headers.

    Raises
    ------
    LabelError
        If there is no label, or only one outcome.
    """
    return _collect([frame], schema, mapping, name=name, is_strict=True)


def join_training_data(datasets: Sequence[TrainingData]) -> TrainingData:
    """Return leads of several lists as one; a lead that stands in two of them repeats itself.

    Parameters
    ----------
    datasets
        Of one schema. What one of them lacks counts as missing.
    """
    if len(datasets) == 1:
        return datasets[0]
    first, *_ = datasets
    columns = pd.concat([one.columns for one in datasets], ignore_index=True)
    for name in columns.columns:
        if any(name in one.columns and one.columns[name].dtype.kind in "iu" for one in datasets):
            columns[name] = columns[name].fillna(UNLISTED_TIER if name == CITY_TIER else 0).astype("int64")
    kinds = [kind for kind in first.identities if all(kind in one.identities for one in datasets)]
    joined = TrainingData(
        name=" and ".join(one.name for one in datasets),
        schema=first.schema,
        columns=columns,
        label=np.concatenate([one.label for one in datasets]),
        row_hash=pd.util.hash_pandas_object(columns, index=False).to_numpy(),
        identities={kind: np.concatenate([one.identities[kind] for one in datasets]) for kind in kinds},
        has_identity=all(one.dates is not None for one in datasets),
        headers={name: header for one in reversed(datasets) for name, header in one.headers.items()},
        calls=join_calls([one.known_calls for one in datasets])
        if any(one.calls is not None for one in datasets)
        else None,
        call_columns=tuple(row for one in datasets for row in one.call_columns),
    )
    return joined.settled()


def _collect(
    chunks: Iterable[pd.DataFrame],
    schema: LeadSchema,
    mapping: ColumnMapping,
    *,
    name: str,
    is_strict: bool,
    sample: RowSample | None = None,
) -> TrainingData:
    """Clean chunk by chunk, so that no more than one is held as it was read."""
    cleaned: list[pd.DataFrame] = []
    outcomes: list[pd.DataFrame] = []
    hashes: list[np.ndarray] = []
    identities: list[dict[str, np.ndarray]] = []
    texts = [column.name for column in schema.with_role(Role.FREE_TEXT)]
    names: set[str] = set()
    stamp = schema.one(Role.TIMESTAMP)
    own_label = [] if schema.label is None else [schema.label.name]
    for chunk in chunks:
        raw = mapping.apply(chunk, schema)
        columns, _ = clean_with_problems(raw, schema, by_group=False)
        came = columns[stamp.name] if stamp is not None and stamp.name in columns else None
        identities.append(hash_identities(chunk, schema, mapping, came))
        hashes.append(row_hashes(chunk))
        names |= _names_in(chunk, schema, mapping) if texts else set()
        cleaned.append(columns)
        outcomes.append(raw[[column for column in own_label if column in raw]])
        if sample is not None:
            sample.add(chunk)
    columns = pd.concat(cleaned, ignore_index=True)
    for text in texts:
        if text in columns:
            columns[text] = mask_rare_words(columns[text], names)
    if is_strict:
        _check_label(columns, pd.concat(outcomes, ignore_index=True), schema, mapping)
    label = np.full(len(columns), np.nan)
    for column in own_label:
        label = columns.pop(column).to_numpy("float64") if column in columns else label
    return TrainingData(
        name=name,
        schema=schema,
        columns=columns,
        label=label,
        row_hash=np.concatenate(hashes),
        identities={kind: np.concatenate([own[kind] for own in identities]) for kind in identities[0]},
        has_identity=any(c.name in mapping.used for c in schema.with_role(Role.TIMESTAMP, Role.ID)),
        headers=dict(mapping.used),
    )


def _names_in(chunk: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping) -> set[str]:
    """Return every word of the names of leads as read."""
    cells = (as_text(chunk[h]).dropna() for h in mapping.headers_of(schema, Role.NAME) if h in chunk)
    return {word for names in cells for name in names.unique().tolist() for word in contact_words(name)}


def _check_label(cleaned: pd.DataFrame, raw: pd.DataFrame, schema: LeadSchema, mapping: ColumnMapping) -> None:
    blocking = [f for f in label_findings(cleaned, raw, schema, mapping) if f.code in _BLOCKING]
    if blocking:
        name = schema.label.human if schema.label else "label"
        raise LabelError(
            f"The leads cannot be learned from or measured against: {blocking[0].reason}. Give leads with a column "
            f"{name!r} that says yes for some and no for others."
        )
