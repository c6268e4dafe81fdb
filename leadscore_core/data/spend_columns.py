"""Columns of a file of spend: which header gives names, amounts, periods and currency, in anybody's words."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import pandas as pd

from leadscore_core.data.cleaning.text import as_text
from leadscore_core.data.reading.footer_words import is_total_text
from leadscore_core.data.schema.header_words import named_role
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.spend_months import lacks_year, read_period
from leadscore_core.errors import SpendError

_WORDS = {
    "name": "source origin medium campaign channel platform name quelle herkunft kanal kampagne canal "
    "campagne fuente campaña campana fonte campanha źródło zródło kampania kanał bron "
    "kanaal källa kampanj kilde источник канал кампания kaynak kampanya kanalı zdroj "
    "kampaň forrás kampány 来源 渠道 媒体 广告系列 流入元 媒体名 キャンペーン 출처 채널 매체 캠페인 स्रोत अभियान المصدر "
    "القناة الحملة",
    "amount": "amount spend spent cost costs budget betrag kosten ausgaben aufwand summe montant "
    "coût cout dépense dépenses depense depenses importe gasto gastos coste costo "
    "inversión importo spesa costi valor valore despesa custo investimento kwota koszt "
    "koszty wydatki bedrag uitgaven belopp kostnad kostnader utgifter beløb udgift "
    "udgifter сумма расход расходы затраты стоимость бюджет tutar harcama maliyet bütçe "
    "částka náklady výdaje összeg költség 金额 花费 费用 消耗 金額 費用 支出 コスト 금액 비용 광고비 राशि खर्च "
    "लागत المبلغ التكلفة الإنفاق",
    "currency": "currency ccy währung devise moneda divisa moeda valuta waluta валюта para birimi "
    "měna pénznem 币种 货币 通貨 통화 मुद्रा العملة",
    "start": "from start starts since von ab beginn du début debut desde inicio início dal da "
    "inizio od van från fra с начало başlangıç začátek kezdet 开始 开始日期 開始 開始日 시작 시작일 से من",
    "end": "to end ends until bis ende au fin hasta al fine até fim do tot einde till slut til "
    "по конец bitiş konec vége 结束 结束日期 終了 終了日 종료 종료일 तक إلى",
    "period": "month period date day monat zeitraum datum tag mois période periode mes fecha "
    "período periodo mese data mês miesiąc okres maand månad måned dag месяц период дата "
    "ay tarih dönem měsíc hónap dátum 月 月份 日期 期間 年月 월 기간 날짜 महीना तारीख الشهر التاريخ",
}
WORDS = {what: tuple(dict.fromkeys(words.split())) for what, words in _WORDS.items()}
KINDS = ("source", "medium", "campaign", "platform")
LEAST_WITHIN = 3  # letters of a word that is looked for inside a header of several
_CHINESE = "\u3000"
_MOST_TITLES = 20
_LEAST_KNOWN = 0.5
_FIRST_DAY = re.compile(r"^(\d{4}-\d{1,2})-0?1(?:[t ]00:00(?::00)?)?$")  # how a spreadsheet writes a month
_LACKING = {"name": "the names of sources, media or campaigns", "amount": "the amount spent"}


@dataclass(frozen=True)
class SpendColumns:
    """Which header of a file of spend gives what.

    Attributes
    ----------
    name
        The names of sources, media or campaigns.
    amount
        The amount; None where each month has a column of its own.
    months
        These columns.
    currency, start, end, period
        Where there are such columns.
    """

    name: str
    amount: str | None = None
    months: tuple[str, ...] = ()
    currency: str | None = None
    start: str | None = None
    end: str | None = None
    period: str | None = None

    @property
    def has_period(self) -> bool:
        """Whether the file says when money was spent."""
        return bool(self.months) or self.start is not None or self.period is not None

    def check(self, headers: Collection[str]) -> None:
        """Raise if a header is not in the file, or stands for two things.

        Raises
        ------
        SpendError
            Naming it.
        """
        used = [str(value) for value in (self.name, self.amount, *self.months, self.currency, self.start, self.end)]
        used = [header for header in [*used, str(self.period)] if header != "None"]
        for header in used:
            if header not in headers:
                known = ", ".join(map(repr, list(headers)[:12]))
                raise SpendError(f"The spend file has no column {header!r}. Its columns: {known}.")
        twice = [header for header in used if used.count(header) > 1]
        if twice:
            raise SpendError(f"The column {twice[0]!r} of the spend file stands for two things. Choose another.")
        if self.amount is None and not self.months:
            raise _lacks(["amount"], headers)


def kind_of(header: str) -> str:
    """Return what the names of a column are of: source, medium, campaign, platform, or name where it is not said.

    Examples
    --------
    >>> kind_of("utm_source"), kind_of("Quelle"), kind_of("Campaign name"), kind_of("Wer")
    ('source', 'source', 'campaign', 'name')
    """
    words = plain_header(header).split()
    found = next((kind for kind in KINDS if kind in words), None)
    role = named_role(header)
    return found or (str(role) if role in (Role.SOURCE, Role.PLATFORM) else "name")  # a channel may be either


def choose_columns(frame: pd.DataFrame, chosen: Mapping[str, str], known: Collection[str] = ()) -> SpendColumns:
    """Return which header gives what: as a person says, else by its words, else by the names of sources in its cells.

    Parameters
    ----------
    chosen
        Field of `SpendColumns` -> header; ``months`` -> headers, one a line.
    known
        Names of sources that leads have.

    Raises
    ------
    SpendError
        If there is no column with names or with amounts.
    """
    headers = [str(header) for header in frame.columns]
    said = {what: header for what, header in chosen.items() if header}
    months = tuple(said.pop("months", "").splitlines())
    taken = {*said.values(), *months}
    found = _by_words([header for header in headers if header not in taken], set(said), bool(months)) | said
    months = months or tuple(h for h in headers if h not in found.values() and month_of(h) is not None)
    if len(months) > 1 and "amount" not in said and "period" not in said:
        found.pop("amount", None)
    if "amount" in found and "amount" not in chosen or "amount" in said:
        months = ()
    if "name" not in found and known:
        found |= _by_names(frame, [h for h in headers if h not in {*found.values(), *months}], known)
    lacking = [what for what in _LACKING if what not in found and not (what == "amount" and months)]
    if lacking:
        raise _lacks(lacking, headers)
    columns = replace(SpendColumns(found.pop("name")), **found, months=months)
    columns.check(headers)
    return columns


def promote_header(frame: pd.DataFrame, known: Collection[str] = ()) -> tuple[pd.DataFrame, int]:
    """Return a table whose header is the first row that reads like one, where titles stand above it.

    Returns
    -------
    frame, rows
        The table, and how many rows stood above its first.
    """
    texts = frame.head(_MOST_TITLES).apply(lambda cells: as_text(cells).fillna("").str.strip())
    for place, cells in enumerate(texts.itertuples(index=False, name=None)):
        headers = _unique(cells)
        below = frame.iloc[place + 1 :].reset_index(drop=True).set_axis(headers, axis=1)
        below = below[[header for header in headers if header and not header.startswith("\0")]]
        try:
            choose_columns(below, {}, known)
        except SpendError:
            continue
        return below, place + 1
    return frame, 0


def month_of(header: str, year: int | None = 2000) -> str | None:
    """Return the text of the month that a header names, besides words for an amount and a currency; None for none.

    Examples
    --------
    >>> month_of("Kosten Jan 2026 (EUR)"), month_of("2026-01"), month_of("Total")
    ('jan 2026', '2026-01', None)
    """
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", header.casefold())
    bare = _FIRST_DAY.sub(r"\1", bare.strip())
    amounts = set(WORDS["amount"])
    rest = " ".join(word for word in bare.split() if word.strip(":,") not in amounts)
    return rest if rest and not is_total_text(rest) and read_period(rest, year) is not None else None


def months_lack_year(columns: SpendColumns) -> bool:
    """Tell whether any column of a month names no year."""
    return any(lacks_year(month_of(header) or "") for header in columns.months)


def plain_header(header: str) -> str:
    """Return a header in lower case without punctuation, underscores or a currency in brackets."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", header.casefold())
    return " ".join(re.sub(r"[^\w]|_", " ", bare).split())


def describe_columns(columns: SpendColumns) -> str:
    """Say which header gives what.

    Examples
    --------
    >>> describe_columns(SpendColumns("Quelle", months=("Jan 2026", "Feb 2026")))
    'name: Quelle; months: Jan 2026, Feb 2026'
    """
    given = [(field.name, getattr(columns, field.name)) for field in fields(columns)]
    return "; ".join(
        f"{what}: {', '.join(header) if isinstance(header, tuple) else header}" for what, header in given if header
    )


def _by_words(headers: Sequence[str], said: Collection[str], has_months: bool) -> dict[str, str]:
    """Return what headers give by their words; what a person said is not looked for."""
    plain = {header: plain_header(header) for header in headers if month_of(header) is None}
    found: dict[str, str] = {}
    for what, wanted in WORDS.items():
        if what in said or (what == "amount" and has_months):
            continue
        whole = [h for name in wanted for h, bare in plain.items() if bare == name]
        within = [
            h
            for name in wanted
            for h, bare in plain.items()
            if (len(name) >= LEAST_WITHIN or name >= "\u3000") and _has(bare, name)
        ]
        if what == "name":
            roles = (Role.SOURCE, Role.MEDIUM, Role.PLATFORM)
            within += [header for header in plain if named_role(header) in roles]
        free = [header for header in [*whole, *within] if header not in found.values()]
        if free:
            found[what] = free[0]
    if "period" in found and "start" in found and ("end" in found or "end" in said):
        del found["period"]
    if "start" in found and "end" not in found and "end" not in said:
        start = found.pop("start")
        found.setdefault("period", start)
    if "start" not in found and "start" not in said:
        found.pop("end", None)
    return found


def _has(bare: str, name: str) -> bool:
    """Tell whether a header has a word; Chinese, Japanese and Korean stand without spaces."""
    words = bare.split()
    if name >= _CHINESE:
        return name in bare
    return len(name) >= LEAST_WITHIN and "per" not in words and name in words


def _by_names(frame: pd.DataFrame, headers: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """Return the column whose cells are names of sources, if most of one's are."""
    wanted = {" ".join(name.casefold().split()) for name in known}
    shares = {}
    for header in headers:
        cells = as_text(frame[header]).dropna().str.casefold().str.split().str.join(" ")
        cells = cells[cells != ""]
        shares[header] = float(cells.isin(wanted).mean()) if len(cells) else 0.0
    best = max(shares, key=lambda header: shares[header], default=None)
    return {"name": best} if best is not None and shares[best] >= _LEAST_KNOWN else {}


def _lacks(lacking: Sequence[str], headers: Collection[str]) -> SpendError:
    known = ", ".join(map(repr, list(headers)[:12]))
    return SpendError(
        f"The spend file has no column with {' and none with '.join(_LACKING[what] for what in lacking)}. Its columns: "
        f"{known}. Name them, for instance, Source, From, To, Amount, Currency, or say which they are (--spend-column "
        "name=HEADER)."
    )


def _unique(cells: Sequence[str]) -> list[str]:
    """Return headers without repeats; blank ones and repeats are marked to be left out."""
    return [cell if cell and cell not in cells[:place] else f"\0{place}" for place, cell in enumerate(cells)]
