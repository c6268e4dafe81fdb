"""The benchmarks measure and tell, on few leads; their figures are for docs/benchmarks.md."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from leadscore_core.data.schema.column_resolution import map_frame
from leadscore_core.data.schema.schema_files import load_schema
from leadscore_core.data.synthetic import SampleLeads
from leadscore_core.storage.database.engine import close_databases
from leadscore_core.training.training_data import make_training_data
from tests.conftest import FEW_TREES
from tests.paths import IS_SOAK, ROOT


@pytest.fixture(scope="module")
def speed() -> ModuleType:
    spec = importlib.util.spec_from_file_location("speed", ROOT / "benchmarks" / "speed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_takes_its_place_and_leaves_the_rest(speed: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{speed.BEGIN}old\n{speed.END}\nAfter\n", encoding="utf-8")
    for _ in range(2):
        speed.put_into(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"# Before\n\n{speed.BEGIN}\nnew\n\n{speed.END}\nAfter\n"
    page.write_text("# Without marks\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the lines"):
        speed.put_into(page, "new\n")
    assert page.read_text(encoding="utf-8") == "# Without marks\n"


def test_training_is_measured_command_by_command(tmp_path: Path) -> None:
    (tmp_path / "few.json").write_text(json.dumps(FEW_TREES))
    words = [sys.executable, str(ROOT / "benchmarks" / "train_scale.py"), "--rows", "400", "--only", "made"]
    words += ["--params", str(tmp_path / "few.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["rows"] == 400
    assert "codepro" not in result
    assert {name for name, figure in result["made"].items() if figure > 0} == {
        "check_s",
        "train_s",
        "evaluate_s",
        "peak_mb",
    }
    assert result["made"]["peak_mb"] > 100


def test_the_speed_of_scoring_is_told_as_ratios_of_one_run(speed: ModuleType, tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "score_speed.py"), "--rows", "2000"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["speedup_vs_plain"] == pytest.approx(result["plain_seconds"] / result["seconds"], rel=0.05)
    assert result["pycaret_rows_per_s"] is None
    reasons = {"rows": 10, "rows_per_s": 20, "rows_per_s_with_words": 10, "shap_rows_per_s": 2, "speedup_vs_shap": 10.0}
    reasons |= {"lightgbm_rows_per_s": 3, "max_abs_diff": 1.6e-14}
    leads = {"rows": 10, "rss_mb": 1_234.0, **dict.fromkeys(("open_ms", "page_ms", "filter_ms", "sort_ms"), 1.6)}
    leads |= {"page_ratio": 1.1, "sort_ratio": 1.25, "search_ratio": 0.9}
    sources = {
        "rows": 10,
        "group_ratio": 2.5,
        "rss_mb": 1.0,
        "page_ms": 1.0,
        "pandas_load_ms": 1.0,
        "pandas_group_ms": 1.0,
    }
    first = {"leadscore_s": 2.24, "bare_s": 2.0, "ratio": 1.12}
    reruns = {"ms": {"score": 90.4, "leads": 101.0}}
    table = speed.table(result, reasons, leads | {"search_ms": 3.0}, sources, first, reruns)
    assert {line.count("|") for line in table.splitlines()} == {4}
    assert "score 2,000 leads" in table
    assert "PyCaret's `predict_model` was not there" in table
    assert "largest difference 2e-14" in table
    assert "| from start to the first page | 2.2 s | a bare Streamlit page 2.0 s: 1.12 times |" in table
    assert "| a page run anew, the sample's 1,000 leads open | score 90, leads 101 ms |  |" in table
    assert "a page 1.10 times, sort 1.25, search 0.90; 1,234 MB" in table
    assert "a grouping at most 2.50 times; 1 MB" in table
    without = speed.table(result, reasons, leads | {"search_ms": 3.0}, sources, None, reruns)
    assert "| from start to the first page | no Chromium was there |" in without


def test_the_leads_page_is_measured_beside_the_bare_query_of_the_same_run(tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "leads_page.py"), "--rows", "1000", "--repeats", "2"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    names = ("page_ratio", "sort_ratio", "search_ratio")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    check_page(result, *names, *(f"attempts_{name}" for name in names), "first_open_ms")


def test_the_sources_page_is_measured_beside_the_bare_query_of_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.setenv("LEADSCORE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LEADSCORE_BENCH_REPEATS", "2")
    served, page = (importlib.import_module(name) for name in ("served", "sources_page"))
    served.save_sample(1_000, tmp_path, with_outcomes=True)
    try:
        check_page(page.serve(1_000), "group_ratio")
    finally:
        close_databases()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"] if IS_SOAK else ["sqlite"])
def test_outcomes_come_back_into_either_database_and_the_same_file_changes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    for name in ("LEADSCORE_DATA_DIR", "LEADSCORE_TRACKING_URI"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(ROOT)
    result = importlib.import_module("outcome_import").measure(1_000, database)
    assert (result["known"], result["changed_by_again"]) == (1_000, 0)
    assert result["seconds"] > 0
    assert result["again_seconds"] > 0


def check_page(result: dict[str, float], *ratios: str) -> None:
    assert result["rows"] == 1_000
    assert all(result[ratio] > 0 for ratio in ratios)
    assert {"page_ms", "rss_mb"} <= set(result)


def test_the_loop_of_calls_is_replayed_every_way(sample: SampleLeads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    replaying = importlib.import_module("loop_replay")
    schema = load_schema()
    months = pd.to_datetime(sample.labelled["created_date"]).dt.strftime("%Y-%m")
    few = sample.labelled[months.isin(sorted(months.unique())[:3])]
    leads = make_training_data(few, schema, map_frame(few, schema))
    assert leads.dates is not None
    month = leads.dates.dt.to_period("M").astype("str").to_numpy()
    result = replaying.replay_all(replaying.Replay(leads, month, {"n_estimators": 8}), 1)
    ways = {"all_called", "uncalled_as_no", "uncalled_left_out", "sample_2", "sample_5", "sample_10"}
    assert ways <= result.keys()
    assert all(0.5 < result[way] < 1 for way in ways)
    assert result["uncalled_as_no"] < result["uncalled_left_out"] < result["all_called"]
    assert set(result["figures"]) == {"of_all", "called_alone", "corrected"}
