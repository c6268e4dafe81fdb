"""Reads a list as scoring does, and says what is other than it was written."""

import gc
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore_core.config import Settings
from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.reading.keep_open import files_kept_open
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.errors import LeadScoreError
from tests.any_file import Way, expected, write

SCHEMA = LeadSchema(
    name="any",
    title="leads of any file",
    version=1,
    columns=(
        Column(name="id", role=Role.ID, human="Lead ID"),
        Column(name="city", role=Role.CITY, human="City"),
        Column(name="created", role=Role.TIMESTAMP, human="Created"),
        Column(name="amount", role=Role.NUMBER, human="Amount"),
        Column(name="source", role=Role.SOURCE, human="Source"),
    ),
)
_SAYS_WHERE_OR_WHAT = re.compile(r"--[a-z]+|\b(?:line|row)s? \d")


def leave_modules_alone() -> None:
    """Keep the garbage collector from what was imported, of which nothing becomes garbage: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@contextmanager
def reading(ways: Sequence[Way], block: int) -> Iterator[list[Future[list[tuple[str, str]]]]]:
    """Read lists in two processes and give what `differences` finds, block by block, as it comes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=leave_modules_alone) as pool:
        yield [pool.submit(differences, ways[first : first + block]) for first in range(0, len(ways), block)]


def assert_the_same(found: Sequence[tuple[str, str]], most_questions: float) -> None:
    """Assert that no list was read wrong, and that few were asked about."""
    wrong = [result for result, _ in found if result]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(found)} are read wrong", *wrong[:20]])
    asked = Counter(question.partition("(")[0] for _, question in found if question)
    assert sum(asked.values()) <= most_questions * len(found), asked


def read(path: Path, settings: Settings) -> dict[str, list[Any]]:
    """Read the columns of a list, as a command does."""
    with files_kept_open():
        leads = open_list(path, SCHEMA, settings=settings)
        frame = pd.concat(leads.chunks(), ignore_index=True)
    cleaned = clean_leads(leads.mapping.apply(frame, SCHEMA), SCHEMA)
    created = [None if pd.isna(moment) else moment.to_pydatetime() for moment in cleaned["created"]]
    found = {name: cleaned[name].tolist() for name in ("city", "amount", "source")}
    return {"id": frame[leads.mapping.used["id"]].tolist(), "created": created, **found}


def difference(way: Way, folder: Path, settings: Settings) -> tuple[str, str]:
    """Return the first difference of what is read from what was written, or else the question that was asked."""
    try:
        found = read(write(way, folder), settings)
    except LeadScoreError as error:
        return ("", str(error)) if _SAYS_WHERE_OR_WHAT.search(str(error)) else (f"{way}: {error}", "")
    for name, wanted in expected(way).items():
        if len(found[name]) != len(wanted):
            return f"{way}: {len(found[name])} of {len(wanted)} leads", ""
        unlike = next(((f, w) for f, w in zip(found[name], wanted, strict=True) if f != w), None)
        if unlike is not None:
            return f"{way}: {name} {unlike[0]!r} for {unlike[1]!r}", ""
    return "", ""


def differences(ways: Sequence[Way]) -> list[tuple[str, str]]:
    """Return the difference or the question of each way, both empty where the same leads were read."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = Settings(data_dir=folder / "kept")
        return [difference(way, folder, settings) for way in ways]
