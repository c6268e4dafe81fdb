"""Leads as people give them to what is offered: a frame, or the path of a list, which is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

import pandas as pd

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.errors import GivenLeadsError

OPEN_IT = "Open the file as one: open_list(path, schema)."
LeadsOrPath = pd.DataFrame | str | Path | Sequence[str | Path]


def as_frame(leads: object) -> pd.DataFrame:
    """Return leads as a frame; the path of a file or folder, or several, is read as `read_leads` does.

    Raises
    ------
    GivenLeadsError
        If it is neither a frame nor a path.
    UnreadableFileError
        If there is no such list, or it cannot be read.

    Examples
    --------
    >>> as_frame(pd.DataFrame({"source": ["news"]})).shape
    (1, 1)
    >>> as_frame([1, 2])
    Traceback (most recent call last):
    leadscore_core.errors.GivenLeadsError: Leads were expected as a pandas frame or as the path of a list, not as \
list. Make a frame of it: pandas.DataFrame(...).
    """
    if isinstance(leads, pd.DataFrame):
        return leads
    if _is_path(leads):
        return read_leads(leads)
    raise GivenLeadsError(
        f"Leads were expected as a pandas frame or as the path of a list, not as {_kind(leads)}. {_advice(leads)}"
    )


def refuse_paths(leads: object, reader: str) -> None:
    """Raise if somebody gives a path to what works on frames alone.

    Parameters
    ----------
    reader
        Whose leads they were to be.

    Raises
    ------
    GivenLeadsError
        Saying how the list is read.
    """
    if _is_path(leads) or isinstance(leads, bytes):
        raise GivenLeadsError(
            f"{reader} takes a frame of leads under the schema's names, not a path (got {leads!r}). Score a file with "
            "score_leads(path, model), or read it first: read_leads(path)."
        )


def expect_kind(given: object, kind: type, advice: str) -> None:
    """Raise if something else was given than what a function works on.

    Parameters
    ----------
    advice
        How it is made, in a sentence.

    Raises
    ------
    GivenLeadsError
        Naming what was expected and what came.
    """
    if not isinstance(given, kind):
        raise GivenLeadsError(f"A {kind.__name__} was expected, not {_kind(given)}. {advice}")


def _is_path(leads: object) -> TypeGuard[str | Path | Sequence[str | Path]]:
    if isinstance(leads, str | Path):
        return True
    return isinstance(leads, list | tuple) and bool(leads) and all(isinstance(one, str | Path) for one in leads)


def _kind(leads: object) -> str:
    return "None" if leads is None else type(leads).__name__


def _advice(leads: object) -> str:
    if isinstance(leads, pd.Series):
        return "One lead is a frame of one row: leads.iloc[[0]]."
    if hasattr(leads, "to_pandas"):
        return "Make a frame of it: leads.to_pandas()."
    if hasattr(leads, "compute"):
        return "Make a frame of it: leads.compute()."
    if hasattr(leads, "read"):
        return "Give the path of the file."
    return "Make a frame of it: pandas.DataFrame(...)."
