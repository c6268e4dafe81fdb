"""Merging: the findings of a list's chunks, added up and judged for the whole list."""

from collections.abc import Iterable

from leadscore_core.data.cleaning.units import judge_units
from leadscore_core.data.findings import EXAMPLES, Finding, sort_findings

_OF_THE_FILE = frozenset({"required_column", "missing_column", "guessed_column", "chosen_column", "ambiguous_date"})


def merge_findings(chunks: Iterable[tuple[list[Finding], int]]) -> list[Finding]:
    """Add up the findings of consecutive chunks.

    Parameters
    ----------
    chunks
        Findings of a chunk and its number of rows, in order. What concerns the whole file is counted once; rows are
        counted on through the chunks, but for findings that name their files.
    """
    merged: dict[tuple[str, str], Finding] = {}
    total = 0
    for found, n_rows in chunks:
        for finding in found:
            shifted = finding.rows if finding.files else tuple(row + total for row in finding.rows)
            key = (finding.code, finding.column)
            before = merged.get(key)
            if before is None:
                merged[key] = finding.model_copy(update={"rows": shifted})
            elif finding.code not in _OF_THE_FILE:
                merged[key] = before.model_copy(
                    update={
                        "count": before.count + finding.count,
                        "rows": (before.rows + shifted)[:EXAMPLES],
                        "files": (before.files + finding.files)[:EXAMPLES],
                    }
                )
        total += n_rows
    judged = judge_units(f for f in merged.values() if f.code != "empty_column" or f.count == total)
    return sort_findings([f.model_copy(update={"share": f.count / total if total else 0.0}) for f in judged])
