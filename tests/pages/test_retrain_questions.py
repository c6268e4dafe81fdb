"""What labelled leads leave open is asked on the Retrain page, and changes what is learned from."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leadscore_core.data.synthetic import SampleLeads
from tests.other_company import make_members
from tests.pages.test_retrain import LABEL, bring, csv, opened, press, words

pytestmark = pytest.mark.usefixtures("registry")


def learned(app: AppTest) -> pd.DataFrame:
    """Return the leads that a run would learn from."""
    return list(app.session_state["kept_results"]["train"].values())[-1].columns


def select(app: AppTest, label: str, value: str) -> AppTest:
    next(s for s in app.selectbox if s.label == label).select(value).run()
    assert not app.exception
    return app


def group(app: AppTest, start: str):  # type: ignore[no-untyped-def]
    (found,) = [one for one in app.button_group if one.label.startswith(start)]
    return found


def test_an_encoding_that_was_found_can_be_corrected(sample: SampleLeads) -> None:
    cities = ["Москва", "Казань", "Самара", "Пермь"]
    frame = sample.labelled.assign(city_mapped=[cities[i % 4] for i in range(len(sample.labelled))])
    app = bring(opened(), "labelled.csv", frame.to_csv(index=False).encode("cp1251"))
    assert set(learned(app)["city_mapped"]) == {city.lower() for city in cities}
    select(app, "Words are read as", "koi8-r")
    assert set(learned(app)["city_mapped"]) == {city.encode("cp1251").decode("koi8-r").lower() for city in cities}
    select(app, "Words are read as", "cp1251")
    assert set(learned(app)["city_mapped"]) == {city.lower() for city in cities}


def test_which_comes_first_is_asked_remembered_and_corrected(sample: SampleLeads) -> None:
    frame = sample.labelled.assign(created_date="03/05/2026")
    app = bring(opened(), "labelled.csv", csv(frame))
    asked = group(app, "Created")
    assert "1,500 dates such as 03/05/2026 can be read both ways" in asked.label
    assert "until you choose, those are read with the day before month" in asked.label
    assert asked.value is None
    asked.select("mdy").run()
    assert not app.exception
    assert set(learned(app)["created_date"].dt.strftime("%Y-%m-%d")) == {"2026-03-05"}
    assert group(app, "Created").value == "mdy"
    again = bring(opened(), "later.csv", csv(frame.head(1_000)))
    assert set(learned(again)["created_date"].dt.strftime("%Y-%m-%d")) == {"2026-03-05"}
    group(again, "Created").select("dmy").run()
    assert not again.exception
    assert set(learned(again)["created_date"].dt.month) == {5}


def test_decimals_change_what_is_learned_from() -> None:
    members = make_members()
    minutes = pd.to_numeric(members["MinutesOnSite"]).fillna(0)
    written = [f"{1 + m / 100:.3f}" for m in minutes]  # thousands or decimals: nothing says which
    members["MinutesOnSite"] = np.where(np.arange(900) % 2 == 0, written, [one.replace(".", ",") for one in written])
    app = bring(opened(), "members.csv", csv(make_members()))
    select(app, "Which column says whether a lead converted?", "Status")
    press(app, "Use these columns")
    app = bring(opened(), "later.csv", csv(members))
    asked = group(app, "Minutes")
    assert asked.value is None
    before = pd.to_numeric(learned(app).filter(like="minutes").iloc[:, 0], errors="coerce")
    assert before.iloc[::2].max() < 1_000
    asked.select("comma").run()
    assert not app.exception
    after = pd.to_numeric(learned(app).filter(like="minutes").iloc[:, 0])
    assert after.iloc[::2].tolist() == [float(one.replace(".", "")) for one in written[::2]]
    assert after.iloc[1::2].tolist() == [float(one) for one in written[1::2]]
    group(app, "Minutes").select("point").run()
    assert pd.to_numeric(learned(app).filter(like="minutes").iloc[:, 0], errors="coerce").iloc[0] == float(written[0])


def test_a_known_outcome_of_dates_is_asked_and_filled_means_completed(sample: SampleLeads) -> None:
    done = sample.labelled[LABEL].astype(int) == 1
    days = pd.Series([f"2026-0{1 + n % 6}-{1 + n % 28:02d}" for n in range(len(done))], index=done.index)
    app = bring(opened(), "labelled.csv", csv(sample.labelled.assign(**{LABEL: days.where(done, "")})))
    assert "It is not clear what these values" in words(app)
    assert "dates: '2026-" in words(app)
    (filled,) = [box for box in app.checkbox if box.label.startswith("Filled means completed")]
    assert f"({done.sum():,} leads), blank means not completed ({(~done).sum():,})" in filled.label
    filled.check().run()
    assert not app.exception
    figures = {m.label: m.value for m in app.metric}
    assert (figures["Outcome known"], figures["Completed"]) == (f"{len(done):,}", f"{done.sum():,}")


def test_a_proposed_outcome_of_dates_is_asked_and_filled_means_completed() -> None:
    members = make_members()
    joined = members["Status"] == "Joined"
    days = pd.Series([f"2026-0{1 + n % 6}-{1 + n % 28:02d}" for n in range(900)])
    frame = members.drop(columns=["Status", "Remarks"]).assign(**{"Conversion Date": days.where(joined, "")})
    app = bring(opened(), "members.csv", csv(frame))
    select(app, "Which column says whether a lead converted?", "Conversion Date")
    assert not any("Use these columns" in b.label for b in app.button)
    (filled,) = [box for box in app.checkbox if box.label.startswith("Filled means converted")]
    filled.check().run()
    assert not app.exception
    press(app, "Use these columns")
    figures = {m.label: m.value for m in app.metric}
    assert (figures["Outcome known"], figures["Converted"]) == ("900", f"{joined.sum():,}")


@pytest.mark.parametrize("is_only", [False, True], ids=["beside others", "the only one"])
def test_dates_whose_name_says_nothing_can_be_the_outcome(is_only: bool) -> None:
    members = make_members()
    joined = members["Status"] == "Joined"
    days = pd.Series([f"2026-0{1 + n % 6}-{1 + n % 28:02d}" for n in range(900)])
    frame = members.drop(columns=["Status", "Remarks"]).assign(**{"Stamp of the desk": days.where(joined, "")})
    if is_only:
        frame = frame[[header for header in frame if not 2 <= frame[header].nunique() <= 20]]
    app = bring(opened(), "members.csv", csv(frame))
    assert not app.error
    (outcome,) = [s for s in app.selectbox if s.label == "Which column says whether a lead converted?"]
    assert outcome.value is None
    assert (outcome.options[0] == "Stamp of the desk") is is_only
    assert not {"Member Name", "E-mail", "Mobile", "Enquiry Date"} & set(outcome.options)
    outcome.select("Stamp of the desk").run()
    (filled,) = [box for box in app.checkbox if box.label.startswith("Filled means converted")]
    assert f"({joined.sum():,} leads), blank means not converted ({(~joined).sum():,})" in filled.label
    filled.check().run()
    assert not app.exception
    press(app, "Use these columns")
    figures = {m.label: m.value for m in app.metric}
    assert (figures["Outcome known"], figures["Converted"]) == ("900", f"{joined.sum():,}")


def test_without_a_column_that_could_be_the_outcome_it_is_said() -> None:
    frame = pd.DataFrame({"Name": [f"Ann {n}" for n in range(300)], "Hits": range(300)})
    app = bring(opened(), "nothing.csv", csv(frame))
    assert [error.value for error in app.error if "No column could be the outcome" in error.value]
