"""Lists of leads that nobody knows: what is taken of them, what is doubtful, and the answer first."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore_core.analytics.list_doubts import RepeatedRows
from leadscore_core.analytics.report_json import open_source_view, source_report
from leadscore_core.config import load_settings
from leadscore_core.data.dataset.open import open_list
from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.inference import propose_schema
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.schema.schema_files import save_schema
from leadscore_core.errors import LabelError

LATER = pd.Timestamp.now().normalize() + pd.Timedelta(days=400)


def german(n: int = 400) -> pd.DataFrame:
    """Leads of a company of which there is no schema; those of the fair buy far more often."""
    rng = np.random.default_rng(5)
    source = rng.choice(["Messe", "Google Ads"], n)
    won = rng.random(n) < np.where(source == "Messe", 0.5, 0.1)
    return pd.DataFrame(
        {
            "Lead-Nr": [f"L{i:05}" for i in range(n)],
            "Eingangsdatum": rng.choice(pd.date_range("2025-01-01", "2025-06-30"), n)
            .astype("datetime64[D]")
            .astype(str),
            "Quelle": source,
            "Stadt": rng.choice(["Berlin", "Leipzig"], n),
            "Abschluss": np.where(won, "ja", "nein"),
        }
    )


def test_leads_that_nobody_knows_are_counted_and_the_answer_comes_first(run, places: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    german().to_csv(tmp_path / "leads.csv", index=False)
    code, said, wrong = run("sources", tmp_path / "leads.csv", "--json", tmp_path / "out.json")
    assert code == 0, wrong
    lines = said.splitlines()
    assert "Quelle source" in lines[0]
    assert "Abschluss" in lines[0]
    assert "Messe converts best" in " ".join(lines[:4])
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["by"][0]["answer"] in said
    assert result["doubts"] == []
    german().drop(columns="Abschluss").to_csv(tmp_path / "open.csv", index=False)
    code, _, wrong = run("sources", tmp_path / "open.csv")
    assert code == 2
    assert "--label" in wrong
    assert "application" not in wrong


@pytest.mark.parametrize("what", ["rows", "ids", "dates"])
def test_repeated_rows_and_dates_in_the_future_are_said(what: str, places: Path, tmp_path: Path) -> None:
    frame = german()
    if what == "dates":
        frame.loc[:6, "Eingangsdatum"] = f"{LATER:%Y-%m-%d}"
    else:
        again = frame.head(30)
        if what == "ids":
            again = again.assign(Stadt="Köln")
        frame = pd.concat([frame, again], ignore_index=True)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    known = propose_schema(german()).build("known")
    with open_source_view(open_list(tmp_path / "leads.csv", known), None, load_settings()) as view:
        (said,) = view.doubts
    wanted = (
        f"7 leads have a date in the future, up to {LATER.day} {LATER:%b %Y}"
        if what == "dates"
        else "30 of 430 rows repeat"
    )
    assert wanted in said


def test_python_reads_another_company_by_its_schema_its_label_or_what_is_found(places: Path, tmp_path: Path) -> None:
    frame = german()
    path = tmp_path / "leads.csv"
    frame.to_csv(path, index=False)
    won = int((frame["Abschluss"] == "ja").sum())
    schema = propose_schema(frame).build("known")
    other = frame.rename(columns={"Abschluss": "Ergebnis 7"})
    for report in (
        source_report(path),
        source_report(frame, ["source"]),
        source_report(frame, schema=schema),
        source_report(other, label="Ergebnis 7"),
        source_report(other, schema=schema, label="Ergebnis 7"),
    ):
        assert (report["counted"], report["applications"]) == ("completed", won)
        assert {group["value"] for group in report["by"][0]["groups"]} == {"Messe", "Google Ads"}
    save_schema(schema)
    assert source_report(path)["applications"] == won
    with pytest.raises(LabelError, match="has no column 'Sold'"):
        source_report(frame, label="Sold")
    with pytest.raises(LabelError, match="label=") as raised:
        source_report(frame[["Lead-Nr", "Quelle"]])
    assert "--" not in str(raised.value)
    assert "application" not in str(raised.value)


def test_ids_that_a_spreadsheet_rounded_repeat_nothing(places: Path, tmp_path: Path) -> None:
    frame = german(40).assign(**{"Lead-Nr": "1.23457E+11"})
    schema = propose_schema(german()).build("rounded")
    mapping = map_frame(frame, schema)
    assert mapping.headers_of(schema, Role.ID) == ["Lead-Nr"]
    found = RepeatedRows(schema, mapping)
    assert sum(len(chunk) for chunk in found.watch([frame])) == 40
    whole = int(frame.duplicated().sum())
    assert [text.split(" of ")[0] for text in found.doubts()] == [f"{whole}"] * (whole > 0)
