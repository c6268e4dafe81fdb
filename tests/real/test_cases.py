"""Small files that went wrong once, and what each must give; skipped where they are missing."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from leadscore_core.data.cleaning.cleaner import clean_leads
from leadscore_core.data.dataset.open import open_any_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.reading.reader import read_leads
from leadscore_core.data.schema.schema import Role
from leadscore_core.data.spend import read_spend
from leadscore_core.registry.registry import ModelRegistry
from tests.cases import SAME_FORTY, YES_NO
from tests.paths import CASES, ROOT

pytestmark = [
    pytest.mark.skipif(not CASES.is_dir(), reason="the case files are not on this machine"),
    pytest.mark.usefixtures("few_trees"),
]


@pytest.fixture
def shipped(run, monkeypatch: pytest.MonkeyPatch):
    """Run the command line with the model that ships with LeadScore."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(ROOT / "models"))
    return run


@pytest.fixture
def own_models(run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run the command line with an empty folder of models."""
    monkeypatch.setenv("LEADSCORE_MODELS_DIR", str(tmp_path / "models"))
    return run


@pytest.fixture
def plain_scores(shipped, tmp_path: Path) -> pd.DataFrame:
    assert shipped("score", CASES / "00_plain.csv", "-o", tmp_path / "plain.csv")[0] == 0
    return pd.read_csv(tmp_path / "plain.csv", dtype={"Lead ID": "str"}).set_index("Lead ID")


@pytest.mark.parametrize("name", SAME_FORTY)
def test_the_same_forty_leads_come_out_or_the_line_is_named(shipped, plain_scores, tmp_path: Path, name: str) -> None:
    code, said, wrong = shipped("score", CASES / name, "-o", tmp_path / "out.csv")
    if code == 2:
        assert re.search(r"\b(line|row|lines|rows) \d", wrong), wrong
        assert not (tmp_path / "out.csv").exists()
        return
    assert code == 0, wrong
    assert f"Scored {41 if name.startswith('08c') else 40} leads" in said  # one more holds the stray byte
    scored = pd.read_csv(tmp_path / "out.csv", dtype={"Lead ID": "str"}).set_index("Lead ID")
    if name.endswith(".xlsx"):  # whose moments are others
        assert shipped("score", CASES / "10a_plain.xlsx", "-o", tmp_path / "workbook.csv")[0] == 0
        plain_scores = pd.read_csv(tmp_path / "workbook.csv", dtype={"Lead ID": "str"}).set_index("Lead ID")
    scored = scored.drop(index="L-X", errors="ignore")
    assert sorted(scored.index) == sorted(plain_scores.index)
    if name.startswith("08c"):  # whose leads live in cities of its own
        assert scored["City"].iloc[:2].tolist() == ["münchen", "köln"]
        return
    assert scored["propensity"].to_dict() == pytest.approx(plain_scores["propensity"].to_dict())
    assert not scored["junk_reason"].fillna("").str.contains("reach").any() or name not in {
        "06t_phone_and_mobile.csv",
        "06u_two_emails.csv",
    }


def test_what_stands_around_the_leads_is_named(shipped, tmp_path: Path) -> None:
    for name, text in (
        ("01a_sf_footer.csv", "Confidential"),
        ("01a_sf_footer.csv", "row 48"),
        ("10f_totals.xlsx", "otal"),
        ("06i_header_repeat_midfile.csv", "header"),
    ):
        code, said, wrong = shipped("score", CASES / name, "-o", tmp_path / f"{name}.csv", "--force")
        assert code == 0, wrong
        assert text in said, said


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("08d_cp1251.csv", "cp1251"), ("08g_cp1250.csv", "cp1250"), ("08c_utf8_one_stray_cp1252_byte.csv", "")],
)
def test_cities_are_read_as_written_whatever_the_encoding(name: str, encoding: str) -> None:
    cities = read_leads(CASES / name)["City"].tolist()
    if encoding:
        assert (
            cities
            == pd.read_csv(CASES / name, sep=None, engine="python", encoding=encoding, dtype="str")["City"].tolist()
        )
    else:
        raw = (CASES / name).read_bytes()
        lines = [line.decode("utf-8") for line in raw.splitlines() if _is_utf8(line)]
        written = {line.split(",")[0]: line.split(",")[5] for line in lines[1:]}
        read = dict(zip(read_leads(CASES / name)["Lead ID"], cities, strict=True))
        assert {lead: read[lead] for lead in written} == written


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_twenty_four_ways_to_leave_a_city_blank_score_alike(shipped, tmp_path: Path) -> None:
    assert shipped("score", CASES / "07_marks.csv", "-o", tmp_path / "out.csv")[0] == 0
    scored = pd.read_csv(tmp_path / "out.csv")
    blank = pd.read_csv(CASES / "07_marks.csv", dtype="str", keep_default_na=False)
    assert len(scored) == len(blank)
    assert scored["propensity"].nunique() == 1


@pytest.mark.parametrize(("name", "what"), [("03a_html.xls", "HTML"), ("03c_list.json", "JSON")])
def test_what_is_no_table_is_said_for_what_it_is(shipped, tmp_path: Path, name: str, what: str) -> None:
    code, _, wrong = shipped("score", CASES / name, "-o", tmp_path / "out.csv")
    assert code == 2
    assert what in wrong


@pytest.mark.parametrize("name", sorted(p.name for p in CASES.glob("04_date_*.csv")))
def test_moments_are_read_to_the_minute(shipped, tmp_path: Path, name: str) -> None:
    assert shipped("clean", CASES / name, "-o", tmp_path / "out.csv")[0] == 0
    truth = pd.to_datetime(
        pd.Series((CASES / "04_dates_truth.txt").read_text().split("\n")).replace("", pd.NA).dropna()
    )
    read = pd.to_datetime(pd.read_csv(tmp_path / "out.csv")["created_date"], format="ISO8601")
    gives_seconds = read.dt.second.any()
    assert read.tolist() == (truth if gives_seconds else truth.dt.floor("min")).tolist()


@pytest.mark.parametrize("name", YES_NO)
def test_the_yes_of_an_outcome_is_yes_and_said(own_models, tmp_path: Path, name: str) -> None:
    label, yes = YES_NO[name]
    code, said, wrong = own_models(
        "train", CASES / name, "--label", label, "--promote", "--reason", "The first of these leads"
    )
    assert code == 0, wrong
    assert f"Completed: {yes!r} (" in said, said
    assert own_models("score", CASES / name, "-o", tmp_path / "out.csv")[0] == 0
    scored = pd.read_csv(tmp_path / "out.csv", dtype={label: "str"}, keep_default_na=False)
    assert roc_auc_score(scored[label] == yes, scored["propensity"]) > 0.6


@pytest.mark.parametrize(
    ("name", "label", "won", "open_ones"),
    [
        ("31a_status.csv", "Status", 253, {"New", "Contacted"}),
        ("31b_stage.csv", "Stage", 287, {"Open"}),
        ("31c_open_marks.csv", "Outcome", 287, {"-None-"}),
    ],
)
def test_stages_that_are_open_are_no_failures(name: str, label: str, won: int, open_ones: set[str]) -> None:
    cleaned, frame, leads = _cleaned(name, label)
    outcome = cleaned[leads.schema.label.name]
    assert int(outcome.sum()) == won
    assert outcome[frame[label].isin(open_ones).to_numpy()].isna().all()
    assert outcome[~frame[label].isin(open_ones | {"Qualified"}).to_numpy()].notna().all()


@pytest.mark.parametrize("name", ["33a_dollar.csv", "33b_lakh_symbol.csv", "33f_brackets.csv"])
def test_amounts_are_those_of_the_plain_file(name: str) -> None:
    written = pd.read_csv(CASES / "30_plain.csv").set_index("Lead No")["Expected amount"]
    cleaned, frame, leads = _cleaned(name, "Converted")
    column = _column(leads, "Expected amount")
    assert column.role is Role.NUMBER
    read = pd.Series(cleaned[column.name].to_numpy(), index=frame["Lead No"])
    wanted = written.loc[read.index] * (100 if name == "33b_lakh_symbol.csv" else 1)
    below_zero = frame["Expected amount"].str.startswith("(").to_numpy()
    assert read.to_numpy() == pytest.approx(np.where(below_zero, -wanted, wanted), nan_ok=True)


def test_two_decimal_styles_in_one_column_are_asked_about_or_named(own_models) -> None:
    code, said, wrong = own_models("check", CASES / "33j_mixed_decimal.csv", "--label", "Converted")
    assert "Expected amount" in said + wrong
    assert re.search(r"decimal|comma", said + wrong)
    assert code in {0, 1, 2}


@pytest.mark.parametrize(
    ("name", "label", "roles"),
    [
        ("34e_utm_ids.csv", "Converted", {"Campaign": {None, Role.CATEGORY}}),
        ("37a_revenue_first.csv", "Converted", {"Annual revenue": {Role.NUMBER}, "Lead No": {Role.ID}}),
        ("37c_hubspot_record_id.csv", "Converted", {"Record ID": {Role.ID}, "Phone Number": {Role.PHONE}}),
        ("37d_epoch_ms.csv", "Converted", {"createdate": {Role.TIMESTAMP}}),
        ("37g_owner_email.csv", "Converted", {"Email": {Role.EMAIL}, "Owner Email": {None, Role.CATEGORY}}),
        ("income-taken-for-moments.csv", None, {"Income": {Role.NUMBER}}),
        (
            "amounts-taken-for-id-and-NA-region.csv",
            "Won",
            {"Annual Revenue": {Role.NUMBER}, "Deal Amount": {Role.NUMBER}, "Region": {Role.CATEGORY}},
        ),
        ("deutsch-ja-nein.csv", "Gekauft", {"Umsatz": {Role.NUMBER}, "Erstellt am": {Role.TIMESTAMP}}),
    ],
)
def test_columns_have_the_roles_that_their_values_say(name: str, label: str | None, roles: dict) -> None:
    _, _, leads = _cleaned(name, label or _last(name))
    assert leads.proposal is not None
    found = {column.header: column.role for column in leads.proposal.columns}
    for header, wanted in roles.items():
        assert found[header] in wanted, (header, found[header])


def test_NA_is_a_region(tmp_path: Path) -> None:
    cleaned, frame, leads = _cleaned("amounts-taken-for-id-and-NA-region.csv", "Won")
    regions = cleaned[_column(leads, "Region").name]
    assert (frame["Region"] == "NA").sum() == (regions.astype("str").str.casefold() == "na").sum() > 0


def test_german_amounts_and_dates_are_read() -> None:
    cleaned, frame, leads = _cleaned("deutsch-ja-nein.csv", "Gekauft")
    amounts, moments = cleaned[_column(leads, "Umsatz").name], cleaned[_column(leads, "Erstellt am").name]
    first = frame["Umsatz"].iloc[0]
    assert amounts.iloc[0] == float(re.sub(r"\D", "", first.split(",")[0]))
    assert moments.notna().all()
    assert amounts.notna().sum() == frame["Umsatz"].str.contains(r"\d").sum()


@pytest.mark.parametrize("name", ["38_outcomes_int.csv", "38_outcomes_won_lost.csv", "38_outcomes_yes_no.csv"])
def test_outcomes_come_back_in_any_words(own_models, tmp_path: Path, name: str) -> None:
    first = pd.read_csv(CASES / "30_plain.csv", dtype="str").head(540)
    first.to_csv(tmp_path / "first.csv", index=False)
    assert (
        own_models(
            "train", tmp_path / "first.csv", "--label", "Converted", "--promote", "--reason", "The first of these leads"
        )[0]
        == 0
    )
    batch = _score_and_keep(CASES / "38_new.csv")
    code, said, wrong = own_models("outcomes", CASES / name)
    assert code == 0, wrong
    assert _known(batch) == (60, 28), said


@pytest.mark.parametrize(
    ("what", "known"),
    [("20_a_sci_ids", 0), ("20_k_placeholder_email", 0), ("20_b_sf15_case", 20), ("20_f_float_phones", 20)],
)
def test_outcomes_go_to_those_they_belong_to(shipped, what: str, known: int) -> None:
    batch = _score_and_keep(CASES / f"{what}_leads.csv")
    code, said, wrong = shipped("outcomes", CASES / f"{what}_outcomes.csv")
    if not known:
        assert _known(batch) == (0, 0)
        assert code == 2 or "nobody" in said + wrong
        assert re.search(r"share|several|same", said + wrong), said + wrong
        return
    assert code == 0, wrong
    outcomes = pd.read_csv(CASES / f"{what}_outcomes.csv", dtype="str")
    assert _known(batch) == (20, int((outcomes["Converted"] == "1").sum()))


def test_a_row_of_totals_is_no_spend() -> None:
    spend = read_spend(read_leads(CASES / "40a_spend_total.csv"))
    assert spend.rows["amount"].sum() == 1_500
    assert len(spend.set_aside) == 1


def test_dates_of_spend_are_decided_by_the_file() -> None:
    spend = read_spend(read_leads(CASES / "40c_spend_us_dates.csv"))
    assert spend.rows["start"].dt.strftime("%m-%d").tolist()[:2] == ["01-02", "02-01"]
    assert spend.rows["end"].dt.strftime("%m-%d").tolist() == [
        "01-31",
        "02-28",
        *spend.rows["end"].dt.strftime("%m-%d")[2:],
    ]


def test_leads_that_share_a_minute_are_not_the_same(own_models, tmp_path: Path) -> None:
    code, said, wrong = own_models(
        "train",
        CASES / "minutes-train.csv",
        "--label",
        "Status",
        "--promote",
        "--reason",
        "The first of these leads",
        "--positive",
        "CONVERTED",
    )
    assert code == 0, wrong
    code, said, wrong = own_models(
        "evaluate", CASES / "minutes-kept-aside.csv", "--label", "Status", "--positive", "CONVERTED"
    )
    assert code in {0, 1}, wrong
    assert "0 from its training left out" in said


def test_names_alone_ask_and_an_answer_holds(own_models, tmp_path: Path) -> None:
    path = CASES / "no-source-no-date.csv"
    code, said, wrong = own_models("train", path, "--label", "status", "--json", tmp_path / "first.json")
    assert code == 0, wrong
    first = json.loads((tmp_path / "first.json").read_text())
    assert {"profile_completed", "last_activity"} <= {found["column"] for found in first["asked"]}
    assert not {"profile_completed", "last_activity"} & {found["column"] for found in first["left_out"]}
    code, _, wrong = own_models("train", path, "--label", "status", "--exclude", "last_activity")
    assert code == 0, wrong
    code, _, wrong = own_models(
        "train",
        path,
        "--label",
        "status",
        "--include",
        "last_activity",
        "--promote",
        "--reason",
        "The first of these leads",
    )
    assert code == 0, wrong
    model = ModelRegistry(tmp_path / "models").load_champion()[0]
    assert "last_activity" in {column.name for column in model.schema.inputs}
    assert own_models("sources", path, "--label", "status")[0] == 0


@pytest.mark.parametrize(
    ("name", "label", "columns"),
    [
        ("rare-outcome-leaking-amount.csv", "Converted", {"Order Value"}),
        ("salesforce-api-names.csv", "IsWon", {"StageName", "LastModifiedDate", "LeadScore"}),
    ],
)
def test_columns_that_may_know_the_outcome_come_with_their_price(own_models, tmp_path, name, label, columns) -> None:
    code, said, wrong = own_models("train", CASES / name, "--label", label, "--json", tmp_path / "result.json")
    assert code == 0, wrong
    result = json.loads((tmp_path / "result.json").read_text())
    assert columns <= {found["column"] for found in [*result["asked"], *result["left_out"]]}
    for column in columns:
        assert re.search(
            rf"(Asked|Left out): {column}: .*\(AUC with it [01]\.\d{{3}}, without [01]\.\d{{3}}\)", said
        ), said


def _last(name: str) -> str:
    try:
        return str(read_leads(CASES / name).columns[-1])
    except Exception:  # what is no table has no columns
        return "Converted"


def _cleaned(name: str, label: str):
    leads = open_any_list(CASES / name, options=ListOptions(label=label))
    frame = pd.concat(leads.chunks(), ignore_index=True)
    return clean_leads(leads.mapping.apply(frame, leads.schema), leads.schema), frame, leads


def _column(leads, header: str):
    return next(leads.schema.by_name[name] for name, given in leads.mapping.used.items() if given == header)


def _score_and_keep(path: Path):
    from leadscore_core.batches.save import save_batch
    from leadscore_core.config import load_settings
    from leadscore_core.data.dataset.open import open_list

    model = ModelRegistry(load_settings().models_dir).load_champion()[0]
    return save_batch(open_list(path, model.schema), model, name="Monday")


def _known(batch) -> tuple[int, int]:
    from leadscore_core.config import load_settings
    from leadscore_core.storage.database.outcomes import OutcomeStore

    found = OutcomeStore(load_settings()).current(batch)
    return (found.known, found.completed) if found else (0, 0)
