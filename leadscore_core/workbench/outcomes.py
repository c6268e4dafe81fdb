"""Outcomes that come back: what became of leads that were scored, matched to their batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.config import Settings, load_settings
from leadscore_core.data import LeadSchema, Role, clean_leads, list_files
from leadscore_core.errors import LabelError, StorageError
from leadscore_core.inference import contact_keys, read_contacts
from leadscore_core.lists import LeadList
from leadscore_core.storage import Batch, BatchStore, OutcomeStore
from leadscore_core.storage.lead_files import read_people
from leadscore_core.workbench.keep import known_outcomes

_KEYS = ("id", "email", "phone")


@dataclass
class OutcomeReport:
    """What came of a file of outcomes.

    Attributes
    ----------
    rows
        Rows of the file.
    without
        Rows that tell no outcome.
    unmatched
        Rows with an outcome that match no lead of any batch.
    contradictory
        Leads that stand in the file with both outcomes; the later row counts.
    strangers
        Leads whose id stands in the file beside the e-mail or phone of somebody else; their outcome is not taken.
    batches
        Name of each batch that learned something -> leads whose outcome came, and how many of them completed.
    """

    rows: int = 0
    without: int = 0
    unmatched: int = 0
    contradictory: int = 0
    strangers: int = 0
    batches: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The report in words."""
        leads = sum(n for n, _ in self.batches.values())
        done = sum(k for _, k in self.batches.values())
        parts = [f"Outcomes of {leads:,} leads came back, {done:,} of them completed"]
        parts += [f"{self.without:,} rows tell no outcome"] if self.without else []
        parts += [f"{self.unmatched:,} rows match no lead that was scored"] if self.unmatched else []
        parts += [f"{self.contradictory:,} leads stand there with both outcomes, the later one counts"] * bool(
            self.contradictory
        )
        if self.strangers:
            parts.append(f"{self.strangers:,} leads have an id that belongs to somebody else in the file")
        if len(self.batches) > 1:
            parts.append(f"a lead that stands in several of the {len(self.batches)} lists counts in each")
        return "; ".join(parts) + "."


def bring_outcomes(
    leads: LeadList | Sequence[LeadList], *, by: str = "", settings: Settings | None = None
) -> OutcomeReport:
    """Match a file of outcomes to the leads of all batches, and keep what it tells.

    A lead is known again by its id, else its normalised e-mail, else its phone; where file and batch share none of
    these, by its moment of creation to the second together with the columns that every list needs, where only one lead
    has them. Outcomes known before give way to later ones.

    Parameters
    ----------
    leads
        A list with the outcome and something to know leads by; or the same file as several schemas read it, each for
        batches of its own (see `open_outcome_files`).
    by
        Who brought it.

    Raises
    ------
    LabelError
        If the file has no column with the outcome, or nothing to know a lead by, or matches no lead at all.
    LeadScoreError
        If it cannot be read or kept.
    """
    settings = settings or load_settings()
    lists = [leads] if isinstance(leads, LeadList) else list(leads)
    told_by = [_told(one, settings) for one in lists]
    report = OutcomeReport(rows=len(told_by[0]))
    knows = np.logical_or.reduce([told["outcome"].notna().to_numpy() for told in told_by])
    report.without = int((~knows).sum())
    if not knows.any():
        raise LabelError(f"None of the {report.rows:,} rows tells an outcome. Expected yes or no, 1 or 0, in each.")
    if all(told.loc[knows, [*_KEYS, "moment"]].isna().all(axis=None) for told in told_by):
        raise LabelError(
            "The file has nothing to know its leads by: no id, e-mail, phone or moment of creation. Export it with one "
            "of these."
        )
    matched = np.zeros(report.rows, dtype=bool)
    contradicting: set[tuple[str, int]] = set()
    files = list_files(lists[0].paths)
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    for one, everything in zip(lists, told_by, strict=True):
        told = everything[everything["outcome"].notna()]
        for batch in BatchStore(settings).list_batches():
            if batch.schema_name != one.schema.name:
                continue
            rows, completed, used, twice, strangers = _match(batch, told, one.schema)
            report.strangers += strangers
            matched[told.index[used]] = True
            contradicting |= {(batch.id, row) for row in twice}
            if len(rows):
                OutcomeStore(settings).add(batch, rows, completed, file_name=name, by=by)
                report.batches[batch.name] = (len(rows), int(completed.sum()))
    report.unmatched, report.contradictory = int((~matched & knows).sum()), len(contradicting)
    if not report.batches:
        raise LabelError(
            f"None of the {knows.sum():,} outcomes belongs to a lead that was scored. Score the list that these leads "
            "were in first, or check that both files have the same ids, e-mails or phones."
        )
    return report


def _told(leads: LeadList, settings: Settings) -> pd.DataFrame:
    """Return what a file tells, a row a row of it: the keys of its lead, and the outcome, NaN where it tells none."""
    label = leads.schema.label
    if label is None or label.name not in leads.mapping.used:
        raise LabelError(
            "The file has no column that says whether the application was completed. Name it, for instance, "
            f"{label.human if label else 'Outcome'!r}, or say which it is."
        )
    parts = []
    for chunk in leads.chunks():
        outcome = pd.Series(known_outcomes(chunk, leads.schema, leads.mapping))
        keys = contact_keys(read_contacts(chunk, leads.schema, leads.mapping, settings.phone_region))
        keys = keys.reindex(index=outcome.index, columns=list(_KEYS))
        cleaned = clean_leads(leads.mapping.apply(chunk, leads.schema), leads.schema)
        keys["moment"] = moment_keys(cleaned, leads.schema)
        parts.append(keys.assign(outcome=outcome.to_numpy(dtype="float64", na_value=np.nan)))
    return pd.concat(parts, ignore_index=True)


def moment_keys(cleaned: pd.DataFrame, schema: LeadSchema) -> pd.Series:
    """Return a hash of each lead's moment of creation and the columns that every list needs; NA without a moment."""
    stamp = schema.one(Role.TIMESTAMP)
    needed = [column.name for column in schema.inputs if column.required and column.name in cleaned]
    if stamp is None or stamp.name not in cleaned:
        return pd.Series(pd.NA, index=range(len(cleaned)), dtype="Int64")
    text = cleaned[stamp.name].dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    for name in needed:
        text = text + "|" + cleaned[name].astype("str").fillna("").str.casefold()
    hashes = pd.Series(pd.util.hash_array(text.to_numpy(dtype=object)).view("int64"), dtype="Int64")
    return hashes.mask(cleaned[stamp.name].isna().to_numpy())


def _match(
    batch: Batch, told: pd.DataFrame, schema: LeadSchema
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int], int]:
    """Return positions of leads that are told of, their outcomes, which rows tell, which clash, and strangers."""
    try:
        people = _people(batch.scores_path, schema)
    except StorageError:
        return np.empty(0, dtype="int64"), np.empty(0, dtype="int64"), np.zeros(len(told), dtype=bool), [], 0
    outcome = pd.Series(pd.NA, index=people.index, dtype="Float64")
    used = np.zeros(len(told), dtype=bool)
    clashing = np.zeros(len(people), dtype=bool)
    strangers = 0
    shares_contacts = any(key in people and people[key].notna().any() and told[key].notna().any() for key in _KEYS)
    for key in _KEYS if shares_contacts else ("moment",):
        if key not in people or told[key].isna().all():
            continue
        of_key = told.loc[told[key].notna(), [key, "outcome"]]
        if key == "moment":
            of_key = of_key[~of_key[key].duplicated(keep=False)]
            people[key] = people[key].mask(people[key].duplicated(keep=False))
        by_key = of_key.groupby(key)["outcome"].agg(["last", "nunique"])
        open_rows = outcome.isna() & people[key].notna()
        found = people[key].where(open_rows).map(by_key["last"])
        if key == "id":
            stranger = _contradicts(people, told, key)
            found = found.mask(stranger)
            strangers = int((stranger & open_rows).sum())
        clashing |= (people[key].where(open_rows).map(by_key["nunique"]).fillna(0) > 1).to_numpy()
        outcome = outcome.fillna(found.astype("Float64"))
        used |= told[key].isin(people[key].dropna()).to_numpy()
    known = outcome.notna().to_numpy()
    rows = people.loc[known, "ls_row"].to_numpy(dtype="int64")
    completed = outcome[known].to_numpy(dtype="int64")
    return rows, completed, used, people.loc[clashing & known, "ls_row"].astype("int64").tolist(), strangers


def _contradicts(people: pd.DataFrame, told: pd.DataFrame, key: str) -> pd.Series:
    """Tell which people have the same key as somebody in the file whose e-mail and phone are others'."""
    agree, differ = (pd.Series(False, index=people.index) for _ in range(2))
    for contact in ("email", "phone"):
        if contact not in people or told[contact].isna().all():
            continue
        theirs = people[key].map(told.dropna(subset=[key]).groupby(key)[contact].last())
        both = people[contact].notna() & theirs.notna()
        agree |= (both & (people[contact] == theirs)).fillna(False).astype(bool)
        differ |= (both & (people[contact] != theirs)).fillna(False).astype(bool)
    return differ & ~agree


def _people(path: Path, schema: LeadSchema) -> pd.DataFrame:
    found = read_people(path).rename(columns={f"ls_{key}_key": key for key in _KEYS})
    stamp = schema.one(Role.TIMESTAMP)
    needed = [column.name for column in schema.inputs if column.required]
    wanted = [name for name in ([stamp.name] if stamp else []) + needed if name]
    try:
        present = [name for name in wanted if name in pq.read_schema(path).names]
        table = pq.read_table(path, columns=["ls_row", *present]).to_pandas().sort_values("ls_row")
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"{path} cannot be read ({error}).") from error
    return found.assign(moment=moment_keys(table.reset_index(drop=True), schema).array)
