"""The column that says who was called: by name and values, in many languages, and what is none."""

import numpy as np
import pandas as pd
import pytest

from leadscore_core.data.reading.reader import read_headers
from leadscore_core.data.schema.called_column import may_say_called, names_calls, read_called
from tests.paths import REAL

NAN = np.nan


@pytest.mark.parametrize(
    "header",
    [
        "Called", "is_called", "Called?", "contacted", "Contacted (Y/N)", "Number of calls", "No. of Attempts",
        "call_attempts", "Call Count", "Total Calls", "Last Called", "last_contacted_at", "notes_last_contacted",
        "num_contacted_notes", "Number of times contacted", "First call date", "Times called", "CallAttempts",
        "Attempted", "Dialled", "SDR attempts", "Call outcome", "Call Disposition", "電話した",
        "Angerufen", "Anzahl Anrufe", "Kontaktversuche", "Letzter Anruf",
        "Letzter Kontakt am", "kontaktiert", "Appelé", "Nombre d'appels", "Dernier appel", "Tentatives d'appel",
        "Llamado", "Número de llamadas", "Última llamada", "Intentos de contacto", "Contatado", "Última ligação",
        "Tentativas de contato", "Chiamato", "Ultima chiamata", "Numero di chiamate", "Gebeld",
        "Aantal belpogingen", "Laatste contact", "Liczba prób kontaktu", "Ostatni kontakt", "Количество звонков",
        "Последний звонок", "Кол-во звонков", "Arama sayısı", "Son arama tarihi", "是否联系",
        "拨打次数", "架電回数", "最終連絡日", "통화 횟수", "عدد المكالمات",
    ],
)  # fmt: skip
def test_names_that_say_who_was_called(header: str) -> None:
    assert names_calls(header)


@pytest.mark.parametrize(
    "header",
    [
        "call_us_button_clicked", "Do Not Call", "Contact Number", "Contact", "Contact No.", "Best time to call",
        "Caller", "Call Center", "Phone", "Request callback", "Last Activity", "Last Notable Activity",
        "Lead Status", "Calling city", "Contact Name", "Contact Owner", "Calls to action seen", "Kontakt",
        "Ansprechpartner", "Preferred contact method", "Call consent", "Kontaktperson", "Contact source",
        "Campaign", "Total Visits", "Number of children", "Last Login", "Created Date", "First source",
        "Email opened", "Contact email", "Why did you call us", "request_callback", "Attempted quiz",
        "Contacto preferido", "Missed calls from", "live_chat_button_clicked",
    ],
)  # fmt: skip
def test_names_that_do_not(header: str) -> None:
    assert not names_calls(header)


@pytest.mark.parametrize(
    ("cells", "kind", "called"),
    [
        (["Yes", "No", "yes", None], "answer", [1, 0, 1, NAN]),
        (["Ja", "Nein", "", "Ja"], "answer", [1, 0, NAN, 1]),
        (["x", "", None, "x"], "answer", [1, 0, 0, 1]),
        ([True, False, True, True], "answer", [1, 0, 1, 1]),
        ([3, 0, 1, 0], "number", [1, 0, 1, 0]),
        ([3.0, np.nan, 1.0, np.nan], "number", [1, 0, 1, 0]),
        (["0", "1", "0", "1"], "answer", [0, 1, 0, 1]),
        (["2026-03-01 10:00", "", "01.04.2026", None], "date", [1, 0, 1, 0]),
        (["12/03/2026", "Never", "13/03/2026", "14/03/2026"], "date", [1, 0, 1, 1]),
        (["Not contacted", "Attempted", "Won", "Lost"], "status", [0, 1, 1, 1]),
        (["Nicht kontaktiert", "In Arbeit", "Gewonnen", ""], "status", [0, 1, 1, NAN]),
        (["未联系", "已联系", "成交", "未联系"], "status", [0, 1, 1, 0]),
        (["left a message", "", "spoke to wife", None], "filled", [1, 0, 1, 0]),
    ],
)
def test_values_say_who_was_called(cells: list[object], kind: str, called: list[float]) -> None:
    found = read_called("Calls", pd.Series(cells))
    assert found is not None
    assert found.kind == kind
    assert np.array_equal(found.called, called, equal_nan=True)


def test_a_status_is_found_by_its_values() -> None:
    status = pd.Series(["Open - Not Contacted", "Working", "Closed - Converted"] * 20)
    assert may_say_called("Lead Status", status)
    found = read_called("Lead Status", status)
    assert found is not None
    assert found.is_clear
    assert not may_say_called("How often do you travel", pd.Series(["Never", "Often"] * 20))
    assert not may_say_called("Last Activity", pd.Series(["Email Opened", "SMS Sent", "Unreachable"] * 20))
    assert read_called("Called", pd.Series(["", None])) is None


@pytest.mark.skipif(not REAL.is_dir(), reason="the real leads are not here")
def test_no_column_of_the_real_leads_is_taken_for_one() -> None:
    for path in (REAL / "labelled_leads.csv", REAL.parent / "xeducation" / "Leads.csv"):
        assert not [header for header in read_headers(path) if names_calls(header)]
