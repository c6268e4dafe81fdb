"""What the Sources page keeps in the session, by way of `state`: which leads are counted, how, and the spend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.shared.session import empty_filter, get, put

if TYPE_CHECKING:  # seconds to load, which the first page does not need
    import pandas as pd

    from leadscore_core.analytics.spend import Move
    from leadscore_core.data.spend import Spend
    from leadscore_core.storage.database.outcomes import Entry
    from leadscore_core.storage.leads.filters import LeadFilter

_FILTER, _ROUND, _BATCHES, _BY, _SPEND = "source_filter", "source_round", "source_batches", "source_by", "spend"
_SPEND_ASKED, _MOVE, _FACTORS = "spend-asked", "spend-move", "source-factors"
_SPEND_FILE, _OUTCOME_READINGS, _BROUGHT = "spend-file", "outcome_readings", "brought_outcomes"


def get_source_filter() -> LeadFilter:
    """Return which leads the Sources page counts."""
    return get(_FILTER, empty_filter("all"))


def set_source_filter(chosen: LeadFilter) -> None:
    """Count other leads, and draw the filter's widgets anew."""
    put(_FILTER, chosen)
    put(_ROUND, source_round() + 1)


def save_source_filter(chosen: LeadFilter) -> None:
    """Keep what the filter's widgets say."""
    put(_FILTER, chosen)


def source_round() -> int:
    """Return a number that changes whenever widgets and marks of the Sources page must be drawn anew."""
    return int(get(_ROUND, 0))


def get_source_batches() -> list[str]:
    """Return the lists that the Sources page counts."""
    return list(get(_BATCHES, []))


def set_source_batches(batch_ids: list[str]) -> None:
    """Count the leads of other lists, without the filter of those before."""
    if get_source_batches() != batch_ids:
        put(_BATCHES, batch_ids)
        set_source_filter(empty_filter("all"))


def get_source_by() -> str | None:
    """Return what the Sources page groups by, if a person or a click chose it."""
    return get(_BY)


def set_source_by(dimension: str | None) -> None:
    """Group by another column."""
    put(_BY, dimension)


def get_factors(by: str) -> tuple[str, ...] | None:
    """Return what a person compares the leads of groups by; None where nobody chose."""
    return get(_FACTORS, {}).get(by)


def set_factors(by: str, factors: tuple[str, ...]) -> None:
    """Compare the leads of groups by these."""
    put(_FACTORS, get(_FACTORS, {}) | {by: factors})


def get_spend() -> tuple[str, Spend] | None:
    """Return the spend of this session, and the name of the file that it came from."""
    return get(_SPEND)


def set_spend(name: str, spend: Spend | None) -> None:
    """Keep spend, or forget it."""
    put(_SPEND, None if spend is None else (name, spend))
    put(_SPEND_ASKED, None)


def get_spend_question() -> tuple[str, str, pd.DataFrame, dict[str, str]] | None:
    """Return a file of spend that cannot be read yet: its name, the upload's id, the file, and what a person said."""
    return get(_SPEND_ASKED)


def ask_spend(name: str, upload: str, frame: pd.DataFrame, said: dict[str, str]) -> None:
    """Keep a file of spend that cannot be read yet."""
    put(_SPEND_ASKED, (name, upload, frame, said))


def get_move() -> Move | None:
    """Return the budget that a person moves."""
    return get(_MOVE)


def set_move(move: Move | None) -> None:
    """Keep the budget that a person moves."""
    put(_MOVE, move)


def get_spend_file() -> tuple[str, pd.DataFrame, dict[str, str]] | None:
    """Return the upload's id of the file of spend, the file, and how a person said that it is read."""
    return get(_SPEND_FILE)


def set_spend_file(upload: str, frame: pd.DataFrame, said: dict[str, str]) -> None:
    """Keep the file of spend with what a person said of it."""
    put(_SPEND_FILE, (upload, frame, said))


def get_outcome_readings(upload: str) -> dict[str, str]:
    """Return how a person said that the dates and decimals of a file of outcomes are read, by header."""
    return dict(get(_OUTCOME_READINGS, {}).get(upload, {}))


def set_outcome_readings(upload: str, said: dict[str, str]) -> None:
    """Keep how a file of outcomes is read, in place of those before."""
    put(_OUTCOME_READINGS, {upload: said})


def get_brought(upload: str) -> dict[str, Entry]:
    """Return what was kept of a file of outcomes, by batch, as it was read before."""
    return dict(get(_BROUGHT, {}).get(upload, {}))


def set_brought(upload: str, entries: dict[str, Entry]) -> None:
    """Remember what was kept of a file of outcomes."""
    put(_BROUGHT, {upload: entries})
