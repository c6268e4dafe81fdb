"""CRM presets: headers as the wizards take them, nothing that they refuse."""

import pandas as pd
import pytest

from leadscore_core.inference.export.crm import PRESETS, to_crm

LEADS = pd.DataFrame(
    {
        "name": ["Anne Marie Roy", "Cher", "", "आशा राव"],
        "email": ["a@x.org", "", "c@x.org", "d@x.org"],
        "phone": ["+91 98765 43210", "", "", ""],
        "city": ["Pune", "", "Delhi", ""],
        "source": ["Web", "Web", "", "Fair"],
        "id": ["1", "2", "3", "4"],
        "grade": ["Hot", "Warm", "Cold", "Junk"],
        "score": [90, 50, 20, 3],
        "note": ["why"] * 4,
    }
)


@pytest.mark.parametrize("name", PRESETS)
def test_needed_fields_are_never_blank_and_ratings_are_known(name: str) -> None:
    preset = PRESETS[name]
    made = to_crm(LEADS, preset)
    assert list(made.columns) == list(preset.headers.values())
    for part in preset.needed:
        assert (made[preset.headers[part]] != "").all()
    assert set(made[preset.headers["rating"]]) <= set(preset.ratings)
    assert made[preset.headers["last_name"]].tolist()[0] == "Roy"
    assert made[preset.headers["first_name"]].tolist()[3] == "आशा"


def test_one_name_is_a_last_name() -> None:
    made = to_crm(LEADS, PRESETS["salesforce"])
    assert made.loc[1, ["First Name", "Last Name"]].tolist() == ["", "Cher"]
    assert made.loc[2, "Last Name"] == "[not provided]"
