"""Former names: what a report of sources was called in up to version 0.2, kept beside the names of today."""

from typing import Any

_OF_REPORTS = {
    "segments_below": "leaks",
    "segments_above": "chances",
    "segments_below_together": "leaks_together",
    "segments_above_together": "chances_together",
}
_OF_GROUPS = {
    "composition": "mix",
    "composition_low": "mix_low",
    "composition_high": "mix_high",
    "residual": "own",
    "residual_low": "own_low",
    "residual_high": "own_high",
    "residual_verdict": "own_verdict",
    "residual_without": "own_without",
    "residual_depends_on": "own_depends_on",
}


def with_former_names(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report, and each group of its blocks, with its former names too.

    Examples
    --------
    >>> with_former_names({"segments_below": [], "by": [{"groups": [{"residual": 0.1}]}]})
    {'segments_below': [], 'by': [{'groups': [{'residual': 0.1, 'own': 0.1}]}], 'leaks': []}
    """
    blocks = [block | {"groups": [_beside(group, _OF_GROUPS) for group in block["groups"]]} for block in report["by"]]
    return _beside(report | {"by": blocks}, _OF_REPORTS)


def _beside(named: dict[str, Any], former: dict[str, str]) -> dict[str, Any]:
    return named | {was: named[name] for name, was in former.items() if name in named}
