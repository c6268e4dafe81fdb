"""Start the dashboard so that a bookmark of any page opens through app.py, also on a fresh server."""

import importlib
import sys
import threading
import time

from streamlit.runtime import Runtime, RuntimeState
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

FIRST_PAGE_NEEDS = ("pages.shared.sidebar", "pages.shared.upload_form")  # no more: the first page would wait for it


def is_listening() -> bool:
    """Tell whether the server takes browsers."""
    try:
        return Runtime.instance().state is not RuntimeState.INITIAL
    except (RuntimeError, AttributeError):  # not made yet, or half made
        return False


def warm() -> None:
    """Load what the first page needs while the browser loads the dashboard's own files."""
    while not is_listening():
        time.sleep(0.01)
    for name in FIRST_PAGE_NEEDS:
        importlib.import_module(name)


if __name__ == "__main__":
    PagesManager.uses_pages_directory = False  # else, until app.py ran once, bookmarks are sought among pages/*.py
    sys.setswitchinterval(0.0005)  # answer a browser among imports, which hold Python's lock
    threading.Thread(target=warm, name="warm", daemon=True).start()
    main()
