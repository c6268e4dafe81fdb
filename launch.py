"""Start the dashboard so that a bookmark of any page opens through app.py, also on a fresh server."""

import importlib
import threading

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

FIRST_PAGE_NEEDS = (
    "leadscore_core.model.classifier",
    "sklearn.pipeline",
    "leadscore_core.workbench",
    "plotly.graph_objects",
)


def warm() -> None:
    """Load what the first page needs while the browser loads the dashboard's own files."""
    for name in FIRST_PAGE_NEEDS:
        importlib.import_module(name)


if __name__ == "__main__":
    PagesManager.uses_pages_directory = False  # until app.py ran once, pages/ would be taken for apps of their own
    threading.Thread(target=warm, name="warm", daemon=True).start()
    main()
