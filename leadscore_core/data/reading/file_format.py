"""File formats that are no lead lists, known by their content, each with what to do."""

import re
from collections.abc import Collection

_AS_TABLE = "Open it in Excel or LibreOffice and save it as .xlsx or CSV"
_EXPORT = "Export the leads as CSV or Excel"
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG image", _EXPORT),
    (b"\xff\xd8\xff", "a JPEG image", _EXPORT),
    (b"GIF8", "a GIF image", _EXPORT),
    (b"II*\0", "a TIFF image", _EXPORT),
    (b"MM\0*", "a TIFF image", _EXPORT),
    (b"%PDF", "a PDF document", f"{_EXPORT} from where it was made"),
    (b"%!PS", "a PostScript document", f"{_EXPORT} from where it was made"),
    (b"\x7fELF", "a program", _EXPORT),
    (b"MZ\x90\0", "a program", _EXPORT),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it and give the list itself"),
    (b"Rar!", "a RAR archive", "Unpack it and give the list itself"),
    (b"BZh", "a bzip2 archive", "Unpack it and give the list itself"),
    (b"\xfd7zXZ", "an xz archive", "Unpack it and give the list itself"),
    (b"(\xb5/\xfd", "a zstd archive", "Unpack it and give the list itself"),
    (b"{\\rtf", "an RTF document", _AS_TABLE),
    (b"SQLite format 3", "a SQLite database", "Export its table of leads as CSV"),
    (b"\0\x01\0\0Standard Jet DB", "an Access database", "Export its table of leads as CSV"),
    (b"\0\x01\0\0Standard ACE DB", "an Access database", "Export its table of leads as CSV"),
    (b"$FL2", "an SPSS file", "Save it as CSV in SPSS"),
    (b"$FL3", "an SPSS file", "Save it as CSV in SPSS"),
    (b"<stata_dta>", "a Stata file", "Export it as CSV in Stata"),
    (b"HEADER RECORD*******LIBRARY HEADER RECORD", "a SAS transport file", "Export it as CSV in SAS"),
    (b"\0\0\x02\0\x06\x04", "a Lotus 1-2-3 worksheet", _AS_TABLE),
    (b"\0\0\x1a\0", "a Lotus 1-2-3 worksheet", _AS_TABLE),
    (b"ARROW1", "an Arrow file", "Write it as Parquet or CSV"),
    (b"ORC", "an ORC file", "Write it as Parquet or CSV"),
    (b"Obj\x01", "an Avro file", "Write it as Parquet or CSV"),
    (b"\x80\x04\x95", "a Python pickle", "Write it as Parquet or CSV"),
    (b"BEGIN:VCARD", "a file of vCards", "Import them into your CRM or Excel and export CSV"),
)
_SAS = b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60"
_ARCHIVES: tuple[tuple[str, str, str], ...] = (
    (r"^word/", "a Word document", "Copy its table into Excel and save it as .xlsx or CSV"),
    (r"^ppt/", "a PowerPoint presentation", _EXPORT),
    (r"^Index/.*\.iwa$|^Index\.zip$|^index\.apxl$|^Index/Document", "an Apple Numbers file",
     "Open it in Numbers and export it as CSV or Excel (File, Export To)"),
    (r"^content\.opf$|META-INF/container\.xml$", "an e-book", _EXPORT),
)  # fmt: skip
_OLE: tuple[tuple[bytes, str, str], ...] = (
    ("WordDocument".encode("utf-16-le"), "a Word document", "Copy its table into Excel and save it as .xlsx or CSV"),
    ("PowerPoint Document".encode("utf-16-le"), "a PowerPoint presentation", _EXPORT),
    ("__substg1.0_".encode("utf-16-le"), "an Outlook message", "Save the attached list and give that"),
)
_MAIL = re.compile(
    rb"(?:(?:From|To|Subject|Date|MIME-Version|Received|Return-Path|Delivered-To|Message-ID|X-[\w-]+|Content-Type): "
    rb".*\r?\n"
    rb"(?:[ \t].*\r?\n)*){3}",
    re.IGNORECASE,
)


def name_foreign(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that is no lead list, and what to do; None where it may be one.

    Parameters
    ----------
    head
        The beginning of the file.

    Examples
    --------
    >>> name_foreign(b"<html><body><table><tr><td>Lead ID")[0], name_foreign(b'[{"Lead ID": "1"}]')[0]
    ('a web page (HTML)', 'JSON')
    >>> name_foreign(b"Lead ID,City") is None
    True
    """
    for signature, what, advice in _SIGNATURES:
        if head.startswith(signature):
            return what, advice
    if head.startswith(b"BM") and len(head) > 14 and head[6:10] == b"\0\0\0\0":
        return "a bitmap image", _EXPORT
    if head[4:8] == b"ftyp":
        return "a photo or film", _EXPORT
    if head.startswith(b"RIFF") and head[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return "an image, sound or film", _EXPORT
    if head[257:262] == b"ustar":
        return "a tar archive", "Unpack it and give the list itself"
    if head.startswith(_SAS):
        return "a SAS file", "Export it as CSV in SAS"
    return _name_markup(head)


def _name_markup(head: bytes) -> tuple[str, str] | None:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = head[:8192].decode(encoding, "ignore").lstrip()
    small = text[:2048].lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in text and text.startswith("<"):
        return "an XML spreadsheet of Excel 2003", _AS_TABLE
    tag = re.match(r"<(?:!doctype\s+)?([a-z?!][\w:-]*)", small)
    if tag is not None and (
        "<html" in small or "<table" in small or tag[1] in ("html", "table", "head", "body", "style")
    ):
        return "a web page (HTML)", _AS_TABLE
    if tag is not None and (tag[1].startswith("?xml") or re.search(r"</[\w:-]+>", text)):
        return "XML", "Export the leads as CSV or Excel instead"
    if re.match(r'\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*$)|\[\s*(?:[{\[]|\]\s*$)', text):
        lines = [line for line in text.splitlines() if line.strip()]
        is_lines = len(lines) > 1 and all(line.startswith("{") for line in lines[:-1])
        return ("JSON lines" if is_lines else "JSON"), "Export the leads as CSV or Excel, or convert it to CSV"
    if text.startswith("From ") or _MAIL.match(text.encode()):
        return "an e-mail", "Save the attached list and give that"
    return None


def name_archive(members: Collection[str]) -> tuple[str, str] | None:
    """Return what a zip file is by its members, if it is a document that is no lead list.

    Examples
    --------
    >>> name_archive(["Index/Document.iwa", "Index/Tables/Tile.iwa"])[0]
    'an Apple Numbers file'
    """
    for pattern, what, advice in _ARCHIVES:
        if any(re.search(pattern, member) for member in members):
            return what, advice
    return None


def name_ole(content: bytes) -> tuple[str, str] | None:
    """Return what an old Office file is if it is no workbook, by the names of its streams."""
    if "Workbook".encode("utf-16-le") in content or "Book\0".encode("utf-16-le") in content:
        return None
    for mark, what, advice in _OLE:
        if mark in content:
            return what, advice
    return None
