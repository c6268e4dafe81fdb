"""How a person looks at lists of leads: which page of them, in what order, with which columns."""

from pages.shared import session

_PAGE, _SORT, _COLUMNS = "list_page", "list_sort", "list_columns"


def get_page() -> int:
    """Return which page of a list of leads is shown, from 1."""
    return int(session.get(_PAGE, 1))


def set_page(page: int) -> None:
    """Show another page of a list of leads."""
    session.put(_PAGE, page)


def turn_page(key: str) -> None:
    """Show the page that was just chosen."""
    set_page(int(session.get(key)))


def get_sort() -> tuple[str, bool]:
    """Return by what a list of leads is sorted, empty for the order of calls, and whether the highest come first."""
    by, highest_first = session.get(_SORT, ("", True))
    return by, highest_first


def set_sort(by: str, highest_first: bool) -> None:
    """Sort lists of leads otherwise, from the first page on."""
    if get_sort() != (by, highest_first):
        session.put(_SORT, (by, highest_first))
        set_page(1)


def get_columns() -> tuple[str, ...] | None:
    """Return the columns that a person chose for lists of leads; None until they did."""
    return session.get(_COLUMNS)


def set_columns(columns: tuple[str, ...] | None) -> None:
    """Show other columns in lists of leads."""
    session.put(_COLUMNS, columns)
