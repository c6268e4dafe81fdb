"""Controls: what a page calls the choices that the core's messages name by the command line's options."""

import re

from pages.shared.sidebar import plain

QUESTION, OTHERWISE = "the question on this page", "Read otherwise"
_CONTROLS: tuple[tuple[str, str], ...] = (
    (r"choose comma or point for the column \(--decimal .+?=comma or =point\)", f"answer {QUESTION}"),
    (r"say so \(--decimal .+?=comma or =point\)", f"choose under {OTHERWISE}"),
    (r"choose which comes first \(--dates [^)]*\)", f"choose which comes first in {QUESTION}"),
    (r"say so \(--dates [^)]*\)", f"choose under {OTHERWISE}"),
    (r"say so \(--phone-region [A-Z]{2}\)", "choose the country beside Numbers without a country code"),
    (r", or say which they are \(--spend-column name=HEADER\)", ", or choose them under Columns of the file"),
    (r"Say which with --spend-year", "Say which under Columns of the file"),
    (r"name it \(--sheet .+?\)(?= if)", "choose it under Sheet"),
    (r"choose all sheets \(--sheet all\)", "choose all sheets under Sheet"),
    (r"Say which with --encoding", "Choose the words that look right under Words are read as"),
    (r"Give another --encoding, or none to have it found", "Choose another under Words are read as"),
    (r"choose with --encoding", "choose under Words are read as"),
    (r"give --positive (?=:)", "choose under Which of its values mean yes? "),
    (r"give --positive ", "choose under Which of its values mean yes? "),
    (r"--positive (?=['\"])", ""),
    (r", which --open VALUE names", ", which are left open"),
    (r"Name the one that does with --label", "Give the others another name"),
    (
        r"Name the outcome, for instance: --label '.+?', and its values that mean yes with --positive VALUE",
        "Choose the outcome's column, and which of its values mean yes",
    ),
    (r"Add --label COLUMN", "Name the outcome's column so that it says what it is"),
    (r"Name the outcome with --label COLUMN, where the command has it", "Choose the outcome's column"),
    (r" ?\(give it with --label\)", ""),
    (r" \(--crm-id (?:HEADER|none)\)", ""),
    (r" with --(?:label COLUMN|label|schema)", " on Retrain"),
)


def on_page(text: str) -> str:
    """Return a message of the core with a page's controls in the place of the command line's options.

    Examples
    --------
    >>> on_page("dates are read with the day first; if that is wrong, say so (--dates mdy or --dates ymd)")
    'dates are read with the day first; if that is wrong, choose under Read otherwise'
    """
    if "--" in text:
        for option, control in _CONTROLS:
            text = re.sub(option, control, text)
    return text


def plain_error(error: Exception) -> str:
    """Return what an error says, for a page."""
    return plain(on_page(str(error)))
