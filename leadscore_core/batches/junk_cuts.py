"""Junk cuts: what another rule of grades would put aside in every kept list, before it is saved for all of them."""

from dataclasses import dataclass

import duckdb

from leadscore_core.config import GradeRule, Settings, load_settings
from leadscore_core.storage.database.batches import Batch, BatchStore
from leadscore_core.storage.leads.pool import borrowed_cursor, sql_text
from leadscore_core.storage.leads.standing import Standing, grade_sql

MOST_LISTS = 50


@dataclass(frozen=True)
class CutChange:
    """What a rule changes in one kept list: leads of the grade Junk before and after."""

    name: str
    batch_id: str
    leads: int
    before: int
    after: int


def foresee_cut(
    schema_name: str, before: GradeRule, after: GradeRule, *, settings: Settings | None = None
) -> list[CutChange]:
    """Count the leads that two rules of grades make Junk in the kept lists of a company, the newest list first.

    Grades that people set by hand, and contact rules, are left out of it: neither rule changes them. At most 50 lists
    are looked into; one whose file is gone is left out.

    Parameters
    ----------
    schema_name
        Whose lists.
    before, after
        The rule in force, and the one that may be saved.
    """
    changes = []
    lists = [
        batch for batch in BatchStore(settings or load_settings()).list_batches() if batch.schema_name == schema_name
    ]
    for batch in lists[:MOST_LISTS]:
        try:
            leads, old, new = _count_junk(batch, before, after)
        except (duckdb.Error, OSError):
            continue
        changes.append(CutChange(batch.name, batch.id, leads, old, new))
    return changes


def _count_junk(batch: Batch, before: GradeRule, after: GradeRule) -> tuple[int, int, int]:
    source = f"read_parquet('{sql_text(batch.scores_path)}')"
    with borrowed_cursor() as cursor:
        rows = int(cursor.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])  # noqa: S608  # names are quoted or ours, values are bound
        counts = ", ".join(
            f"count(*) FILTER ({grade_sql(Standing(grades=rule), rows)} = 'Junk')" for rule in (before, after)
        )
        old, new = cursor.execute(f"SELECT {counts} FROM {source}").fetchall()[0]  # noqa: S608  # names are quoted or ours, values are bound
    return rows, int(old), int(new)
