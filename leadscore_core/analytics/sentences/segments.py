"""Sentences on segments far from the average."""

from leadscore_core.data.sentence import Sentence

_SECTION = "Sources, Segments; report"
_EXAMPLE = {
    "rate": "3.1%",
    "low": "2.0%",
    "high": "4.7%",
    "n": "1,111",
    "share": "6%",
    "difference": "520",
    "plural": "conversions",
    "more": "fewer",
    "at_average": "554",
}
SEGMENTS: dict[str, Sentence] = {
    "counted": Sentence(
        _SECTION,
        "outcomes are known, and the whole interval lies a fifth from the average, corrected for the search",
        "{rate} ({low} to {high}) of {n} leads, {share} of all: {difference} {plural} {more} than the {at_average} "
        "that the average brings",
        _EXAMPLE,
    ),
    "union": Sentence(
        _SECTION,
        "outcomes are known, and several groups are listed",
        "Together these {groups} groups are {n} leads, {share} of all: {difference} {plural} {more} than at the "
        "average. They overlap: added up one by one they would be {sum}.",
        _EXAMPLE | {"groups": "10", "sum": "1,666"},
    ),
    "union_expected": Sentence(
        _SECTION,
        "no outcomes are counted, and several groups are listed",
        "Together these {groups} groups are {n} leads, {share} of all: {difference} {plural} {more} are expected than "
        "at the average. They overlap: added up one by one they would be {sum}.",
        _EXAMPLE | {"groups": "10", "sum": "1,666"},
    ),
    "overlap": Sentence(
        _SECTION,
        "some of the group's leads are in a group that is listed before it",
        "{shared} of its leads are in groups above, most in {other}; beyond these it adds {adds}",
        {"shared": "62%", "other": "Platform Level3", "adds": "41"},
    ),
    "expected": Sentence(
        _SECTION,
        "no outcomes are counted, and the expected rate lies a fifth from the average",
        "{rate} expected of {n} leads, {share} of all: {difference} {plural} {more} are expected than the {at_average} "
        "that are expected at the average",
        _EXAMPLE,
    ),
}
