"""What pages share: session state and rendering helpers."""

from pages._shared import state
from pages._shared.components import (
    check_settings,
    columns_found,
    get_model,
    render_cautions,
    render_downloads,
    render_key_figures,
    render_mapping,
    render_problems,
    render_ranked,
    render_sidebar,
)
from pages._shared.intake import render_intake

__all__ = [
    "check_settings",
    "columns_found",
    "get_model",
    "render_cautions",
    "render_downloads",
    "render_intake",
    "render_key_figures",
    "render_mapping",
    "render_problems",
    "render_ranked",
    "render_sidebar",
    "state",
]
