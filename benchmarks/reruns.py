"""How long the server takes to run a page anew, with the sample leads scored and open.

    python benchmarks/reruns.py

Each figure is the median of runs of the whole app (router, sidebar, page) without a browser, as any click causes one.
The last line is JSON.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from served import median_ms

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("score", "leads", "sources", "drivers", "retrain")


def main() -> None:
    """Score the sample, and run every page again and again."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"LEADSCORE_DATA_DIR": folder, "LEADSCORE_TRACKING_URI": "off"}
        from streamlit.testing.v1 import AppTest

        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        app.button[0].click().run()
        figures = {}
        for page in PAGES:
            app.switch_page(f"pages/{page}/page.py").run()
            figures[page] = round(median_ms(app.run, repeats=15), 1)
            if app.exception:
                raise SystemExit(f"{page}: {app.exception[0].value}")
        from leadscore_core.storage.database.engine import close_databases

        close_databases()
    for page, ms in figures.items():
        sys.stdout.write(f"{page:<10} {ms:>7.1f} ms\n")
    sys.stdout.write(f"{json.dumps({'ms': figures, 'slowest_ms': max(figures.values())})}\n")


if __name__ == "__main__":
    main()
