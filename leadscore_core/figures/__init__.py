"""Plotly figures from plain numbers."""

from leadscore_core.figures.grades import GRADE_COLOURS, GRADE_ICONS, GRADE_INK, plot_grade_shares, title_of_shares

__all__ = ["GRADE_COLOURS", "GRADE_ICONS", "GRADE_INK", "plot_grade_shares", "title_of_shares"]
