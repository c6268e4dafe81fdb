"""Whether a SQLite file is whole: every page, or where that takes long the way to rows that are drawn at random."""

import random

from sqlalchemy import Connection, text

_ROWS = 50


def check_pages(connection: Connection) -> str:
    """Read every page, and return what is wrong with the first that is damaged; empty where all are whole.

    Raises
    ------
    DatabaseError
        If the file is damaged so that it cannot be read at all.
    """
    found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
    return "" if found == "ok" else found.splitlines()[-1]


def check_some_rows(connection: Connection) -> int:
    """Read rows drawn at random from every table, some fifty of each, and return how many; it takes milliseconds.

    Raises
    ------
    DatabaseError
        If a page on the way to one of them is damaged.
    """
    read = 0
    names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
    for name in names:
        table = '"' + str(name).replace('"', '""') + '"'
        ends = (f"SELECT {end}(rowid) FROM {table}" for end in ("min", "max"))  # noqa: S608  # a name of the file itself, quoted
        first, last = (connection.execute(text(end)).scalar() for end in ends)  # both in one would read all rows
        if first is None or last is None:
            continue
        drawn = {random.randint(first, last) for _ in range(_ROWS)}  # noqa: S311  # a sample, no secret
        for row in sorted(drawn | {first, last}):
            statement = f"SELECT * FROM {table} WHERE rowid >= :row ORDER BY rowid LIMIT 1"  # noqa: S608  # the same
            read += len(connection.execute(text(statement), {"row": row}).all())
    return read
