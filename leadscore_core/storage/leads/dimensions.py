"""Dimensions: by what leads are grouped and filtered, as SQL.

A dimension is a cleaned column under its own name, a part of the date of creation (``ls_month``, ``ls_week``,
``ls_day``, ``ls_weekday``, ``ls_hour``, ``ls_daypart``), or a number with 5 and more taken together
(``ls_capped:<column>``). What is derived of a blank is blank: a lead without a city has no tier, whatever the model
reads in its place.
"""

from collections.abc import Collection

from leadscore_core.data.schema.schema import CITY_TIER

CAPPED = "ls_capped:"
OWNER = "ls_owner"  # whose lead it is in the CRM, as the list says
LEARNED, UNSEEN = "ls_learned", "ls_unseen"  # columns of a kept list, see `LeadTable`
CAP = 5
_TIMES = {
    "ls_month": "strftime({}, '%Y-%m')",
    "ls_day": "strftime({}, '%Y-%m-%d')",
    "ls_week": "strftime(date_trunc('week', {}), '%Y-%m-%d')",
    "ls_weekday": "CAST(isodow({}) AS VARCHAR)",
    "ls_hour": "lpad(CAST(hour({}) AS VARCHAR), 2, '0')",
    "ls_daypart": "['Night', 'Morning', 'Afternoon', 'Evening'][hour({}) // 6 + 1]",
}


def expression(dimension: str, columns: Collection[str], created: str | None, city: str | None = None) -> str | None:
    """Return a dimension's value of a lead as SQL text, or None where the batch lacks it.

    Parameters
    ----------
    columns
        Columns of the batch.
    created
        The column with the date of creation, or None.
    city
        The column with the city, of whose blanks the tier is blank; None where the list lacks it.

    Examples
    --------
    >>> print(expression("ls_month", set(), "created"))
    strftime("created", '%Y-%m')
    >>> print(expression("source", {"source"}, None), expression("city", {"source"}, None))
    CAST("source" AS VARCHAR) None
    >>> print(expression("city_tier", {"city", "city_tier"}, None, "city"))
    CASE WHEN "city" IS NOT NULL THEN CAST("city_tier" AS VARCHAR) END
    """
    if dimension in _TIMES:
        return None if created is None else _TIMES[dimension].format(quoted(created))
    if dimension.startswith(CAPPED):
        column = dimension.removeprefix(CAPPED)
        cell = f"CAST({quoted(column)} AS VARCHAR)"
        return f"CASE WHEN {quoted(column)} >= {CAP} THEN '{CAP}+' ELSE {cell} END" if column in columns else None
    if dimension not in columns:
        return None
    cell = f"CAST({quoted(dimension)} AS VARCHAR)"
    if dimension == CITY_TIER and city in columns:
        return f"CASE WHEN {quoted(str(city))} IS NOT NULL THEN {cell} END"
    return cell


def is_time(dimension: str) -> bool:
    """Tell whether a dimension is a part of the date of creation.

    Examples
    --------
    >>> is_time("ls_week"), is_time("source")
    (True, False)
    """
    return dimension in _TIMES


def quoted(name: str) -> str:
    """Return a column's name as SQL writes it.

    Examples
    --------
    >>> print(quoted('a b'))
    "a b"
    """
    return '"' + name.replace('"', '""') + '"'
