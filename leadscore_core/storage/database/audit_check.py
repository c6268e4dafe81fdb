"""Whether the audit is as it was written: each row's hash, the chain, and the anchors beside the database."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from leadscore_core.access.permissions import Action
from leadscore_core.access.person import needs
from leadscore_core.config import Settings
from leadscore_core.storage.database.audit import START, AuditEntry, anchors_path, walk_audit

_MOST_SAID = 20


@dataclass
class AuditVerdict:
    """What a check of the audit found.

    Attributes
    ----------
    rows
        How many there are.
    head
        Hash of the last one, which stands for all of them; kept elsewhere, it shows later whether any was changed.
    faults
        Which rows were changed, removed or added, in words; empty where the audit holds.
    unanchored
        Rows at the end that the file beside the database does not know; they could be cut off unseen.
    """

    rows: int = 0
    head: str = START
    faults: list[str] = field(default_factory=list)
    unanchored: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, removed or added."""
        return not self.faults


@needs(Action.READ_AUDIT)
def verify_audit(settings: Settings, *, head: str = "") -> AuditVerdict:
    """Check every row of the audit.

    Somebody who can write both the database and the file of anchors can cut off the newest rows of both; only a head
    that was kept elsewhere shows that.

    Parameters
    ----------
    head
        A row's hash as an earlier check gave it, which must still be there.

    Raises
    ------
    StorageError
        If the database cannot be read.
    """
    verdict = AuditVerdict()
    anchors = read_anchors(anchors_path(settings))
    known: set[str] = set()
    expected, before = 1, START
    for entry in walk_audit(settings):
        for fault in _faults(entry, expected, before, anchors.get(entry.number)):
            _say(verdict, fault)
        known.add(entry.hash)
        expected, before = entry.number + 1, entry.hash
        verdict.rows += 1
        verdict.head = entry.hash
    cut = [number for number in anchors if number >= expected]
    if cut:
        _say(verdict, f"{_span(expected, max(cut))} removed from the end")
    if head and head not in known | {START}:
        _say(verdict, f"no row has the hash {head[:12]}… that was kept of an earlier check")
    verdict.unanchored = max(0, expected - 1 - max((n for n in anchors if n < expected), default=0))
    return verdict


def read_anchors(path: Path) -> dict[int, str]:
    """Return number -> hash of the rows that the file beside the database knows; of two for a number the first."""
    found: dict[int, str] = {}
    with suppress(OSError), path.open(encoding="ascii", errors="replace") as file:
        for line in file:
            number, _, digest = line.strip().partition(" ")
            if number.isdigit() and len(digest) == len(START):
                found.setdefault(int(number), digest)
    return found


def _faults(entry: AuditEntry, expected: int, before: str, anchor: str | None) -> Iterator[str]:
    if entry.number != expected:
        yield f"{_span(expected, entry.number - 1)} removed"
    elif entry.previous_hash != before:
        yield f"row {entry.number:,} does not follow the row before it: one of them was exchanged"
    if entry.own_hash() != entry.hash:
        yield f"row {entry.number:,} was changed after it was written"
    elif anchor is not None and anchor != entry.hash:
        yield f"row {entry.number:,} is not the one that was written: the file of anchors has another hash"


def _span(first: int, last: int) -> str:
    return f"row {first:,} was" if first == last else f"rows {first:,} to {last:,} were"


def _say(verdict: AuditVerdict, fault: str) -> None:
    if len(verdict.faults) < _MOST_SAID:
        verdict.faults.append(fault)
    elif len(verdict.faults) == _MOST_SAID:
        verdict.faults.append("and more")
