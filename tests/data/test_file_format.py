import zipfile
from pathlib import Path

import pytest

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.errors import UnreadableFileError

CONTENTS = {
    "web page": b"<html><body><table><tr><td>Lead ID</td></tr></table></body></html>",
    "HTML": b"\xef\xbb\xbf \n<table border=1><tr><th>Lead ID</th></tr></table>",
    "Excel 2003": b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>',
    "XML": b"<?xml version='1.0'?><leads><lead><id>1</id></lead></leads>",
    "JSON": b'[\n {\n  "Lead ID": "L-1"\n }\n]',
    "JSON lines": b'{"Lead ID": "L-1"}\n{"Lead ID": "L-2"}\n',
    "PDF": b"%PDF-1.7\n",
    "SQLite": b"SQLite format 3\0" + b"\0" * 99,
    "Access": b"\0\x01\0\0Standard ACE DB\0",
    "SPSS": b"$FL2@(#) SPSS DATA FILE",
    "Stata": b"<stata_dta><header>",
    "an e-mail": b"From: a@example.com\r\nTo: b@example.com\r\nSubject: leads\r\n\r\nhello",
    "TIFF": b"II*\0" + b"\0" * 50,
    "Word": "\x00".join(["\xd0\xcf\x11\xe0"]).encode("latin-1") + b"\0" * 600 + "WordDocument".encode("utf-16-le"),
}
ARCHIVES = {"Numbers": "Index/Document.iwa", "Word": "word/document.xml", "PowerPoint": "ppt/presentation.xml"}


@pytest.mark.parametrize("ending", ["csv", "xls", "xlsx"])
@pytest.mark.parametrize("what", CONTENTS)
def test_what_is_no_list_is_named_by_its_content(tmp_path: Path, what: str, ending: str) -> None:
    path = tmp_path / f"leads.{ending}"
    path.write_bytes(CONTENTS[what])
    with pytest.raises(UnreadableFileError, match=what) as caught:
        read_leads(path)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("what", ARCHIVES)
def test_documents_that_are_zip_files_are_named(tmp_path: Path, what: str) -> None:
    path = tmp_path / "leads.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(ARCHIVES[what], b"x")
    with pytest.raises(UnreadableFileError, match=what):
        read_leads(path)


@pytest.mark.parametrize(
    "text", ["<new>,city\na,pune\n", "{x},city\n1,pune\n", "From: ,To\na,b\n", "[x],y\n1,2\n", "BM,x\n1,2\n"]
)
def test_lists_that_begin_oddly_are_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(text)
    assert len(read_leads(path)) == 1
