"""Start the dashboard so that a bookmark of any page opens through app.py, also on a fresh server."""

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False  # until app.py ran once, pages/ would be taken for apps of their own
    main()
