"""What pages share: session state and rendering helpers."""

from pages._shared import state
from pages._shared.components import (
    get_model,
    render_downloads,
    render_findings,
    render_mapping,
    render_ranked,
    render_sidebar,
)
from pages._shared.intake import render_intake

__all__ = [
    "get_model",
    "render_downloads",
    "render_findings",
    "render_intake",
    "render_mapping",
    "render_ranked",
    "render_sidebar",
    "state",
]
