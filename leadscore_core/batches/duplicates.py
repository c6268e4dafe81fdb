"""Repeats: leads of a new batch that stand in it twice, or in an earlier batch."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore_core.batches.earlier_scores import find_earlier
from leadscore_core.config import Settings
from leadscore_core.data.schema.schema import LeadSchema, Role
from leadscore_core.errors import StorageError
from leadscore_core.inference.duplicates import SHARED_BY_TOO_MANY, find_duplicates, key_columns, ways_to_reach
from leadscore_core.storage.database.batches import BatchStore
from leadscore_core.storage.leads.files import read_people
from leadscore_core.storage.leads.standing import RULE

MOST_EARLIER = 2_000_000


def mark_repeats(
    unsorted: Path,
    schema: LeadSchema,
    settings: Settings,
    say_row: Callable[[int], str],
    *,
    before: datetime | None = None,
) -> pd.DataFrame | None:
    """Find repeats within a list and against earlier batches.

    Parameters
    ----------
    unsorted
        The new batch's leads (see `LeadTable`), not yet ranked.
    say_row
        Says where the lead at a position of the list stands in its file.
    before
        Only batches kept before then are looked into: a batch that is scored again is not its own repeat.

    Returns
    -------
    pandas.DataFrame or None
        ``ls_row``; ``ls_rule_duplicate`` and ``ls_rule_seen_before``; ``ls_repeat``, in words which lead is kept and
        why; ``ls_score_before`` and ``ls_seen_at``, the lead's score on the newest earlier list and when that was
        scored (NA). None where the list has nothing to know a person by.
    """
    people = _people(unsorted, schema)
    known = [name for name in ("id", "email", "phone", "name") if name in people and people[name].notna().any()]
    if not known:
        return None
    within = find_duplicates(people.assign(earlier=False))
    repeat = within["kept"].to_numpy() >= 0
    words = np.full(len(people), "", dtype=object)
    first_of = within["kept"].to_numpy()
    ways = ways_to_reach(people)
    whys, keeps = within["why"].tolist(), first_of.tolist()
    for at in np.flatnonzero(repeat).tolist():
        because = "has more contact details" if ways[first_of[at]] > ways[at] else "came first"
        words[at] = f"{whys[at]} as {say_row(keeps[at])}, which {because} and is kept"
    seen = np.zeros(len(people), dtype=bool)
    earlier, names = _earlier(people, schema, settings, before)
    last = np.full(len(people), -1, dtype="int64")
    if len(earlier):
        last = find_earlier(people, earlier)
        both = pd.concat([earlier.assign(earlier=True), people.assign(earlier=False)], ignore_index=True)
        found = find_duplicates(both).iloc[len(earlier) :]
        place = found["kept"].to_numpy()
        seen = (place >= 0) & (place < len(earlier))
        found_whys = found["why"].tolist()
        for at in np.flatnonzero(seen).tolist():
            text = f"{found_whys[at]} as in {names[place[at]]}, which came first and is kept"
            words[at] = f"{words[at]}; {text}" if words[at] else text
        last = np.where((last < 0) & seen, place, last)
        for at in np.flatnonzero((last >= 0) & ~seen).tolist():
            text = f"same id as in {names[last[at]]}, which came first and is kept"
            words[at] = f"{words[at]}; {text}" if words[at] else text
        seen |= last >= 0
    return pd.DataFrame(
        {
            "ls_row": people["row"].to_numpy(dtype="int64"),
            RULE + "duplicate": repeat,
            RULE + "seen_before": seen,
            "ls_repeat": pd.array(words, dtype="str"),
            "ls_score_before": _taken(earlier, "score", last).astype("Int16"),
            "ls_seen_at": _taken(earlier, "scored_at", last).astype("datetime64[us]"),
        }
    )


def _taken(earlier: pd.DataFrame, column: str, places: np.ndarray) -> pd.Series:
    """Return a column of earlier leads for each lead, NA where it is new."""
    if earlier.empty:
        return pd.Series(pd.NA if column == "score" else pd.NaT, index=range(len(places)))
    taken = earlier[column].iloc[np.maximum(places, 0)].reset_index(drop=True)
    return taken.where(places >= 0)


def _people(path: Path, schema: LeadSchema) -> pd.DataFrame:
    found = read_people(path)
    people = pd.DataFrame({"row": found["ls_row"]})
    for name in found.columns:
        key = re.fullmatch(r"ls_((?:id|email|phone)(?:_\d+)?)_key", str(name))
        if key:
            people[key[1]] = found[name]
    people["name"] = found["ls_name"] if "ls_name" in found else pd.Series(pd.NA, index=found.index, dtype="str")
    city = schema.one(Role.CITY)
    present = pq.read_schema(path).names
    order = found["ls_row"].to_numpy(dtype="int64")
    people["city"] = pd.Series(pd.NA, index=found.index, dtype="str")
    stamp = schema.one(Role.TIMESTAMP)
    wanted = {"city": city.name if city else "", "created": stamp.name if stamp else "", "score": "ls_score"}
    wanted = {name: column for name, column in wanted.items() if column in present}
    table = pq.read_table(path, columns=["ls_row", *wanted.values()]).to_pandas().set_index("ls_row").loc[order]
    for name, column in wanted.items():
        cells = table[column]
        people[name] = cells.astype("str").to_numpy() if name == "city" else cells.to_numpy()
    return people


def _earlier(
    people: pd.DataFrame, schema: LeadSchema, settings: Settings, before: datetime | None
) -> tuple[pd.DataFrame, list[str]]:
    """Return the leads of earlier batches that may be one of these, the newest batches first, and their batches."""
    parts, names, looked_at = [], [], 0
    cities = people["city"].dropna().unique()
    keys = {kind: _keys_of(people, kind) for kind in ("id", "email", "phone")}
    for batch in BatchStore(settings).list_batches():
        too_late = before is not None and batch.created_at >= before
        if too_late or batch.schema_name != schema.name or looked_at > MOST_EARLIER:
            continue
        try:
            old = _people(batch.scores_path, schema)
        except (StorageError, OSError, pa.ArrowException):
            continue  # a batch whose file is gone tells nothing
        looked_at += len(old)
        old["scored_at"] = pd.Timestamp(batch.scoring.scored_at).tz_convert("UTC").tz_localize(None).as_unit("us")
        may_be = old["city"].isin(cities) & old["name"].notna()
        for kind, known in keys.items():
            for key in key_columns(old, kind):
                sizes = old[key].value_counts()
                old[key] = old[key].mask(old[key].isin(sizes.index[sizes > SHARED_BY_TOO_MANY]))
                may_be |= old[key].isin(known)
        parts.append(old[may_be])
        names += [batch.name] * int(may_be.sum())
    return (pd.concat(parts, ignore_index=True) if parts else people.iloc[:0]), names


def _keys_of(people: pd.DataFrame, kind: str) -> np.ndarray:
    """Return the keys of a kind that people have, int64, each once."""
    columns = [people[name].dropna().to_numpy("int64") for name in key_columns(people, kind)]
    return np.unique(np.concatenate([np.empty(0, dtype="int64"), *columns]))
