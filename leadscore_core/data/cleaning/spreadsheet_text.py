"""Text that a spreadsheet took for something else, as it was before."""

import re

_KEPT_AS_TEXT = re.compile(r"=\"(.*)\"|'(.+)")
_FLOAT = re.compile(r"(\+?\d+)[.,]0+")


def unwrap(text: str) -> str:
    """Return a text as it was before a spreadsheet took it: without its quoting, and without ``.0`` behind digits.

    Examples
    --------
    >>> unwrap('="00123"'), unwrap("'0123"), unwrap("9876543000.0"), unwrap("A-1")
    ('00123', '0123', '9876543000', 'A-1')
    """
    bare = text.strip()
    quoted = _KEPT_AS_TEXT.fullmatch(bare)
    bare = (quoted[1] or quoted[2] or "").strip() if quoted else bare
    whole = _FLOAT.fullmatch(bare)
    return whole[1] if whole else bare
