"""Tables in which a person corrects what columns and values mean."""

from leadscore_core.data.cleaning.outcome_split import split_outcomes
from leadscore_core.data.cleaning.outcome_words import Meaning
from leadscore_core.retraining.schema_editor import corrected_outcome, outcome_table


def test_what_values_mean_is_corrected_in_a_table() -> None:
    split = split_outcomes({"Won": 30, "Lost": 50, "Contacted": 15, "Mystery": 5, "": 100})
    table = outcome_table(split)
    assert table["Value"].tolist() == ["Lost", "Won", "Contacted", "Mystery", "(blank)"]
    assert table["Means"].tolist() == ["Lost", "Won", "Still open", "Not known", "Still open"]
    assert table["Share"].round(1).tolist() == [25.0, 15.0, 7.5, 2.5, 50.0]
    table.loc["mystery", "Means"] = "Won"
    table.loc["contacted", "Means"] = "Lost"
    table.loc["", "Means"] = "Lost"
    mended = corrected_outcome(split, table)
    assert (mended.completed, mended.known) == (35, 200)
    assert mended.keys(Meaning.LOST) == ("lost", "contacted", "")
    assert corrected_outcome(split, outcome_table(split)).statement() == split.statement()
