"""The list of leads of a page without a browser, as the frame that a person sees."""

import json

import pandas as pd
from streamlit.testing.v1 import AppTest


def list_of(app: AppTest) -> dict:  # type: ignore[type-arg]
    """Return what the only list of leads of a page is drawn from."""
    (found,) = [one for one in app.get("bidi_component") if one.proto.component_name == "lead_list"]
    return json.loads(found.proto.json)  # type: ignore[no-any-return]


def rows_shown(app: AppTest) -> pd.DataFrame:
    """Return the rows of the list as text, under the labels of their columns."""
    drawn = list_of(app)
    cells = [[cell["text"] if isinstance(cell, dict) else cell for cell in row["cells"]] for row in drawn["rows"]]
    return pd.DataFrame(cells, columns=[column["label"] for column in drawn["columns"]])
