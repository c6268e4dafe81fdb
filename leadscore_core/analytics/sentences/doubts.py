"""Sentences on what is doubtful about the leads that are counted."""

from leadscore_core.data.sentence import Sentence

_SECTION = "command line; JSON"
DOUBTS: dict[str, Sentence] = {
    "repeated": Sentence(
        _SECTION,
        "rows of the list have the id of an earlier row, or are the same as one",
        "{n} of {rows} rows repeat an earlier one (the same id, or the whole row). Each is counted, so intervals are "
        "shorter than they should be: take the repeated rows out first.",
        {"n": "3,000", "rows": "6,000"},
    ),
    "future": Sentence(
        _SECTION,
        "leads have a date after tomorrow",
        "{n} leads have a date in the future, up to {last}. Check how dates are read, and the list.",
        {"n": "120", "last": "30 Sep 2028"},
    ),
}
