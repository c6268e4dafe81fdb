"""One list of forty leads, written in any of the ways that exports write a list."""

import codecs
import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

HEADER = ("Lead ID", "City", "Created", "Amount", "Source", "Note")
N_LEADS = 40
IDS = tuple(f"L-{at:05d}" for at in range(70_001, 70_001 + N_LEADS))
SOURCES = ("Web", "Referral", "Trade fair", "Ads")
WESTERN = "München Köln Orléans Nîmes Málaga Coruña Göteborg Malmö Düsseldorf Besançon"
CITIES = {
    "utf-8": "München Łódź Москва 東京 Αθήνα Kraków São_Paulo Ankara Pune Kochi",
    "utf-8-sig": WESTERN,
    "utf-16": "Москва Казань 北京 Köln Pune Plzeň Győr Ηράκλειο Kochi Lyon",
    "utf-16-le": WESTERN,
    "cp1252": WESTERN,
    "cp1250": "Łódź Kraków Poznań Gdańsk Wrocław Białystok Częstochowa Rzeszów Elbląg Słupsk",
    "cp1251": "Москва Казань Самара Пермь Екатеринбург Омск Уфа Тверь Рязань Калуга",
    "cp1253": "Αθήνα Πάτρα Λάρισα Θεσσαλονίκη Ηράκλειο Βόλος Ιωάννινα Καβάλα Σέρρες Χανιά",
    "cp1254": "Şişli Iğdır Diyarbakır Çankırı Muğla Eskişehir Kırşehir Niğde Ağrı Balıkesir",
    "shift_jis": "東京 大阪 名古屋 横浜 札幌 神戸 京都 福岡 広島 仙台",
    "gb18030": "北京 上海 广州 深圳 成都 杭州 武汉 西安 南京 重庆",
    "big5": "台北 高雄 台中 台南 新竹 基隆 嘉義 花蓮 屏東 宜蘭",
    "euc_kr": "서울 부산 대구 인천 광주 대전 울산 수원 창원 고양",
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
# how a moment is written, {month} being its name; and what of it is lost by that
DATES = {
    "iso": ("%Y-%m-%d %H:%M:%S", "s"),
    "iso-t": ("%Y-%m-%dT%H:%M:%SZ", "s"),
    "iso-offset": ("%Y-%m-%dT%H:%M:%S+05:30", "s"),
    "iso-day": ("%Y-%m-%d", "D"),
    "iso-basic": ("%Y%m%dT%H%M%S", "s"),
    "slashed": ("%Y/%m/%d %H:%M", "min"),
    "d.m.y": ("%d.%m.%Y %H:%M", "min"),
    "d.m.y-day": ("%-d.%-m.%Y", "D"),
    "d/m/y": ("%d/%m/%Y %H:%M", "min"),
    "d-m-y": ("%d-%m-%Y %H:%M:%S", "s"),
    "d/m/y-short": ("%d/%m/%y", "D"),
    "m/d/y": ("%m/%d/%Y %I:%M %p", "min"),
    "m/d/y-24": ("%-m/%-d/%Y %H:%M", "min"),
    "m/d/y-comma": ("%-m/%-d/%Y, %-I:%M:%S %p", "s"),
    "d-mon": ("%-d %b %Y %H:%M", "min"),
    "d-mon-y": ("%d-%b-%Y", "D"),
    "mon-d": ("%b %-d, %Y %-I:%M %p", "min"),
    "rfc": ("%a, %d %b %Y %H:%M:%S +0530", "s"),
    "js": ("%a %b %d %Y %H:%M:%S GMT+0530 (India Standard Time)", "s"),
    "en": ("{month} %-d, %Y at %-I:%M %p", "min"),
    "de": ("%-d. {month} %Y %H:%M", "min"),
    "fr": ("%-d {month} %Y %H:%M", "min"),
    "es": ("%-d de {month} de %Y %H:%M", "min"),
    "pt": ("%-d de {month} de %Y", "D"),
    "it": ("%-d {month} %Y ore %H:%M", "min"),
    "epoch-s": ("epoch", "s"),
    "epoch-ms": ("epoch", "s"),
}
AMOUNTS = (
    "point", "us", "comma", "german", "indian", "swiss", "spaced", "dollar", "euro-after", "code-before", "code-after",
    "brackets", "whole", "rupees",
)  # fmt: skip
HEADS = {
    "none": (),
    "one": ("Leads of May 2026",),
    "three": ("Lead report", "By: A. Rao", ""),
    "blank": ("", ""),
    "sep": ("sep={delimiter}",),
}
FOOTERS = ("none", "salesforce", "total", "grand-total", "count")
UNITS = {
    "none": (),
    "types": ("text", "text", "datetime", "EUR", "text", "text"),
    "brackets": ("(id)", "(town)", "(local time)", "(EUR)", "(channel)", "(free text)"),
}


@dataclass(frozen=True, order=True)
class Way:
    """A way to write the list."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quoting: str = "minimal"
    line_end: str = "\n"
    dates: str = "iso"
    amounts: str = "point"
    head: str = "none"
    footer: str = "none"
    units: str = "none"
    header_again: bool = False
    blank_tail: str = "none"
    quote_in_note: str = "none"
    stray_byte: bool = False
    long_note: bool = False
    packed: bool = False

    def __str__(self) -> str:
        plain = Way()
        result = ((f.name, getattr(self, f.name)) for f in fields(self))
        return "Way(" + ", ".join(f"{name}={value!r}" for name, value in result if value != getattr(plain, name)) + ")"


CHOICES: dict[str, Sequence[Any]] = {
    "delimiter": (",", ";", "\t", "|", "^", "~"),
    "encoding": tuple(CITIES),
    "quoting": ("minimal", "minimal", "all", "text", "none"),
    "line_end": ("\n", "\r\n"),
    "dates": tuple(DATES),
    "amounts": AMOUNTS,
    "head": tuple(HEADS),
    "footer": FOOTERS,
    "units": ("none", "none", "types", "brackets"),
    "header_again": (False, False, True),
    "blank_tail": ("none", "none", "lines", "cells"),
    "quote_in_note": ("none", "none", "none", "opened", "inside"),
    "stray_byte": (False, False, True),
    "long_note": (False, False, True),
    "packed": (False, False, False, True),
}


@lru_cache(maxsize=4)
def draw_ways(count: int, seed: int) -> list[Way]:
    """Draw different ways; the same for the same seed."""
    rng = random.Random(seed)
    drawn: dict[Way, None] = {}
    while len(drawn) < count:
        drawn[possible(Way(**{name: rng.choice(values) for name, values in CHOICES.items()}))] = None
    return list(drawn)


def possible(way: Way) -> Way:
    """Return the way, or the nearest one in which such a list can be written."""
    if way.stray_byte and way.encoding not in ("utf-8", "utf-8-sig"):
        way = replace(way, stray_byte=False)
    cells = [moment_text(moment, way.dates) for moment in MOMENTS]
    try:
        "".join(cells).encode(way.encoding)
    except UnicodeEncodeError:
        way = replace(way, dates="iso")
    if way.quoting == "none" and (way.long_note or any(way.delimiter in cell for row in rows(way) for cell in row)):
        way = replace(way, quoting="minimal")
    return way


MOMENTS = tuple(datetime(2026, 1, 3, 0, 5, 7) + timedelta(days=7 * at, minutes=487 * at) for at in range(N_LEADS))
VALUES = tuple(round((-1 if at % 9 == 4 else 1) * (at * at * 137.25 + at * 31.5 + 12.5), 2) for at in range(N_LEADS))


def moment_text(moment: datetime, style: str) -> str:
    form, _ = DATES[style]
    if form == "epoch":
        seconds = int(moment.replace(tzinfo=UTC).timestamp())
        return str(seconds if style == "epoch-s" else 1000 * seconds)
    if "{month}" in form:
        form = form.format(month=MONTHS[style].split()[moment.month - 1])
    return moment.strftime(form)


def amount_text(value: float, style: str, encoding: str) -> str:
    size = abs(value)
    us = f"{size:,.2f}"
    german = us.translate(str.maketrans(",.", ".,"))
    sign = "-" if value < 0 else ""
    if style == "brackets":
        return f"({us})" if sign else us
    euro = "€" if encoding not in ("shift_jis", "big5", "euc_kr") else "EUR"
    return {
        "point": f"{sign}{size:.2f}",
        "us": sign + us,
        "comma": f"{sign}{size:.2f}".replace(".", ","),
        "german": sign + german,
        "indian": sign + indian(size),
        "swiss": sign + us.replace(",", "'"),
        "spaced": sign + german.replace(".", " "),
        "dollar": f"{sign}${us}",
        "euro-after": f"{sign}{german} {euro}",
        "code-before": f"USD {sign}{us}",
        "code-after": f"{sign}{german} EUR",
        "whole": f"{value:.0f}",
        "rupees": f"Rs. {sign}{indian(size)}",
    }[style]


def indian(size: float) -> str:
    whole, decimals = f"{size:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail]) + "." + decimals


def expected(way: Way) -> dict[str, list[Any]]:
    """Return what is to be read: ids, cities in lower case, moments as precise as written, amounts, sources."""
    cities = CITIES[way.encoding].split()
    lost = DATES[way.dates][1]
    cut = {"s": {}, "min": {"second": 0}, "D": {"hour": 0, "minute": 0, "second": 0}}[lost]
    return {
        "id": list(IDS),
        "city": [cities[at % len(cities)].replace("_", " ").lower() for at in range(N_LEADS)],
        "created": [moment.replace(**cut) for moment in MOMENTS],
        "amount": [float(f"{value:.0f}") if way.amounts == "whole" else value for value in VALUES],
        "source": [SOURCES[at % len(SOURCES)] for at in range(N_LEADS)],
    }


def rows(way: Way) -> list[list[str]]:
    """Return the cells of the leads."""
    cities = CITIES[way.encoding].split()
    found = [
        [
            IDS[at],
            cities[at % len(cities)].replace("_", " "),
            moment_text(MOMENTS[at], way.dates),
            amount_text(VALUES[at], way.amounts, way.encoding),
            SOURCES[at % len(SOURCES)],
            "" if at % 3 else "call back",
        ]
        for at in range(N_LEADS)
    ]
    if way.quoting != "none":
        found[5][-1] = f"asked{way.delimiter} twice"
        found[6][-1] = 'said "later"'
    if way.long_note:
        found[11][-1] = "first call\nsecond call"
    if way.stray_byte:
        found[21][-1] = "Ren\ue000"
    return found


def write(way: Way, folder: Path) -> Path:
    """Write the list."""

    def line(cells: Sequence[str]) -> str:
        return way.delimiter.join(quoted(cell, place, way) for place, cell in enumerate(cells))

    leads = rows(way)
    body = [line(row) for row in leads]
    marked = {"opened": '"call again', "inside": '"a 5" pipe"' if way.quoting == "all" else 'a 5" pipe'}
    if way.quote_in_note != "none":
        body[16] = line(leads[16][:-1]) + way.delimiter + marked[way.quote_in_note]
    if way.header_again:
        body.insert(20, line(HEADER))
    if UNITS[way.units]:
        body.insert(0, line(UNITS[way.units]))
    head = [text.format(delimiter=way.delimiter) for text in HEADS[way.head]]
    tail = {"none": [], "lines": ["", "", ""], "cells": [way.delimiter * (len(HEADER) - 1)] * 2}[way.blank_tail]
    lines = [*head, line(HEADER), *body, *footer(way), *tail]
    text = way.line_end.join(lines) + way.line_end
    data = text.encode(way.encoding, "surrogatepass")
    if way.encoding == "utf-16-le":
        data = codecs.BOM_UTF16_LE + data
    data = data.replace("\ue000".encode(), b"\xe9")
    path = folder / ("leads.csv.gz" if way.packed else "leads.csv")
    path.write_bytes(gzip.compress(data, 1) if way.packed else data)
    return path


def footer(way: Way) -> list[str]:
    """Return the lines under the leads."""
    total = round(sum(expected(way)["amount"]), 2)
    cells = ["Total", "", "", amount_text(total, way.amounts, way.encoding), "", ""]
    return {
        "none": [],
        "salesforce": ["", "Grand Totals (40 records)", "Confidential Information - Do Not Distribute", "Example Org"],
        "total": [way.delimiter.join(quoted(cell, place, way) for place, cell in enumerate(cells))],
        "grand-total": ["", "Grand Total"],
        "count": ["(40 rows)"],
    }[way.footer]


def quoted(cell: str, place: int, way: Way) -> str:
    """Return a cell as it stands in a line."""
    is_needed = any(sign in cell for sign in (way.delimiter, '"', "\n"))
    is_text = way.quoting == "text" and HEADER[place] != "Amount"
    if way.quoting != "none" and (way.quoting == "all" or is_text or is_needed):
        return '"' + cell.replace('"', '""') + '"'
    return cell
