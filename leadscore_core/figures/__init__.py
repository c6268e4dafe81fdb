"""Figures: plotly, from plain numbers."""

from leadscore_core.figures.drivers import plot_beeswarm, plot_dependence, plot_importance, plot_interaction
from leadscore_core.figures.grades import GRADE_COLOURS, GRADE_ICONS, GRADE_INK, plot_grade_shares, title_of_shares
from leadscore_core.figures.image import ImageForm, draw_images, find_browser
from leadscore_core.figures.judging import (
    plot_calibration,
    plot_gain_share,
    plot_learning,
    plot_precision_recall,
    plot_roc,
    plot_scores,
    plot_stability,
)
from leadscore_core.figures.lead import plot_history, plot_waterfall
from leadscore_core.figures.planning import plot_gain, plot_tradeoff
from leadscore_core.figures.sources import (
    VERDICT_COLOURS,
    plot_bubbles,
    plot_flow,
    plot_gap,
    plot_rates,
    plot_trend,
)

__all__ = [
    "GRADE_COLOURS",
    "GRADE_ICONS",
    "GRADE_INK",
    "VERDICT_COLOURS",
    "ImageForm",
    "draw_images",
    "find_browser",
    "plot_beeswarm",
    "plot_bubbles",
    "plot_calibration",
    "plot_dependence",
    "plot_flow",
    "plot_gain",
    "plot_gain_share",
    "plot_gap",
    "plot_grade_shares",
    "plot_history",
    "plot_importance",
    "plot_interaction",
    "plot_learning",
    "plot_precision_recall",
    "plot_rates",
    "plot_roc",
    "plot_scores",
    "plot_stability",
    "plot_tradeoff",
    "plot_trend",
    "plot_waterfall",
    "title_of_shares",
]
