import tempfile

import numpy as np
import pandas as pd
import pytest

from leadscore_core.training.parallel import run_on_shared

pytestmark = pytest.mark.usefixtures("two_cores")


def add(frame: pd.DataFrame, label: np.ndarray, wanted: int) -> float:
    return float(frame["n"].sum() + label.sum() + wanted)


@pytest.mark.parametrize("rows", [10, 131_073, 300_000])
def test_arrays_of_any_size_reach_other_processes(rows: int, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shared = (pd.DataFrame({"n": np.ones(rows), "text": ["a"] * rows}), np.ones(rows))
    found = list(run_on_shared(add, shared, [(1,), (2,), (3,)], in_processes=True))
    assert found == [2 * rows + 1, 2 * rows + 2, 2 * rows + 3]
    assert list(tmp_path.iterdir()) == []  # what was written for the processes is gone


def test_a_fault_in_another_process_is_raised_and_leaves_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyError):
        list(run_on_shared(add, (pd.DataFrame({"m": [1]}), np.ones(1)), [(1,), (2,)], in_processes=True))
    assert list(tmp_path.iterdir()) == []
