"""Outcome words: what one value says of a lead's outcome, by the table that everything shares (outcome_words.toml)."""

import os
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

_NOT_DECOMPOSED = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
_NUMBER = re.compile(r"([+-]?)(\d+)(?:[.,](\d+))?\s*(%?)")
FILLED = ":filled"  # what a person gives as the value that means yes where any does, and a blank cell means no
_STRONG = frozenset(
    {
        "won",
        "converted",
        "enrolled",
        "purchased",
        "bought",
        "sold",
        "gewonnen",
        "gekauft",
        "ganado",
        "ganada",
        "выиграна",
    }
)
_FAILED = frozenset(
    {
        "lost",
        "dead",
        "junk",
        "spam",
        "rejected",
        "disqualified",
        "unqualified",
        "verloren",
        "perdu",
        "perdido",
        "perdida",
    }
    | {"cancelled", "canceled", "declined", "withdrawn", "проиграна"}
)
_NOT_YET = frozenset(
    {"yet", "noch", "encore", "aun", "todavia", "ainda", "ancora", "nog", "jeszcze", "еще", "ще", "henuz"}
)


class Meaning(StrEnum):
    """What a value of an outcome means."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Words:
    yes: frozenset[str]
    no: frozenset[str]
    answers_no: frozenset[str]
    answers_yes: frozenset[str]
    weak_yes: frozenset[str]
    weak_no: frozenset[str]
    open: frozenset[str]
    negations: frozenset[str]
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    fillers: frozenset[str]
    pairs: dict[frozenset[str], str]
    marks: frozenset[str]


@cache
def _table() -> _Words:
    declared = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

    def words(section: str, name: str) -> frozenset[str]:
        return frozenset(map(plain_value, declared[section][name]))

    negations = words("negations", "words")
    answers_no = words("answers", "no")
    return _Words(
        yes=words("answers", "yes") | words("outcomes", "yes"),
        no=answers_no | words("outcomes", "no"),
        answers_no=answers_no,
        answers_yes=words("answers", "yes"),
        weak_yes=words("weak", "yes"),
        weak_no=words("weak", "no"),
        open=words("open", "words"),
        negations=negations,
        prefixes=tuple(map(plain_value, declared["negations"]["prefixes"])),
        suffixes=tuple(map(plain_value, declared["negations"]["suffixes"])),
        fillers=words("negations", "fillers"),
        pairs={
            frozenset({plain_value(yes), plain_value(no)}): plain_value(yes) for yes, no in declared["pairs"]["values"]
        },
        marks=words("pairs", "marks"),
    )


@lru_cache(maxsize=8192)
def plain_value(text: str) -> str:
    """Reduce a value to what matters: no case, accents or punctuation; numbers in one writing; a number before it off.

    Examples
    --------
    >>> [plain_value(text) for text in ("  Sí ", "Closed - Won", "ClosedWon", "1,0", "100%", "03. Lost!", "✔️", "-1.0")]
    ['si', 'closed won', 'closed won', '1', '1', 'lost', '✔', '-1']
    """
    text = " ".join(unicodedata.normalize("NFKC", text).replace("−", "-").split())
    number = _NUMBER.fullmatch(text)
    if number:
        return _plain_number(*number.groups(default=""))
    text = re.sub(r"^\d+\s*[.):=-]\s*(?=[^\W\d])", "", text)
    split = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", text).casefold().translate(_NOT_DECOMPOSED)
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if unicodedata.category(c) != "Mn")
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Mc" else " " for c in bare)
    plain = unicodedata.normalize("NFC", " ".join(words.split()))
    return plain or "".join(bare.split())


def _plain_number(sign: str, whole: str, fraction: str, percent: str) -> str:
    if percent and int(whole) in {0, 100} and not fraction.strip("0"):
        whole = whole if int(whole) == 0 else "1"
    number = str(int(whole)) + ("." + fraction.rstrip("0") if fraction.strip("0") else "")
    return ("-" if sign == "-" and number != "0" else "") + number


@lru_cache(maxsize=8192)
def value_meaning(text: str) -> Meaning:
    """Say what a value means by itself, whatever else its column holds.

    Examples
    --------
    >>> [str(value_meaning(text)) for text in ("Ja", "0.0", "✗", "Closed - Won", "Not converted", "New", "Group 1")]
    ['won', 'lost', 'lost', 'won', 'lost', 'open', 'unknown']
    """
    return _meaning(plain_value(text))


@lru_cache(maxsize=8192)
def answer_meaning(text: str) -> Meaning:
    """Say what a value answers to a question of yes or no, which no other word of an outcome does.

    Examples
    --------
    >>> [str(answer_meaning(text)) for text in ("Ja", "1.0", "✗", "नहीं", "Won", "2")]
    ['won', 'won', 'lost', 'lost', 'unknown', 'unknown']
    """
    return _listed(text, _table().answers_yes, _table().answers_no)


def filled_meaning(text: str) -> Meaning:
    """Say what a filled cell means where filled means yes, as of dates of conversion; a word that says no stays no.

    Examples
    --------
    >>> [str(filled_meaning(text)) for text in ("2026-03-04", "No", "0000-00-00", "Pending")]
    ['won', 'lost', 'lost', 'open']
    """
    digits = {char for char in text if char.isdigit()}
    if digits == {"0"} and not any(char.isalpha() for char in text):
        return Meaning.LOST
    meaning = value_meaning(text)
    return Meaning.WON if meaning is Meaning.UNKNOWN else meaning


def weak_meaning(text: str) -> Meaning:
    """Say what a value means where nothing in its column says it more plainly, such as Qualified or Accepted.

    Examples
    --------
    >>> str(weak_meaning("Qualified")), str(value_meaning("Qualified"))
    ('won', 'unknown')
    """
    return _listed(text, _table().weak_yes, _table().weak_no)


def _listed(text: str, yes: frozenset[str], no: frozenset[str]) -> Meaning:
    plain = plain_value(text)
    if plain in yes:
        return Meaning.WON
    return Meaning.LOST if plain in no else Meaning.UNKNOWN


def is_tick(text: str) -> bool:
    """Tell whether a value ticks a box, which is empty where it does not stand.

    Examples
    --------
    >>> is_tick("X"), is_tick("Yes")
    (True, False)
    """
    return plain_value(text) in _table().marks


@lru_cache(maxsize=8192)  # each value is looked at beside each other one
def _meaning(plain: str) -> Meaning:
    table = _table()
    direct = _direct(plain)
    if direct is not None:
        return direct
    words = plain.split()
    bare = " ".join(word for word in words if word not in table.fillers)
    if bare and bare != plain:
        direct = _direct(bare)
        if direct is not None:
            return direct
    if words and len(words) > 1:
        found = _of_several(words)
        if found is not Meaning.UNKNOWN:
            return found
    rest = next((plain.removeprefix(p) for p in table.prefixes if plain.startswith(p) and plain != p), "")
    if rest and (rest in table.yes - table.answers_yes or rest in table.weak_yes):
        return Meaning.LOST
    rest = next((plain.removesuffix(s) for s in table.suffixes if plain.endswith(s) and plain != s), "")
    return Meaning.LOST if rest and rest in table.yes else Meaning.UNKNOWN


def _direct(plain: str) -> Meaning | None:
    table = _table()
    if plain in table.no:
        return Meaning.LOST
    if plain in table.yes:
        return Meaning.WON
    return Meaning.OPEN if plain in table.open else None


def _of_several(words: list[str]) -> Meaning:
    """Say what several words mean: an answer and its reason, a word denied, one that decides, a stage with details."""
    table = _table()
    first, rest = words[0], " ".join(words[1:])
    last, before = words[-1], " ".join(words[:-1])
    if first in table.answers_no - {"x"} and len(first) > 1 and _direct(rest) is Meaning.LOST:
        return Meaning.LOST
    if (
        first in table.answers_yes
        and len(first) > 1
        and _direct(rest) is not Meaning.LOST
        and first not in table.fillers
    ):
        return Meaning.WON
    denied = [word for word in words if word in table.negations or (word in table.answers_no and not word.isdigit())]
    if denied:
        if _NOT_YET & set(words):
            return Meaning.OPEN
        affirmed = " ".join(w for w in words if w not in denied and w not in table.fillers)
        base = _direct(affirmed) if affirmed else None
        base = Meaning.WON if base is None and affirmed in table.weak_yes else base
        return Meaning.LOST if base is Meaning.WON else Meaning.OPEN if base is Meaning.OPEN else Meaning.UNKNOWN
    if last in table.answers_yes and len(last) > 1 and _direct(before) is not Meaning.LOST:
        return Meaning.WON
    said = {*words[:2], last}
    if said & _FAILED and not said & _STRONG:
        return Meaning.LOST
    if said & _STRONG and not said & _FAILED:
        return Meaning.WON
    for length in (3, 2, 1):
        if len(words) > length and " ".join(words[:length]) in table.open:
            return Meaning.OPEN
    return Meaning.UNKNOWN


def tell_apart(one: str, other: str) -> str | None:
    """Return which of two values means yes where they say so together: a pair of marks, or one denies the other.

    Examples
    --------
    >>> tell_apart("Lead not converted", "Lead converted"), tell_apart("✓", "x"), tell_apart("A", "B")
    ('Lead converted', '✓', None)
    """
    a, b = plain_value(one), plain_value(other)
    paired = _table().pairs.get(frozenset({a, b}))
    if paired is not None and a != b:
        return one if paired == a else other
    meanings = {_meaning(a): one, _meaning(b): other}
    if set(meanings) == {Meaning.WON, Meaning.LOST}:
        return meanings[Meaning.WON]
    if _denies(a, b) != _denies(b, a):
        yes, said = (other, b) if _denies(a, b) else (one, a)
        return yes if _meaning(said) is not Meaning.LOST else None
    words, others = a.split(), b.split()
    left = (
        " ".join(word for word in words if word not in others),
        " ".join(word for word in others if word not in words),
    )
    if all(left) and left != (a, b):
        found = {_meaning(left[0]): one, _meaning(left[1]): other}
        if set(found) == {Meaning.WON, Meaning.LOST}:
            return found[Meaning.WON]
    return _apart_within(one, other, a, b)


def _apart_within(one: str, other: str, a: str, b: str) -> str | None:
    """Tell two values apart by what is left beside their common beginning, in scripts that set no blanks."""
    same = len(os.path.commonprefix([a, b]))
    left = a[same:], b[same:]
    if same and all(left) and not (left[0] + left[1]).isascii():
        found = {_meaning(left[0]): one, _meaning(left[1]): other}
        if set(found) == {Meaning.WON, Meaning.LOST}:
            return found[Meaning.WON]
    return None


def _denies(one: str, other: str) -> bool:
    """Tell whether a plain value is another one denied."""
    table = _table()
    words, others = one.split(), other.split()
    affirmed = [word for word in words if word not in table.negations]
    if len(affirmed) < len(words) and not set(others) & table.negations:
        for drop in (frozenset[str](), table.fillers):
            left, right = ([_stem(w) for w in side if w not in drop] for side in (affirmed, others))
            if left and left == right:
                return True
    differing = [(w, o) for w, o in zip(words, others, strict=False) if w != o]
    if len(words) == len(others) and len(differing) == 1:
        word, base = differing[0]
        return any(word == p + base for p in table.prefixes) or any(word == base + s for s in table.suffixes)
    return False


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{4})(ed|es|e|s|d|n|t)$", "", word)
