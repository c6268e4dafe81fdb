"""Plotly figures from plain numbers."""
