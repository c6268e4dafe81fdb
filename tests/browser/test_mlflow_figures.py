"""Figures that are written down in MLflow open in a browser, each by itself, with nothing from anywhere else."""

from pathlib import Path

from playwright.sync_api import Browser

from leadscore_core.model.lead_model import LeadModel
from leadscore_core.registry.mlflow_run import draw_figures


def test_every_figure_opens_by_itself(trained: LeadModel, chromium: Browser, tmp_path: Path) -> None:
    draw_figures(trained, tmp_path / "figures")
    pages = sorted((tmp_path / "figures").glob("*.html"))
    assert {page.stem for page in pages} == {"roc", "precision-recall", "calibration", "gain", "scores"}
    assert {image.stem for image in (tmp_path / "figures").glob("*.png")} == {page.stem for page in pages}
    for path in pages:
        alone = tmp_path / f"alone-{path.name}"  # as MLflow shows it, without its neighbours
        alone.write_bytes(path.read_bytes())
        page = chromium.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        page.on("requestfailed", lambda request, wrong=wrong: wrong.append(request.url))
        page.goto(alone.as_uri())
        page.wait_for_selector(".js-plotly-plot .main-svg .cartesianlayer path", state="attached")
        assert page.locator(".main-svg").first.bounding_box()["height"] > 100
        assert wrong == []
        page.close()
