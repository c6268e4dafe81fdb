"""Text: cells as text, normalised, each distinct text looked at once."""

import unicodedata

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# what programs and people write for "nothing", in lower case: blank in every schema
ALWAYS_BLANK = frozenset(
    ("…", "...", "—", "–", "n/a", "n.a.", "n.a", "#n/a", "#na", "<na>", "nan", "-none-", "--none--", "(none)", "[none]")
    + ("<none>", "null", "<null>", "(null)", "[null]", "nil", "\\n", "undefined", "(undefined)", "unknown", "(unknown)")
    + ("not set", "(not set)", "not provided", "(not provided)", "not specified", "(not specified)", "not available")
    + ("no value", "(no value)", "unspecified", "(blank)", "[blank]", "(empty)", "--select--", "-select-", "- select -")
    + ("-- select --", "please select", "select one", "please choose", "choose one", "#ref!", "#value!", "#null!")
    + ("#div/0!", "#num!", "#name?", "n/d", "s/d", "k.a.", "keine angabe", "nicht angegeben", "non renseigné")
)
# the same where the column says so: NA may be a region, and none an answer
MAYBE_BLANK = frozenset(
    ("-", "--", "---", ".", "..", "?", "??", "na", "none", "select", "choose", "blank", "empty", "tbd")
)
# zero-width and bidirectional marks, soft hyphens, byte order marks: never part of a value's ends
INVISIBLE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063"
INVISIBLE += "\u2064\u2066\u2067\u2068\u2069\ufeff"
_ANYWHERE = dict.fromkeys(
    map(ord, INVISIBLE.replace("\u200c", "").replace("\u200d", ""))
)  # scripts join with these two
_FEW = 1_000
_EXACT = 1e15
_BLANKS_TO_MEND = r"^\s|\s$|\s\s|[\t\n\v\f\r\x1c-\x1f]"


def as_text(cells: pd.Series) -> pd.Series:
    """Return cells as text of dtype ``str``, whole numbers without ``.0``, missing as NaN.

    Examples
    --------
    >>> as_text(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', nan]
    """
    if isinstance(cells.dtype, pd.StringDtype):
        return cells.astype("str")
    if pd.api.types.is_bool_dtype(cells):
        return cells.map({True: "1", False: "0"}).astype("str")
    if pd.api.types.is_float_dtype(cells):
        values = cells.to_numpy(dtype="float64", na_value=np.nan)
        whole = np.isfinite(values) & (values == np.trunc(values)) & (np.abs(values) < _EXACT)
        text = [
            str(int(v)) if w else (None if np.isnan(v) else repr(v))
            for v, w in zip(values.tolist(), whole.tolist(), strict=True)
        ]
        return pd.Series(text, index=cells.index, dtype="str")
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return as_text(pd.Series(cells.cat.categories)).reindex(cells.cat.codes).set_axis(cells.index).astype("str")
    return pd.Series([_cell_text(cell) for cell in cells.tolist()], index=cells.index, dtype="str")


def _cell_text(cell: object) -> str | None:
    """Write one cell as its whole column would be written if all cells had its type."""
    if _missing(cell):
        return None
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    return str(cell)


def is_text(cells: pd.Series) -> bool:
    """Tell whether a column's cells may be text, whose writing says something."""
    return isinstance(cells.dtype, pd.StringDtype | pd.CategoricalDtype) or cells.dtype == object


def _missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))


def clean_text(
    cells: pd.Series, missing_marks: tuple[str, ...] = ("",), *, lower: bool = False, categories: bool = False
) -> pd.Series:
    """Normalise text: Unicode NFKC, blanks trimmed and single, missing marks as NaN.

    Parameters
    ----------
    cells
        Cells of any type.
    missing_marks
        Lower-case text that means "missing".
    lower
        Whether case is dropped.
    categories
        Whether categories come as categories.

    Examples
    --------
    >>> clean_text(pd.Series(["  New  Delhi ", "Select", None]), ("", "select"), lower=True).tolist()
    ['new delhi', nan, nan]
    """
    codes, levels = clean_levels(cells, missing_marks, lower=lower)
    if categories and isinstance(cells.dtype, pd.CategoricalDtype):
        places, unique = pd.factorize(pd.array(levels, dtype="str"))  # cells written differently may be one text
        return pd.Series(pd.Categorical.from_codes(np.append(places, -1)[codes], unique), index=cells.index)
    return pd.Series(pd.array(levels, dtype="str").take(codes, allow_fill=True), index=cells.index)


def filled_cells(cells: pd.Series, missing_marks: tuple[str, ...] = ("",)) -> np.ndarray:
    """Tell which cells hold something, as `clean_text` sees it.

    Examples
    --------
    >>> filled_cells(pd.Series(["Pune", " Select ", None]), ("", "select")).tolist()
    [True, False, False]
    """
    sure = np.zeros(len(cells), dtype=bool)
    telling = "".join(sign for sign in "@0123456789" if not any(sign in mark for mark in missing_marks))
    if isinstance(cells.dtype, pd.StringDtype) and telling:  # an address or a number is no mark
        sure = cells.str.contains(telling[0], regex=False, na=False).to_numpy(dtype=bool, copy=True)
        sure[~sure] = cells[~sure].str.contains(f"[{telling}]", na=False)
    if sure.all():
        return sure
    codes, levels = clean_levels(cells[~sure], missing_marks, lower=False)
    known: np.ndarray = levels.is_valid().to_numpy(zero_copy_only=False)
    sure[~sure] = np.append(known, False)[codes]
    return sure


def arrow_text(cells: pd.Series) -> pa.Array | None:
    """Return a column of text as Arrow keeps it, large_string, or None for another kind of column."""
    if not isinstance(cells.dtype, pd.StringDtype):
        return None
    text = pa.array(cells)
    text = one_array(text) if isinstance(text, pa.ChunkedArray) else text
    return text if pa.types.is_large_string(text.type) else text.cast(pa.large_string())


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece, which is not copied where it is one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _array(text: pd.Series) -> pa.Array:
    return pc.fill_null(arrow_text(text), "")


def text_ends(text: pa.Array) -> np.ndarray:
    """Return where each text of Arrow's begins among its bytes, and last where the last one ends; not copied."""
    width = "int64" if pa.types.is_large_string(text.type) else "int32"
    ends = text.buffers()[1]
    if ends is None or not len(text):
        return np.zeros(len(text) + 1, dtype=width)
    return np.frombuffer(ends, dtype=width)[text.offset : text.offset + len(text) + 1]


def has_text(text: pa.Array) -> np.ndarray:
    """Tell of each text whether it is neither empty nor missing.

    Examples
    --------
    >>> has_text(pa.array(["", "3", None])).tolist()
    [False, True, False]
    """
    ends = text_ends(text)
    filled: np.ndarray = ends[1:] > ends[:-1]
    return filled & text.is_valid().to_numpy(zero_copy_only=False) if text.null_count else filled


def _distinct(cells: pd.Series) -> tuple[np.ndarray, pa.Array]:
    """Return each cell's place among the distinct texts, -1 for missing, and the texts."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy(), pa.array(as_text(pd.Series(cells.cat.categories)), type=pa.large_string())
    text = as_text(cells)
    if len(text) > _FEW and text.iloc[:_FEW].is_unique:  # hardly worth looking for what repeats
        return np.where(text.isna(), -1, np.arange(len(text))), _array(text)
    codes, levels = pd.factorize(text)
    return codes, pa.array(levels, type=pa.large_string())


def clean_levels(cells: pd.Series, missing_marks: tuple[str, ...], *, lower: bool) -> tuple[np.ndarray, pa.Array]:
    """Return each cell's place among clean texts, -1 for missing, and the texts, which may repeat; null for a mark."""
    codes, text = _distinct(cells)
    plain = pc.and_(pc.string_is_ascii(text), pc.invert(pc.match_substring_regex(text, _BLANKS_TO_MEND)))
    odd = np.flatnonzero(~plain.to_numpy(zero_copy_only=False))
    if len(odd):
        mended = [_mended(value) for value in text.take(pa.array(odd)).to_pylist()]
        mask = np.zeros(len(text), dtype=bool)
        mask[odd] = True
        text = pc.replace_with_mask(text, pa.array(mask), pa.array(mended, type=pa.large_string()))
    small = _lower(text, odd)
    is_mark = pc.is_in(small, value_set=pa.array(list(missing_marks), type=pa.large_string()))
    return codes, pc.if_else(is_mark, pa.scalar(None, type=pa.large_string()), small if lower else text)


def _mended(value: str) -> str:
    """Return a text in Unicode NFKC, blanks single, digits of 0 to 9, invisible marks gone: joiners at its ends."""
    plain = unicodedata.normalize("NFKC", value)
    if not plain.isascii():
        plain = _plain_digits(plain.translate(_ANYWHERE).strip(INVISIBLE + " "))
    return " ".join(plain.split())


def ascii_digits(texts: pa.Array) -> pa.Array:
    """Return texts of Arrow's with the digits of any script as 0 to 9; those of ASCII alone are not looked at.

    Examples
    --------
    >>> ascii_digits(pa.array(["१२३ रु", "١٢/٠٣", "１２", "12", None])).to_pylist()
    ['123 रु', '12/03', '12', '12', None]
    """
    odd = pc.invert(pc.string_is_ascii(texts)).fill_null(False)
    if not pc.any(odd).as_py():
        return texts
    some = [_plain_digits(text) for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(some, type=texts.type))


def _plain_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(sign, sign)) if not sign.isascii() else sign for sign in text)


def _lower(text: pa.Array, odd: np.ndarray) -> pa.Array:
    """Return text in lower case; what is not plain ASCII as Python does it."""
    small = pc.ascii_lower(text)
    if not len(odd):
        return small
    mask = np.zeros(len(text), dtype=bool)
    mask[odd] = True
    lowered = [value.lower() for value in text.take(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(small, pa.array(mask), pa.array(lowered, type=pa.large_string()))


def split_values(text: str, mark: str) -> list[str]:
    """Return the values of one cell, each once.

    Examples
    --------
    >>> split_values("Web; Fair ;;Web", ";")
    ['Web', 'Fair']
    """
    return list(dict.fromkeys(value for piece in text.split(mark) if (value := " ".join(piece.split()))))
