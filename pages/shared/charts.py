"""Evidence on the screen: a figure, its table, and their downloads."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from leadscore_core.analytics.charts import Evidence
from leadscore_core.analytics.columns import column_kind, shown_decimals
from leadscore_core.inference.export.formula_injection import neutralise
from leadscore_core.plots.image import ImageForm, draw_images, find_browser
from pages.shared.components import render_chart
from pages.shared.sidebar import plain

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

_WIDE = {"Verdict": 240, "Group": 300, "What is missing": 260}
_FORMS = {"percent": "%.{digits}f%%", "points": "%+.{digits}f", "ratio": "%.{digits}f", "money": "%,.{digits}f"}
_HELP = {"points": "Points of the rate"}


def render_evidence(
    shown: Evidence, *, key: str, on_click: Callable[[], None] | None = None, table: pd.DataFrame | None = None
) -> None:
    """Draw a figure, with its table folded away and everything to download.

    Parameters
    ----------
    key
        Of the figure.
    on_click
        See `render_chart`.
    table
        What stands under the figure already and is not repeated.
    """
    if shown.figure is None and table is None:
        st.info(plain(shown.title), icon=":material/info:")
    elif shown.figure is not None:
        render_chart(shown.figure, key=key, on_click=on_click)
    if shown.table.empty:
        return
    with st.expander("Download" if table is not None else "As a table, and download", icon=":material/table_rows:"):
        if table is None:
            render_frame(shown.table, alt=shown.title)
        _render_downloads(shown, key)


def _render_downloads(shown: Evidence, key: str) -> None:
    there = find_browser() is not None
    with st.container(horizontal=True):
        if shown.about:
            st.caption(f"An image says which leads it shows: {plain(shown.about)}")
        content = neutralise(shown.table).to_csv(index=False, float_format="%.6g").encode("utf-8-sig")
        st.download_button(
            "CSV", content, f"{shown.name}.csv", key=f"{key}-csv", icon=":material/download:", on_click="ignore"
        )
        for form in ("png", "svg") if shown.figure is not None else ():
            st.download_button(
                form.upper(),
                data=_drawer(shown, form),
                file_name=f"{shown.name}.{form}",
                key=f"{key}-{form}",
                icon=":material/image:",
                on_click="ignore",
                disabled=not there,
            )
    if not there:
        st.caption("PNG and SVG are drawn by Chromium or Chrome, and none is installed where LeadScore runs.")


def _drawer(shown: Evidence, form: ImageForm) -> Callable[[], bytes]:
    return lambda: draw_images([shown.figure], form, about=shown.about)[0] if shown.figure is not None else b""


def render_frame(table: pd.DataFrame, *, alt: str, columns: list[str] | None = None, most: int = 12) -> None:
    """Show a table with rates in percent, gaps in points and thin separators.

    Parameters
    ----------
    most
        Rows that are shown without scrolling.
    """
    shown = table if columns is None else table[columns]
    config: dict[str, ColumnConfig] = {}
    for name in shown.columns:
        kind = column_kind(name)
        if kind != "other" and pd.api.types.is_numeric_dtype(shown[name]):
            digits = shown_decimals(name, shown[name])
            form, help_text = _FORMS[kind].format(digits=digits), _HELP.get(kind)
            config[name] = st.column_config.NumberColumn(format=form, help=help_text)
        elif pd.api.types.is_datetime64_any_dtype(shown[name]):
            config[name] = st.column_config.DateColumn(format="D MMM YYYY")
        elif pd.api.types.is_float_dtype(shown[name]):
            config[name] = st.column_config.NumberColumn(format="%,.0f")
        elif pd.api.types.is_integer_dtype(shown[name]):
            config[name] = st.column_config.NumberColumn(format="localized")
        elif name in _WIDE:
            config[name] = st.column_config.TextColumn(width=_WIDE[name])
    height: Literal["content"] | int = "content" if len(shown) <= most else min(460, 38 + 35 * most)
    st.dataframe(shown, column_config=config, hide_index=True, height=height, placeholder="", alt=alt)
