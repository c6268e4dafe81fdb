"""One model in memory for all pages."""

from pathlib import Path

import pytest
from sklearn.pipeline import Pipeline
from streamlit.testing.v1 import AppTest

from leadscore_core.registry import registry as registry_module
from leadscore_core.registry import unpickling
from leadscore_core.registry.registry import ModelRegistry
from tests.paths import ROOT


def test_scoring_drivers_and_retrain_of_a_session_load_one_pipeline(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Path] = []
    read = unpickling.unpickle_model

    def counted(path: Path) -> Pipeline:
        loads.append(path)
        return read(path)

    monkeypatch.setattr(unpickling, "unpickle_model", counted)
    registry_module._held.clear()  # it was promoted, so it is held
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.button[0].click().run()  # the sample leads
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric}["Leads"] == "1,000"
    for page in ("leads", "drivers", "retrain", "sources", "score"):
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
    champion = registry.champion_id
    assert champion is not None
    assert loads == [registry.root / champion / "pipeline.joblib"]
