"""Small files that went wrong once: which hold the same leads, what means yes, and what no message may say."""

import re
from functools import cache
from pathlib import Path

from leadscore_core.data.reading.reader import read_leads
from leadscore_core.errors import LeadScoreError
from tests.paths import CASES

SAME_FORTY = [
    "01a_sf_footer.csv",
    "01c_rows_footer.csv",
    "10f_totals.xlsx",
    "02a_title_csv.csv",
    "02c_one_title.csv",
    "06i_header_repeat_midfile.csv",
    "06r_units_row.csv",
    "09b_unclosed_quote_one.csv",
    "09j_tsv_quote_two.tsv",
    "09h_unclosed_quote_to_end.csv",
    "06a_dup_header_first_blank.csv",
    "06w_utm_and_lead_source.csv",
    "08c_utf8_one_stray_cp1252_byte.csv",
    "10g_hidden_first_sheet.xlsx",
    "06t_phone_and_mobile.csv",
    "06u_two_emails.csv",
    "06y_first_last_name.csv",
]


YES_NO = {
    "30_plain.csv": ("Converted", "1"),
    "30b_float60.csv": ("Converted", "1.0"),
    "30g_si_no60.csv": ("Outcome", "Sí"),
    "30j_hi60.csv": ("Outcome", "हाँ"),
    "30l_accepted60.csv": ("Outcome", "Accepted"),
    "30p_check_cross.csv": ("Converted", "✓"),
    "deutsch-ja-nein.csv": ("Gekauft", "ja"),
}


INTERNAL = re.compile(
    r"pydantic|pandas|pyarrow|arrow|numpy|sklearn|scikit|lightgbm|joblib|optuna|openpyxl|calamine|duckdb|sqlalchemy|"
    r"clevercsv|charset|codec can't|Traceback|Exception|KeyError|ValueError|TypeError|NoneType|validation error|"
    r"inside LeadScore|__|leadscore_core\.|DataFrame|dtype|Errno",
    re.IGNORECASE,
)


@cache
def tables() -> tuple[tuple[Path, str], ...]:
    """Return each file with the header of its last column."""
    return tuple(
        (path, _last_header(path)) for path in sorted(CASES.iterdir()) if path.suffix not in {".md", ".py", ".txt"}
    )


def _last_header(path: Path) -> str:
    try:
        return str(read_leads(path).columns[-1])
    except LeadScoreError:  # what is no table has no columns
        return "Converted"


def assert_nothing_internal(run, words: list[object], *, told_is_data: bool = False) -> None:
    """Run a command; it ends as commands do, and says nothing of libraries and classes."""
    code, said, wrong = run(*words)
    assert code in {0, 1, 2}
    result = wrong + ("" if told_is_data else said)
    assert not (found := INTERNAL.search(result)), f"{words}: {found}: {result}"
