"""Near names: what a person may have meant who named a column that there is not."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from leadscore_core.data.schema.header_words import normalise_header

_NEAR, _MOST_NAMED, _FIRST = 60, 3, 12


def near_names(name: str, known: Sequence[str]) -> str:
    """Say which names there are that a person may have meant: those alike, else the first.

    Examples
    --------
    >>> near_names("Lead Sorce", ["Lead Source", "City", "Budget"])
    "'Lead Source'"
    >>> near_names("xyz", ["City", "Budget"])
    "'City', 'Budget'"
    """
    alike = process.extract(name, known, scorer=fuzz.WRatio, processor=normalise_header, limit=_MOST_NAMED)
    found = [choice for choice, score, _ in alike if score >= _NEAR] or list(known[:_FIRST])
    return ", ".join(map(repr, found))
