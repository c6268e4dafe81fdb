"""Text of others, shown as it is: no formatting, no link, no picture, whoever wrote it."""

import re

_MARKS = re.compile(r"([\\`*\[\]<>$~:#|!&]|(?<![^\W_])_|_(?![^\W_]))")  # within a word _ means nothing
_MARKS_OF_DOCUMENTS = re.compile(r"([\\`*\[\]<>$~|&]|(?<![^\W_])_|_(?![^\W_])|^#)")
_BEGINS = re.compile(r"^(\d*)([-+.)=])")
_JOINER = "\u2060"  # nobody sees it; what looks for links, icons and arrows in finished text does not see across it
_FINISHED = re.compile(
    r"(?<=https:)(?=//)|(?<=http:)(?=//)|(?<=\bwww)(?=\.)|(?<=[-\w.+])(?=@[-\w])"  # links
    r"|(?<=:)(?=material/|streamlit:)"  # icons
    r"|(?<=(?<!\S)[-<>~])(?=(?:->|[->=])(?!\S))",  # arrows and dashes that stand alone
    re.IGNORECASE,
)


def plain_markdown(text: object) -> str:
    r"""Return text for a place that reads Markdown, so that it is shown as it is, on one line.

    What Markdown marks is escaped. What a page looks for in the finished text nevertheless (links, icons, arrows) is
    parted by a character that is not seen.

    Examples
    --------
    >>> plain_markdown("[x](y) *now*\n# loud")
    '\\[x\\](y) \\*now\\* \\# loud'
    >>> plain_markdown("https://a.b").split("\u2060")
    ['https\\:', '//a.b']
    """
    parted = _FINISHED.sub(_JOINER, " ".join(str(text).split()))
    return _BEGINS.sub(r"\1\\\2", _MARKS.sub(r"\\\1", parted))


def plain_in_document(text: object) -> str:
    r"""Return text for a document in Markdown that is read outside our pages, as it is, on one line.

    Colons and most underscores mean nothing there, and stay as they are.

    Examples
    --------
    >>> plain_in_document("lead_source: <b>[x](y)</b>")
    'lead_source: \\<b\\>\\[x\\](y)\\</b\\>'
    """
    parted = _FINISHED.sub(_JOINER, " ".join(str(text).split()))
    return _BEGINS.sub(r"\1\\\2", _MARKS_OF_DOCUMENTS.sub(r"\\\1", parted))
