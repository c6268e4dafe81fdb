"""Figures: plotly, from plain numbers."""

from leadscore_core.figures.drivers import plot_beeswarm, plot_dependence, plot_importance, plot_interaction
from leadscore_core.figures.grades import GRADE_COLOURS, GRADE_ICONS, GRADE_INK, plot_grade_shares, title_of_shares
from leadscore_core.figures.lead import plot_history, plot_waterfall
from leadscore_core.figures.planning import plot_gain, plot_tradeoff

__all__ = [
    "GRADE_COLOURS",
    "GRADE_ICONS",
    "GRADE_INK",
    "plot_beeswarm",
    "plot_dependence",
    "plot_gain",
    "plot_grade_shares",
    "plot_history",
    "plot_importance",
    "plot_interaction",
    "plot_tradeoff",
    "plot_waterfall",
    "title_of_shares",
]
