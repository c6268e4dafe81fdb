"""Files that are meant to harm whoever opens them, in a small form and in full size, and what must come of each."""

import gzip
import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.paths import ROOT

_SHEET = "xl/worksheets/sheet1.xml"
_HEAD = "created_at,source,medium,platform,city,contact_id,first name,email,phone"
_ROW = "2026-03-0{day} 10:00:00,{source},{medium},web,{city},L-{at},Ann,a{at}@example.org,98765{at:05d}"
READ = ""  # it is read, and nothing need be said

Make = Callable[[Path, bool], None]


@dataclass(frozen=True)
class HostileFile:
    """How a file is made, small or in full size, and what is said of it (a pattern), nothing where it is read."""

    make: Make
    said: str
    ending: str = ".csv"


def _leads(at: int, **cells: object) -> str:
    known = {"day": at % 9 + 1, "source": f"source {at % 7}", "medium": "cpc", "city": "Pune", "at": at}
    return _ROW.format(**known | cells)


def _text(path: Path, *rows: str, header: str = _HEAD, encoding: str = "utf-8", errors: str = "strict") -> None:
    path.write_text("\n".join([header, *rows, ""]), encoding=encoding, errors=errors)


def _workbook(path: Path, **parts: str) -> None:
    """Write a workbook with some of its parts exchanged or added."""
    import pandas as pd

    plain = io.BytesIO()
    pd.DataFrame([_leads(at).split(",") for at in range(3)], columns=_HEAD.split(",")).to_excel(plain, index=False)
    with zipfile.ZipFile(plain) as book, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in book.namelist():
            if name not in parts:
                out.writestr(name, book.read(name))
        for name, content in parts.items():
            out.writestr(name, content)


def _zeros(target: zipfile.ZipFile | Path, size: int, name: str = "leads.csv") -> None:
    block = bytes(4 << 20)
    with gzip.open(target, "wb", 9) if isinstance(target, Path) else target.open(name, "w", force_zip64=True) as out:
        for _ in range(max(1, size // len(block))):
            out.write(block)


def _gz_of_zeros(path: Path, full: bool) -> None:
    _zeros(path, (4 << 30) if full else (20 << 20))


def _zip_of_zeros(path: Path, full: bool) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        _zeros(out, (4 << 30) if full else (20 << 20))


def _nested(path: Path, full: bool) -> None:
    content, name = b"a,b\n1,2\n", "leads.csv"
    for depth in range(200 if full else 8):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(name, content)
        content, name = packed.getvalue(), f"{depth}.zip"
    path.write_bytes(content)


def _many_members(path: Path, full: bool) -> None:
    with zipfile.ZipFile(path, "w") as out:
        for at in range(300_000 if full else 120):
            out.writestr(zipfile.ZipInfo(f"{at}.csv"), b"")


def _sheet_bomb(path: Path, full: bool) -> None:
    _workbook(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out:
        _zeros(out, (4 << 30) if full else (8 << 20), "xl/worksheets/sheet2.xml")


def _sheet(cells: str) -> str:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )


def _cell(name: str, text: str = "x") -> str:
    return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'


def _far_cell(path: Path, full: bool) -> None:
    rows = f'<row r="1">{_cell("A1")}{_cell("B1")}</row><row r="1048576">{_cell("XFD1048576")}</row>'
    _workbook(path, **{_SHEET: _sheet(rows)})


def _far_row(path: Path, full: bool) -> None:
    rows = f'<row r="1">{_cell("A1", "source")}</row><row r="1048576">{_cell("A1048576")}</row>'
    _workbook(path, **{_SHEET: _sheet(rows)})


def _laughs(path: Path, full: bool) -> None:
    depth = 9 if full else 4
    told = "".join(f'<!ENTITY l{at + 1} "{f"&l{at};" * 10}">' for at in range(depth))
    declared = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{told}]>'
    _workbook(path, **{_SHEET: declared + _sheet(f'<row r="1">{_cell("A1", f"&l{depth};")}</row>').partition("?>")[2]})


def _external(path: Path, full: bool) -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    _workbook(path, **{_SHEET: declared + _sheet(f'<row r="1">{_cell("A1", "&e;")}</row>').partition("?>")[2]})


def _external_texts(path: Path, full: bool) -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE sst SYSTEM "http://example.org/x.dtd"><sst><si><t>a</t></si></sst>'
    _workbook(path, **{"xl/sharedStrings.xml": declared})


def _one_text_everywhere(path: Path, full: bool) -> None:
    length, cells = (1_000_000, 40_000) if full else (400_000, 4_000)
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, cells + 1))
    texts = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"x" * length}</t></si></sst>'
    )
    _workbook(path, **{_SHEET: _sheet(rows), "xl/sharedStrings.xml": texts})


def _ods_of_repeats(path: Path, full: bool) -> None:
    columns = 60 if full else 16_384  # the parser itself refuses the latter
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        f'table:number-columns-repeated="{columns}" office:value-type="string"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("content.xml", content)
        out.writestr("META-INF/manifest.xml", "<manifest/>")


def _wide_parquet(path: Path, full: bool) -> None:
    columns = 20_000 if full else 2_500
    pq.write_table(pa.table({f"column {at}": pa.array(["a", "b"]) for at in range(columns)}), path)


def _one_text_in_parquet(path: Path, full: bool) -> None:
    rows = 100_000 if full else 400
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table({"email": pa.array([f"a{at}@example.org" for at in range(rows)]), "note": text})
    pq.write_table(table, path, compression="zstd")


def _endless_parquet(path: Path, full: bool) -> None:
    rows = 5_000_000 if full else 200_000
    same = pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()).fill_null(0), pa.array(["x" * 1_000]))
    table = pa.table({"email": same, "source": same, "medium": same})
    with pq.ParquetWriter(path, table.schema) as out:
        for _ in range(40 if full else 1):
            out.write_table(table, row_group_size=rows)


def _long_line(path: Path, full: bool) -> None:
    path.write_bytes(b"x" * (200_000_000 if full else 2_000_000))


def _long_cell(path: Path, full: bool) -> None:
    _text(path, _leads(1), _leads(2, source="x" * (200_000_000 if full else 2_000_000)), _leads(3))


def _open_quote(path: Path, full: bool) -> None:
    rows = [_leads(at) for at in range(1_000_000 if full else 20_000)]
    _text(path, *rows[:2], '2026-01-01,"never closed,' + _leads(9), *rows[2:])


def _nul_bytes(path: Path, full: bool) -> None:
    rows = [_leads(at, source="a\0b" if at == 50_000 else "web") for at in range(100_000 if full else 60_000)]
    _text(path, *rows)


def _surrogates(path: Path, full: bool) -> None:
    rows = [_leads(at, source="\ud800 web" if at % 50 == 0 else "web") for at in range(100_000 if full else 500)]
    _text(path, *rows, errors="surrogatepass")


def _extremes(path: Path, full: bool) -> None:
    numbers = ("1e308", "-1e308", "1e309", "-0", "inf", "-inf", "nan", "1e-400", "9" * 400, "0x10", "١٢٣")
    dates = (
        "0000-00-00",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "31/12/9999",
        "1e308",
        "-1",
        "99999999",
        "2026-02-30",
    )
    rows = []
    for at in range(50_000 if full else 300):
        day, number = dates[at % len(dates)], numbers[at % len(numbers)]
        rows.append(f"{day},source {at % 7},cpc,web,Pune,L-{at},Ann,a@example.org,98765{at:05d},{number}")
    _text(path, *rows, header=_HEAD + ",total_leads_droppped")


def _levels(path: Path, full: bool) -> None:
    _text(path, *(_leads(at, source=f"s{at}", city=f"c{at}") for at in range(500_000 if full else 5_000)))


def _headers(path: Path, full: bool) -> None:
    count = 1_000_000 if full else 3_000
    path.write_text(",".join(f"h{at}" for at in range(count)) + "\n" + "," * (count - 1) + "\n")


def _deep_cells(path: Path, full: bool) -> None:
    depth = 100_000 if full else 2_000
    _text(path, *(_leads(at, source="[" * depth + "]" * depth) for at in range(20)))


def _long_words(path: Path, full: bool) -> None:
    """Words that are long and nearly something, which a careless pattern tries in every part."""
    length = 60 if full else 40
    words = (
        "š" * length,
        "1" + "a" * length,
        "a." * length,
        "1," * length,
        "-" * length,
        " " * length + "x",
        "@" * length,
    )
    rows = [f"{w.replace(',', ';')},{w.replace(',', ';')},cpc,web,Pune,L-1,{w.replace(',', ';')},{w.replace(',', ';')},"
            f"{w.replace(',', ';')},{w.replace(',', ';')}" for w in words * (400 if full else 4)]  # fmt: skip
    _text(path, *rows, header=_HEAD + ",total_leads_droppped")


_DAMAGED = "damaged|unusual|foreign"
HOSTILE: dict[str, HostileFile] = {
    "gzip of zeros": HostileFile(_gz_of_zeros, "200 times its size|binary data", ".csv.gz"),
    "zip bomb": HostileFile(_zip_of_zeros, "200 times its size|binary data", ".zip"),
    "archives in archives": HostileFile(_nested, "packed more than 3 times", ".zip"),
    "an archive of many files": HostileFile(_many_members, "holds 120 files|300,000 files", ".zip"),
    "a workbook's part as a bomb": HostileFile(_sheet_bomb, "texts of more than|unpacks to", ".xlsx"),
    "one far cell": HostileFile(_far_cell, "reach from row 1 to row 1,048,576 and to column 16,384", ".xlsx"),
    "one far row": HostileFile(_far_row, "no such column|needs|leads", ".xlsx"),
    "XML entities in entities": HostileFile(_laughs, "declares entities", ".xlsx"),
    "an external entity": HostileFile(_external, "declares entities", ".xlsx"),
    "an external DTD of texts": HostileFile(_external_texts, "declares entities", ".xlsx"),
    "one long text in every cell": HostileFile(_one_text_everywhere, "more than can be read|leads|texts", ".xlsx"),
    "an ODS of repeated cells": HostileFile(_ods_of_repeats, "more than can be read|damaged or foreign", ".ods"),
    "Parquet of 20,000 columns": HostileFile(_wide_parquet, "at most 2,000 make sense", ".parquet"),
    "one long text in every cell of Parquet": HostileFile(_one_text_in_parquet, "200 times its size", ".parquet"),
    "Parquet of endless rows": HostileFile(_endless_parquet, "200 times its size", ".parquet"),
    "a line of 200 MB": HostileFile(_long_line, "first line of more than 1 MB"),
    "a cell of 200 MB": HostileFile(_long_cell, "MB|longer than|too long|more than"),
    "a quote that never closes": HostileFile(_open_quote, "quotation mark that is opened and never closed"),
    "NUL bytes": HostileFile(_nul_bytes, READ),
    "lone surrogates": HostileFile(_surrogates, READ),
    "extreme numbers and dates": HostileFile(_extremes, READ),
    "500,000 levels": HostileFile(_levels, READ),
    "a million headers": HostileFile(_headers, "first line of more than 1 MB|columns; at most"),
    "deep brackets in cells": HostileFile(_deep_cells, READ),
    "long words": HostileFile(_long_words, READ),
}


@dataclass(frozen=True)
class Outcome:
    """What came of a command: exit code, what it said, seconds by the clock and of computing, peak memory in MB."""

    code: int
    said: str
    seconds: float
    cpu: float
    peak_mb: float


_MEASURED = """
import resource, sys
from leadscore_core.cli import main
sys.argv = ["leadscore", *sys.argv[1:]]
try:
    main.main()
finally:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    sys.stderr.write(f"\\nused {max(own, used[1].ru_maxrss if used[1].ru_utime else 0)} {cpu}")
"""


def measure(*words: str, folder: Path, most_seconds: float = 120) -> Outcome:
    """Run a command of LeadScore in a process of its own, with an end to its time."""
    env = os.environ | {"LEADSCORE_DATA_DIR": str(folder / "data"), "LEADSCORE_TRACKING_URI": "off"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words], capture_output=True, text=True, check=False, env=env, cwd=ROOT,
        timeout=most_seconds, errors="replace",
    )  # fmt: skip
    said, _, used = done.stderr.rpartition("\nused ")
    seconds = time.perf_counter() - began
    if not used:
        return Outcome(done.returncode, done.stderr, seconds, float("nan"), float("nan"))
    peak, cpu = used.split()
    return Outcome(done.returncode, done.stdout + said, seconds, float(cpu), int(peak) / 1024)
