"""Result words: what a status in a file says of a contact attempt, and what results are called for a company."""

import tomllib
from functools import cache
from pathlib import Path

from leadscore_core.data.cleaning.outcome_words import Meaning, answer_meaning, plain_value, value_meaning
from leadscore_core.outcome import OutcomeWords, capital
from leadscore_core.storage.database.contact_states import RESULTS

NOTHING, NOT_CONVERTED = "nothing", "not_converted"


def result_labels(words: OutcomeWords) -> dict[str, str]:
    """Return what each result is called where the outcome has a company's own word.

    Examples
    --------
    >>> result_labels(OutcomeWords())["converted"], result_labels(OutcomeWords())["busy"]
    ('Converted', 'Busy')
    """
    own = f"{capital(words.singular)} {words.past}" if words.is_step else capital(words.past)
    return RESULTS | {"converted": own, "call_back": "Call back"}


def status_labels(words: OutcomeWords) -> dict[str, str]:
    """Return what a status in a file can mean: a result, that the outcome did not come, or nothing.

    Examples
    --------
    >>> list(status_labels(OutcomeWords()).values())[-2:]
    ['Not converted, whether or not called', 'Not called, or nothing to tell']
    """
    none = f"No {words.singular} {words.past}" if words.is_step else f"Not {words.past}"
    more = {NOT_CONVERTED: f"{none}, whether or not called", NOTHING: "Not called, or nothing to tell"}
    return result_labels(words) | more


def guess_result(status: str, words: OutcomeWords) -> str | None:
    """Return the result that a status says, or None where it is not clear.

    It is `NOTHING` where nobody called, and `NOT_CONVERTED` where the status is a bare no, which tells of no call.

    Examples
    --------
    >>> [guess_result(text, OutcomeWords()) for text in ("RNR", "Closed - Won", "No answer 2", "Nicht erreicht", "B2")]
    ['no_answer', 'converted', 'no_answer', 'no_answer', None]
    """
    plain = plain_value(status)
    own = {plain_value(label): result for result, label in result_labels(words).items()}
    if not plain:
        return NOTHING
    found = own.get(plain) or _phrases().get(plain)
    if found is not None:
        return found
    start, _, number = plain.rpartition(" ")
    if number.isdigit() and start in _phrases():
        return _phrases()[start]
    if answer_meaning(status) is Meaning.LOST:
        return NOT_CONVERTED
    meaning = value_meaning(status)
    if meaning in {Meaning.WON, Meaning.LOST}:
        return "converted" if meaning is Meaning.WON else "not_interested"
    parts = plain.split()
    starts = {_phrases().get(" ".join(parts[:length])) for length in range(2, len(parts))} - {None}
    return starts.pop() if len(starts) == 1 else None


@cache
def _phrases() -> dict[str, str]:
    """Return each phrase of the table with its result."""
    declared = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        plain_value(phrase): result
        for result, languages in declared.items()
        for phrases in languages.values()
        for phrase in phrases
    }
