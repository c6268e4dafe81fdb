"""Junk names: test entries, and keys struck at random."""

import re

_TEST_WORD = (
    r"test(?:er|ing|\d+)?|abcd?e?|xyz|dummy|fake|asdf?|qwe(?:rty)?|zxcv|none|null|noname|anonymous|unknown|user|admin|"
    r"sample|demo|foo|bar|foobar|nobody|aaa|bbb|xxx|hello|name|firstname|lastname|\d+"
)
_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_MASH_LENGTH = 4


def is_test_name(text: str) -> bool:
    """Tell whether a name is a test entry or keys struck at random; names in other scripts than Latin never are.

    Examples
    --------
    >>> [is_test_name(name) for name in ("Test", "asdfgh", "xxxxx", "Anne Roy", "Nguyen Ng", "आशा")]
    [True, True, True, False, False, False]
    """
    words = re.findall(r"[a-z0-9]+", text.casefold())
    if not words or not text.isascii():
        return False
    return all(re.fullmatch(_TEST_WORD, word) or _is_mashed(word) for word in words)


def _is_mashed(word: str) -> bool:
    if len(word) < _MASH_LENGTH:
        return False
    if len(set(word)) == 1:
        return True
    along = sum(
        any(pair in row or pair[::-1] in row for row in _KEY_ROWS)
        for pair in map("".join, zip(word, word[1:], strict=False))
    )
    return along >= _MASH_LENGTH - 1 and along >= 0.8 * (len(word) - 1)
