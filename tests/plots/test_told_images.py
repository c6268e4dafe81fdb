"""Images and charts say which leads they show, and what their colours stand for."""

from dataclasses import replace
from datetime import date

import pytest

from leadscore_core.analytics.charts import show_bubbles, show_rates
from leadscore_core.analytics.dimension_names import narrow_to
from leadscore_core.analytics.sources import EVERYBODY, Scope, SourceView, rate_by
from leadscore_core.plots.image import draw_images, find_browser, with_note

SOURCE = "first_utm_source_c"


def texts(figure) -> str:  # type: ignore[no-untyped-def]
    return " ".join(note.text for note in figure.layout.annotations)


def test_evidence_says_list_dates_filter_and_n(sources: SourceView) -> None:
    chosen = replace(
        narrow_to(EVERYBODY, {"city_tier": "1"}), created_from=date(2026, 4, 1), created_to=date(2026, 4, 30)
    )
    rates = rate_by(sources, [SOURCE], chosen, "completed")
    shown = show_rates(sources, Scope(SOURCE, chosen=chosen), rates)
    for part in (
        "With outcomes",
        "1 Apr 2026 to 30 Apr 2026",
        "City tier: Tier 1",
        f"n = {rates.totals['n']:,.0f} with",
    ):
        assert part in shown.about
    assert shown.figure is not None
    assert "all leads of this filter" in texts(shown.figure)
    tier = narrow_to(EVERYBODY, {"city_tier": "1"})
    short = show_rates(sources, Scope(SOURCE, chosen=tier), rate_by(sources, [SOURCE], tier, "completed"))
    assert "all leads with City tier: Tier 1" in texts(short.figure)
    noted = with_note(shown.figure, shown.about)
    assert "With outcomes" in texts(noted)
    assert noted.layout.height > shown.figure.layout.height


def test_colours_have_a_legend(sources: SourceView) -> None:
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    for show in (show_rates, show_bubbles):
        figure = show(sources, Scope(SOURCE), rates).figure
        assert figure is not None
        named = {trace.name: trace.marker.color for trace in figure.data if trace.showlegend}
        drawn = set(figure.data[0].marker.color)
        assert drawn <= set(named.values())
        assert "all leads" in texts(figure)


def test_an_svg_says_which_leads_it_shows(sources: SourceView) -> None:
    if find_browser() is None:
        pytest.skip("no Chromium on this machine")
    rates = rate_by(sources, [SOURCE], EVERYBODY, "completed")
    shown = show_rates(sources, Scope(SOURCE), rates)
    assert shown.figure is not None
    (svg,) = draw_images([shown.figure], "svg", about=shown.about)
    assert b"With outcomes; created 1 Mar 2026" in svg
