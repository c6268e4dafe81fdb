"""Rates are written with as many digits as tell them from one another, in words, axes and figures."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from leadscore_core.outcome import OutcomeWords
from leadscore_core.percent import axis_format, column_decimals, percent, rate_decimals, share_percent
from leadscore_core.plots.drivers import plot_dependence, plot_importance, plot_interaction
from leadscore_core.plots.judging import plot_calibration
from leadscore_core.plots.lead import plot_waterfall
from leadscore_core.plots.sources import plot_gap, plot_rates, plot_trend

WORDS = OutcomeWords()
LOW = pd.DataFrame({"value": ["a"], "leads": [9], "propensity": [0.013], "observed": [0.012], "low": [0.01]})
LOW = LOW.assign(high=0.015, seen=80, name="a", rate=0.013, n=900, verdict="", k=12, week=pd.Timestamp("2026-05-04"))
LOW = LOW.assign(month_rate=0.011)


@given(st.floats(0.0005, 0.6))
def test_half_as_much_again_reads_otherwise_and_no_rate_that_is_one_reads_as_none(base: float) -> None:
    assert percent(1.5 * base, base) != percent(base, base)
    assert float(percent(base, base).rstrip("%")) > 0
    assert percent(base, base, 1).count(".") == 1


@given(st.floats(0.0001, 1))
def test_a_share_that_is_one_never_reads_as_none(share: float) -> None:
    assert float(share_percent(share).rstrip("%")) > 0


def test_at_a_usual_base_rate_whole_percent_are_written() -> None:
    assert [percent(rate, 0.5) for rate in (0.004, 0.37, 1)] == ["0%", "37%", "100%"]
    assert (axis_format([0.02, 0.4]), column_decimals([40.0, 0.3, 38.0]), rate_decimals(float("nan"))) == (".0%", 1, 0)


def test_figures_of_a_rare_outcome_tell_its_rates_apart() -> None:
    dependence = plot_dependence(LOW, 0.009, "t", WORDS, ordered=True)
    assert dependence.layout.annotations[0].text == "all leads 0.9%"
    assert dependence.layout.yaxis.tickformat == ".1%"
    assert all(":.1%" in trace.hovertemplate for trace in dependence.data)
    grid = pd.DataFrame([[0.004, 0.013]], index=["x"], columns=["a", "b"])
    crossed = plot_interaction(grid, grid.notna() * 3, "t", ("A", "B")).data[0]
    assert list(crossed.text[0]) == ["0.4%<br>n = 3", "1.3%<br>n = 3"]
    assert crossed.zmax == 1.3
    effects = pd.DataFrame({"human": ["City"], "effect": [0.34]})
    assert list(plot_importance(effects, "t", base_rate=0.009).data[0].text) == ["0.3"]
    parts = pd.DataFrame({"human": ["City"], "points": [0.004], "log_odds": [0.4]})
    waterfall = plot_waterfall(parts, 0.009, "t", WORDS)
    assert list(waterfall.data[0].text) == ["0.9%", "+0.4%", "1.3%"]
    assert waterfall.layout.xaxis.range[1] < 0.03
    calibration = plot_calibration(LOW, WORDS)
    assert calibration.layout.title.text.endswith("to within 0.1<br>points")
    assert calibration.layout.yaxis.range[1] < 0.02
    for figure in (plot_rates(LOW, 0.009, "t", "u", ordered=True), plot_trend(LOW, "t", "u")):
        assert figure.layout.yaxis.tickformat == ".1%"
    gap = plot_gap(pd.DataFrame({"human": ["Residual"], "value": [0.0004]}), 0.0009, "a", "t", WORDS)
    assert list(gap.data[0].text) == ["0.09%", "+0.04", "0.13%"]
