"""Files that are no lead lists, and what must be said of each."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import msoffcrypto.format.ooxml as ooxml
import pandas as pd


def encrypted_workbook(path: Path) -> None:
    plain = io.BytesIO()
    pd.DataFrame({"source": ["a"]}).to_excel(plain, index=False)
    plain.seek(0)
    with path.open("wb") as out:
        ooxml.OOXMLFile(plain).encrypt("secret", out)


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.csv": (lambda p: p.write_bytes(b""), "is empty"),
    "blank.csv": (lambda p: p.write_bytes(b"\n \n\n"), "no text but blanks"),
    "header.csv": (lambda p: p.write_bytes(b"source,medium\n"), "header but no leads"),
    "header_only.csv": (lambda p: p.write_bytes(b"source,medium"), "header but no leads"),
    "image.csv": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99), "PNG image"),
    "cut.csv.gz": (lambda p: p.write_bytes(gzip.compress(b"a,b\n" + bytes(range(256)) * 999)[:300]), "damaged gzip"),
    "locked.xlsx": (encrypted_workbook, "protected by a password"),
    "broken.xlsx": (lambda p: p.write_bytes(b"PK\x03\x04" + b"\0" * 99), "damaged or unusual zip"),
    "broken.parquet": (lambda p: p.write_bytes(b"PAR1" + b"\0" * 99), "damaged Parquet"),
    "wide.csv": (
        lambda p: p.write_text(",".join(f"c{i}" for i in range(10_000)) + "\n" + "1," * 9_999),
        "10,000 columns",
    ),
    "line.csv": (lambda p: p.write_bytes(b"x" * 50_000_000), "first line of more than 1 MB"),
    "program.csv": (lambda p: p.write_bytes(b"a,b\n\0\1\2\3,4\n" * 9), "binary data"),
}


def make_bad_file(folder: Path, name: str) -> Path:
    """Write one of them and return its path."""
    BAD_FILES[name][0](folder / name)
    return folder / name
