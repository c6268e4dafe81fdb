"""Dates and decimals of a list: found from all of it, named where they are open, and settled by an option."""

from pathlib import Path

import pandas as pd
import pytest

from leadscore_core.data.dataset.open import open_list, settle_list
from leadscore_core.data.dataset.options import ListOptions
from leadscore_core.data.schema.schema import Column, LeadSchema, Role
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.errors import MappingError

DAY = "2026-05-03"


@pytest.fixture
def with_amount() -> LeadSchema:
    schema = load_schema()
    amount = Column(name="amount", role=Role.NUMBER, human="Amount")
    return schema.model_copy(update={"columns": (*schema.columns, amount)})


def write_leads(path: Path, dates: list[str], amounts: list[str] | None = None) -> Path:
    rows = {"Lead Source": "a", "Lead Medium": "b", "first_utm_source_c": "a", "first_utm_medium_c": "b"}
    frame = pd.DataFrame({"created_date": dates, **rows})
    if amounts is not None:
        frame["Amount"] = amounts
    frame.to_csv(path, index=False)
    return path


def days_of(run, path: Path, *options: str) -> tuple[int, list[str], str]:
    out = path.with_name("clean.csv")
    code, _, wrong = run("clean", path, "-o", out, "--schema", load_schema().name, *options)
    return code, pd.read_csv(out)["created_date"].str[:10].tolist() if code == 0 else [], wrong


def test_an_option_says_which_comes_first(run, places: Path, tmp_path: Path) -> None:
    path = write_leads(tmp_path / "leads.csv", ["03/05/2026", "05/03/2026"])
    assert days_of(run, path, "--dates", "dmy")[1] == ["2026-05-03", "2026-03-05"]
    assert days_of(run, path, "--dates", "mdy")[1] == ["2026-03-05", "2026-05-03"]
    code, _, wrong = days_of(run, path, "--dates", "dym")
    assert code == 2
    assert "dmy" in wrong
    assert "mdy" in wrong
    _, said, _ = run("check", path, "--schema", load_schema().name)
    assert "ambiguous_date" in said
    assert "--dates dmy or --dates mdy" in said
    assert "ambiguous_date" not in run("check", path, "--schema", load_schema().name, "--dates", "mdy")[1]


def test_an_option_says_what_separates_decimals(run, places: Path, tmp_path: Path, with_amount: LeadSchema) -> None:
    from leadscore_core.data.schema.schema_files import save_schema

    kept = with_amount.model_copy(update={"name": "sized"})
    save_schema(kept, places)
    path = write_leads(tmp_path / "leads.csv", ["2026-01-02"] * 3, ["1.234", "5.678", "2000"])
    out = tmp_path / "clean.csv"

    def read(*options: str) -> list[float]:
        code, _, wrong = run("clean", path, "-o", out, "--schema", "sized", *options)
        assert code == 0, wrong
        return pd.read_csv(out)["amount"].tolist()

    assert read() == [1.234, 5.678, 2000]
    assert read("--decimal", "Amount=comma") == [1234, 5678, 2000]
    assert read("--decimal", "amount=point") == [1.234, 5.678, 2000]
    _, said, _ = run("check", path, "--schema", "sized")
    assert "--decimal 'Amount'=comma or =point" in said
    assert "mixed_decimals" not in run("check", path, "--schema", "sized", "--decimal", "Amount=point")[1]
    for choice, names in (
        ("Amount=dot", "COLUMN=comma or COLUMN=point"),
        ("Size=comma", "is not there in this list. Columns of numbers: Amount"),
        ("created_date=comma", "holds no numbers in this list. Columns of numbers: Amount"),
    ):
        code, _, wrong = run("check", path, "--schema", "sized", "--decimal", choice)
        assert code == 2
        assert names in wrong


@pytest.mark.parametrize(("telling", "order"), [("25/04/2026", "dmy"), ("04/25/2026", "mdy")])
def test_dates_are_settled_by_the_whole_list(
    places: Path, tmp_path: Path, telling: str, order: str, with_amount: LeadSchema
) -> None:
    path = write_leads(
        tmp_path / "leads.csv", ["03/05/2026"] * 60_000 + [telling] * 3, ["1.234"] * 60_001 + ["2,5"] * 2
    )
    amounts = pd.read_csv(path, dtype="str")
    amounts.loc[0, "Amount"] = "2000"
    amounts.to_csv(path, index=False)
    mapping = open_list(path, with_amount).mapping
    assert (mapping.date_order, mapping.ambiguous_dates) == (order, 0)
    assert mapping.decimal_comma == ("amount",)
    assert not mapping.decimal_doubts


def test_what_no_row_of_a_long_list_settles_is_counted_whole(
    places: Path, tmp_path: Path, with_amount: LeadSchema
) -> None:
    path = write_leads(tmp_path / "leads.csv", ["03/05/2026"] * 60_000, ["1.234", "2000"] * 30_000)
    mapping = open_list(path, with_amount).mapping
    assert mapping.ambiguous_dates == 60_000
    assert [(doubt.column, doubt.either) for doubt in mapping.decimal_doubts] == [("amount", 30_000)]


def test_what_was_said_outlives_another_choice_of_columns(
    places: Path, tmp_path: Path, with_amount: LeadSchema
) -> None:
    path = write_leads(tmp_path / "leads.csv", ["03/05/2026"] * 4, ["1.234", "2000"] * 2)
    leads = open_list(path, with_amount, options=ListOptions(dates="mdy", decimals={"Amount": "comma"}))
    again = settle_list(leads).mapping
    assert (again.date_order, again.ambiguous_dates, again.decimal_comma) == ("mdy", 0, ("amount",))
    with pytest.raises(MappingError, match="Columns of numbers: Amount"):
        open_list(path, with_amount, options=ListOptions(decimals={"Total": "comma"}))
