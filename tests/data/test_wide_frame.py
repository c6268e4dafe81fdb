"""Columns are added to frames of a hundred columns and more without pandas' warning, which is an error here."""

import pandas as pd
import pytest

from leadscore_core.data.wide_frame import with_columns


@pytest.mark.parametrize("columns", [3, 101, 400])
def test_columns_are_added_to_a_wide_frame_with_their_values_types_and_rows(columns: int) -> None:
    wide = pd.DataFrame({f"c{n}": ["a", None] for n in range(columns)}, index=[7, 3], dtype="str")
    found = with_columns(wide, {"c1": [1, 2], "new": pd.array([True, None], dtype="boolean")})
    assert found.columns.tolist() == [*(name for name in wide if name != "c1"), "c1", "new"]
    assert found.index.tolist() == [7, 3]
    assert found["c1"].tolist() == [1, 2]
    assert str(found["new"].dtype) == "boolean"
    assert found["c2"].equals(wide["c2"])
    assert wide["c1"].tolist()[0] == "a", "the frame itself is as it was"
