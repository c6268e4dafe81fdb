"""Encoding of a text file, found from all of it: UTF-8 but for single bytes, or what makes its words plausible."""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# What exports are written in, the more common first: of two that give the same text the first is taken.
CANDIDATES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp932", "gb18030", "big5", "cp949",
    "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-15", "koi8-r", "euc_jp", "cp866", "cp852", "cp850", "mac_roman",
    "cp874",
)  # fmt: skip
_MULTIBYTE = {"cp932": "shift_jis", "gb18030": "gb2312", "big5": "big5", "cp949": "euc_kr", "euc_jp": "euc_jp"}
# how much more often exports are in these than in others, so that a few words are read as most would be
_USUAL = {"cp1252": 1.5, "cp1251": 1.1, **dict.fromkeys(("gb18030", "cp932", "big5", "cp949", "euc_jp"), 1.2)}
_USUAL |= dict.fromkeys(("cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "koi8-r", "iso8859-2", "iso8859-7"), 1.0)
_RARE, _ICELANDIC, _NOT_EASTERN = 0.7, 0.6, 0.6
_NEVER_EASTERN = re.compile("ń[aeiouy]|ă[oe]|[őű][aeo]|ę[aeiou]")  # as in ñ, ã, õ, û and ê of the West
# signs that may be the second byte of a letter stand between words only after an ASCII sign
_BETWEEN_WORDS = re.compile(rb"(?:[\x00-\x1f ,;\"]|(?<![\x80-\xff])[0-9@|^~])+")
_BLOCK = 4 << 20
_MOST_WORDS = 3_000
_NEAR = 0.04
_RIVAL = 0.8
_SHORT = 40  # different signs
_MOST_CANDIDATES = 10


@dataclass(frozen=True)
class EncodingGuess:
    """How a file's bytes are read.

    Attributes
    ----------
    name
        Of the codec.
    bad_lines
        Lines of a UTF-8 file with single bytes that are not UTF-8, each read as Windows-1252.
    rivals
        Others that are about as likely, each with a word as it reads it; the first is the guess. None where there is
        no doubt.
    candidates
        The guess, its rivals, and after them what else can read the file, the more plausible first, each with a word
        as it reads it; none of a file in UTF-8.
    doubts
        Where the text is short and East Asian: the guess and others that read it as well, each with a word.
    """

    name: str
    bad_lines: tuple[int, ...] = ()
    rivals: tuple[tuple[str, str], ...] = ()
    candidates: tuple[tuple[str, str], ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()


def guess_encoding(path: Path, *, is_utf8: bool) -> EncodingGuess:
    """Look through a whole file for what it is written in, if it is known not to be UTF-8."""
    if is_utf8:
        return EncodingGuess("iso2022_jp" if _has_shifts(path) else "utf-8")
    valid = good = 0
    bad: list[int] = []
    words: dict[bytes, None] = {}
    line = 0
    with path.open("rb") as file:
        for block in _whole_lines(file):
            try:
                text = block.decode("utf-8")
                valid += len(block) - len(text)
                good += len(text) < len(block)
                line += block.count(b"\n")
                continue
            except UnicodeDecodeError:
                pass
            for raw in block.splitlines(keepends=True):
                line += 1
                if raw.isascii():
                    continue
                text = raw.decode("utf-8", "ignore")
                lost = len(raw) - len(text.encode())
                valid += len(raw) - len(text) - lost
                bad += [line] if lost else []
                good += not lost
                if lost and len(words) < _MOST_WORDS:
                    words.update(dict.fromkeys(_words(raw)))
    if good and valid > 2 * len(bad):  # where no line is UTF-8, pairs of bytes that could be are chance
        return EncodingGuess("utf-8", tuple(bad))
    return _most_plausible(list(words))


def _has_shifts(path: Path) -> bool:
    """Tell whether a file changes between sets of letters as ISO-2022-JP does, in bytes that are ASCII."""
    with path.open("rb") as file:
        return b"\x1b$" in file.read(_BLOCK)


def bad_lines(path: Path) -> tuple[int, ...]:
    """Return the lines of a file that are not UTF-8."""
    found = []
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                found.append(number)
    return tuple(found)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while block := file.read(_BLOCK):
        end = block.rfind(b"\n") + 1
        if end:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
    if rest:
        yield rest


def _words(raw: bytes) -> list[bytes]:
    return [part for part in _BETWEEN_WORDS.split(raw) if not part.isascii()]


def _decode(raw: bytes, encoding: str, errors: str = "strict") -> str:
    return re.sub(r"[0-9@|^~]+", " ", raw.decode(encoding, errors)).strip()


def _most_plausible(words: Sequence[bytes]) -> EncodingGuess:
    sample = b" ".join(words)
    texts = _readings(sample)
    if not texts:
        return EncodingGuess("latin_1")
    alike = {name: (text, name if name in _MULTIBYTE else "") for name, text in texts.items()}
    worth = {(text, name): plausibility(text, name) for text, name in alike.values()}
    scores = {name: worth[alike[name]] for name in texts}
    best = max(scores.values())
    left = [name for name in texts if scores[name] >= best - _NEAR]
    if len({texts[name] for name in left}) == 1:
        return EncodingGuess(left[0], candidates=_candidates(words, [left[0]], texts, scores))
    weight = _weigh(sample, left, texts)
    first = max(left, key=lambda name: (weight[name], scores[name], -CANDIDATES.index(name)))
    first = next(name for name in CANDIDATES if name in left and texts[name] == texts[first])
    rivals, seen = [first], {texts[first]}
    for name in sorted(left, key=lambda name: -weight[name]):
        if texts[name] not in seen and weight[name] >= _RIVAL * weight[first]:
            rivals.append(name)
            seen.add(texts[name])
    read = _candidates(words, rivals, texts, scores)
    if len(rivals) == 1:
        return EncodingGuess(first, candidates=read, doubts=_doubts(first, left, texts, read))
    return EncodingGuess(first, rivals=tuple(pair for pair in read if pair[0] in rivals), candidates=read)


def _readings(sample: bytes) -> dict[str, str]:
    """Return what each encoding that can read the bytes makes of them."""
    texts: dict[str, str] = {}
    for name in CANDIDATES:
        with suppress(UnicodeDecodeError):
            texts[name] = _decode(sample, name)
    return texts


def _weigh(sample: bytes, left: Sequence[str], texts: dict[str, str]) -> dict[str, float]:
    """Return how likely each of the encodings is that read the bytes equally well."""
    weights = _weights(sample)
    weight = {name: weights.get(_plain(name), 0.0) * _USUAL.get(name, _RARE) for name in left}
    if "cp1252" in weight and re.search("[ðþÐÞ]", texts["cp1252"]):
        weight["cp1252"] *= _ICELANDIC
    for name in weight.keys() & {"cp1250", "iso8859-2"}:
        weight[name] *= _NOT_EASTERN if _NEVER_EASTERN.search(texts[name]) else 1.0
    for name in left:  # what gives the same text is as likely
        weight[name] = max(weight[other] for other in left if texts[other] == texts[name])
    return weight


def _doubts(
    first: str, left: Sequence[str], texts: dict[str, str], read: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Return which East Asian encodings read a short text equally well; none where there is one only."""
    alike = [name for name in left if name in _MULTIBYTE]
    signs = {sign for sign in texts[first] if not sign.isascii()}
    if first not in _MULTIBYTE or len(signs) > _SHORT:
        return ()
    found = tuple(pair for pair in read if pair[0] in alike)
    return found if len(found) > 1 else ()


def _candidates(
    words: Sequence[bytes], rivals: Sequence[str], texts: dict[str, str], scores: dict[str, float]
) -> tuple[tuple[str, str], ...]:
    """Return the rivals and what else can read the words, each with the first word that they read differently."""
    apart = rivals if len(rivals) > 1 else list(texts)
    differing = next((word for word in words if len({_decode(word, name, "replace") for name in apart}) > 1), words[0])
    result: dict[str, str] = {}
    for name in [*rivals, *sorted(texts, key=lambda name: -scores[name])]:
        result.setdefault(_decode(differing, name, "replace"), name)
    return tuple((name, word) for word, name in result.items())[:_MOST_CANDIDATES]


def _plain(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


def _weights(sample: bytes) -> dict[str, float]:
    import chardet  # only exports in old encodings need it

    found: dict[str, float] = {}
    for result in chardet.detect_all(sample[: 64 << 10], ignore_threshold=True):
        name = _plain(str(result["encoding"] or ""))
        found[name] = max(found.get(name, 0.0), float(result["confidence"] or 0.0))
    return found


def plausibility(text: str, encoding: str) -> float:
    """Return how much a text looks like words: 1 for letters of one script in usual cases, less for anything else.

    Examples
    --------
    >>> plausibility("łódź kraków", "cp1250") > plausibility("³ódŸ kraków", "cp1252")
    True
    """
    worth = total = 0.0
    for word in text.split():
        previous = ""
        foreign = sum(1 for sign in word if not sign.isascii())
        latin = any(sign.isascii() and sign.isalpha() for sign in word)
        for sign in word:
            if not sign.isascii():
                total += 1
                worth += _worth(sign, previous, latin, encoding)
                if foreign > 2 and foreign > 0.7 * len(word) and "LATIN" in unicodedata.name(sign, ""):
                    worth -= 0.5
            previous = sign
    return worth / total if total else 0.0


def _worth(sign: str, previous: str, latin: bool, encoding: str) -> float:
    kind = unicodedata.category(sign)
    if kind.startswith("C"):
        return -2.0
    if kind == "Lo" and encoding in _MULTIBYTE and ord(sign) >= 0x2E80:
        return 1.0 if _is_common(sign, encoding) else 0.7
    if kind.startswith("L") or kind.startswith("M"):
        script = unicodedata.name(sign, "").split(" ")[0]
        if latin and script not in ("LATIN", "FEMININE", "MASCULINE"):
            return 0.0 if script in ("CYRILLIC", "GREEK", "HEBREW", "ARABIC") else 0.5
        if previous.islower() and sign.isupper():
            return 0.0
        return 0.6 if sign in "ªºƒˆ˜µ" else 1.0
    if sign in "–—‘’“”„…€°§®©«»·\u00a0" and not (previous.isalpha() and sign not in "’"):
        return 0.7
    return 0.1


def _is_common(sign: str, encoding: str) -> bool:
    """Tell whether a sign is of the first level of its standard."""
    try:
        first = sign.encode(_MULTIBYTE[encoding])[0]
    except UnicodeEncodeError:
        return False
    levels = {"cp932": (0x82, 0x97), "gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "cp949": (0xB0, 0xC8)}
    low, high = levels.get(encoding, (0xA4, 0xCF))
    return low <= first <= high


def mend_bytes(error: UnicodeError) -> tuple[str, int]:
    """Read single bytes that are not UTF-8 as Windows-1252; for `codecs.register_error`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


MEND = "leadscore-mend"
codecs.register_error(MEND, mend_bytes)
