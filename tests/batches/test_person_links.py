"""Which lead is which person: sets of keys in DuckDB find whom looking at each pair finds."""

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadscore_core.batches import person_links
from leadscore_core.batches.person_links import Everybody, Links, kind_of
from leadscore_core.storage.database.batches import Batch
from leadscore_core.storage.database.people import KEYS, Key, match_people
from leadscore_core.storage.leads.lead_table import LeadTable
from leadscore_core.storage.leads.standing import Standing
from tests.paths import IS_SOAK

FEW = 3
COLUMNS = ["ls_id_key", "ls_email_key", "ls_email_2_key", "ls_phone_key", "ls_phone_2_key"]
ALL_KINDS = ("id", "email", "phone")


def made_up(
    draw: np.random.Generator, folder: Path, batch: Batch
) -> tuple[LeadTable, dict[int, set[Key]], dict[int, set[Key]], np.ndarray, np.ndarray]:
    """Return leads and people at random who share phones, have several keys, and ids that contradict them."""
    n_leads, n_people, most = 30, int(draw.integers(1, 25)), int(draw.integers(8, 40))
    cells = pd.DataFrame(
        {name: pd.array(draw.integers(0, most, n_leads), "Int64") for name in COLUMNS}
        | {"ls_row": draw.permutation(n_leads), "ls_rank": np.arange(1, n_leads + 1)}
    )
    for name in COLUMNS:
        cells[name] = cells[name].mask(draw.random(n_leads) < draw.choice([0.1, 0.6, 1.0 * (name != "ls_phone_key")]))
    cells.to_parquet(folder / "leads.parquet")
    leads = {
        int(row): {
            (kind_of(name), batch.schema_name if name == "ls_id_key" else "", int(key))
            for name, key in zip(COLUMNS, keys, strict=True)
            if not pd.isna(key)
        }
        for row, *keys in cells[["ls_row", *COLUMNS]].itertuples(index=False, name=None)
    }
    own = np.flatnonzero(draw.random(n_people) < 0.8) + 1
    people: dict[int, set[Key]] = {}
    for person in range(1, n_people + 1):
        schema = batch.schema_name if person in own else "other"
        people[person] = {
            (kind, schema if kind == "id" else "", int(draw.integers(0, most)))
            for kind in draw.choice(ALL_KINDS, draw.integers(1, 6))
        }
        if draw.random() < 0.1:
            people[person] = {("row", batch.id if draw.random() < 0.7 else "another", int(draw.integers(0, n_leads)))}
    return LeadTable(folder / "leads.parquet", Standing()), leads, people, own, 1 + draw.choice(n_people, 5)


def looked_at_one_by_one(
    leads: dict[int, set[Key]], people: dict[int, set[Key]], own: set[int], barred: set[int], batch: Batch
) -> tuple[dict[int, int], set[tuple[int, int]]]:
    rows: dict[Key, set[int]] = defaultdict(set)
    for row, keys in leads.items():
        for key in keys:
            rows[key].add(row)
    near: dict[int, set[int]] = defaultdict(set)
    reached = set()
    with_id = {row for row, keys in leads.items() if any(kind == "id" for kind, _, _ in keys)}
    for person, keys in people.items():
        has_id = any(kind == "id" for kind, _, _ in keys)
        for kind, scope, value in keys:
            here = rows[kind, scope, value]
            if len(here) <= FEW:
                reached |= {(row, person) for row in here if kind != "id" and person in barred}
                for row in here - with_id if kind == "phone" and has_id else here:
                    near[row] |= {person} & own
    found: dict[int, int] = {}
    for row, near_by in near.items():
        found |= match_people({row: leads[row]}, {person: people[person] for person in near_by})
    by_row = {
        key: person for person, keys in people.items() for kind, of, key in keys if (kind, of) == ("row", batch.id)
    }
    return found | by_row, reached


def table_of(people: dict[int, set[Key]]) -> pa.Table:
    rows = [(person, *key) for person, keys in people.items() for key in sorted(keys)]
    return pa.Table.from_pylist([dict(zip(KEYS.names, row, strict=True)) for row in rows], KEYS)


@pytest.mark.parametrize("seed", range(500 if IS_SOAK else 12))
def test_sets_of_keys_find_whom_looking_at_each_pair_finds(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday = cast("Batch", SimpleNamespace(id="monday", schema_name="codepro"))
    monkeypatch.setattr(person_links, "SHARED_BY_TOO_MANY", FEW)
    draw = np.random.default_rng(seed)
    table, leads, people, own, barred = made_up(draw, tmp_path, monday)
    of_rows = [key for keys in people.values() for key in keys if key[:2] == ("row", monday.id)]
    for row in {key for _, _, key in of_rows if leads[key] or of_rows.count(("row", monday.id, key)) > 1}:
        for keys in people.values():  # by its row is known who has nothing else, and one lead is one person
            keys.discard(("row", monday.id, row))
    best, reached = looked_at_one_by_one(leads, people, set(own.tolist()), set(barred.tolist()), monday)
    links, at_once = Links(), Links()
    at_once.bring_up_to_date(Everybody(table_of(people), own, barred), monday, table)
    known: dict[int, set[Key]] = {}
    for person, keys in people.items():  # they come one after the other, and some learn a key later
        known[person] = set(sorted(keys)[: 1 + person % 2])
        if person % 5 == 0:
            links.bring_up_to_date(Everybody(table_of(known), own, barred[:1]), monday, table)
    links.bring_up_to_date(Everybody(table_of(people), own, barred), monday, table)
    for one in (at_once, links):
        assert dict(zip(one.best["row"], one.best["person"], strict=True)) == best
        assert not one.best["row"].duplicated().any()
        assert set(zip(one.barred["row"], one.barred["person"], strict=True)) == reached
